"""Security keys in a real browser, with Chromium's virtual authenticator: first key, sign-in, second key, recovery."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, CDPSession, Page, expect

from services.shared.identity.srp import Srp
from tests.e2e.portal import Portal, button, dialog
from tests.local_system import RunningSystem

ROLE = "bidder2"
CONFIRM = "Sicherheitsschlüssel bestätigen"


class Authenticator:
    """A USB key in the page's browser."""

    def __init__(self, page: Page) -> None:
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable")
        self._id = self._plug_in()

    def _plug_in(self) -> str:
        options = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": False,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        told = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return str(told["authenticatorId"])

    def exchange(self) -> None:
        """Another key in its place."""
        self._devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self._id})
        self._id = self._plug_in()

    def verifies(self, verified: bool) -> None:
        """Whether the right PIN is given."""
        self._devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": verified})


class Services:
    """The system's own interfaces, as programs call them."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        self.about: dict[str, Any] = json.loads(system.plan.settings.identity.read_text())
        self.http = requests.Session()
        self.http.trust_env = False

    def ask(self, method: str, path: str, token: str | None = None, body: Any = None) -> requests.Response:
        url = f"{self.system.endpoints['background-manager-logic'].rstrip('/')}{path}"
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.http.request(method, url, json=body, headers=headers, timeout=60)

    def password(self, role: str) -> dict[str, Any]:
        user = self.system.users[role]
        answer = self.ask("POST", "/token", body={"username": user["username"], "password": user["password"]})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def reset(self) -> None:
        sub, token = self.system.users[ROLE]["sub"], self.password("admin")["access_token"]
        assert self.ask("DELETE", f"/fido2/participant/{sub}/keys", token).status_code == 204

    def initiate(self, client: str, flow: str) -> requests.Response:
        user = self.system.users[ROLE]
        srp = Srp(self.about["user_pool_id"], user["password"])
        given = {"USERNAME": user["username"], "PASSWORD": user["password"], "SRP_A": srp.public}
        body = {"ClientId": self.about[f"{client}_client_id"], "AuthFlow": flow, "AuthParameters": given}
        headers = {
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return self.http.post(self.about["endpoint_url"], data=json.dumps(body), headers=headers, timeout=30)


@pytest.fixture
def services(running_system: RunningSystem) -> Iterator[Services]:
    """The user has no keys, before and after."""
    made = Services(running_system)
    made.reset()
    yield made
    made.reset()


def code_from_the_administrator(browser: Browser, portal: Portal) -> str:
    page = browser.new_context(locale="de-DE").new_page()
    page.set_default_timeout(30_000)
    try:
        inside = participant(page, portal)
        button(inside, "Einmalcode erstellen").click()
        code = inside.get_by_label("Einmalcode", exact=True)
        expect(code).to_have_text(re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}"))
        return code.inner_text().strip()
    finally:
        page.context.close()


def participant(page: Page, portal: Portal) -> Any:
    portal.enter(page, "admin", "/developer/participants")
    page.get_by_role("button", name=f"Bearbeiten: {portal.users[ROLE]['username']}").click()
    return dialog(page, f"Teilnehmer {portal.users[ROLE]['username']}")


def open_keys(page: Page, portal: Portal) -> None:
    page.get_by_role("button", name=f"Benutzer: {portal.users[ROLE]['username']}").click()
    page.get_by_role("menuitem", name="Sicherheitsschlüssel").click()
    expect(page.get_by_role("heading", name="Sicherheitsschlüssel", exact=True)).to_be_visible()


def add_key(page: Page, name: str, code: str | None = None) -> None:
    page.get_by_label("Name des Schlüssels").fill(name)
    if code is not None:
        page.get_by_label("Einmalcode", exact=True).fill(code)
    button(page, "Schlüssel registrieren").click()


def test_keys_first_sign_in_second_and_recovery(
    page: Page, browser: Browser, portal: Portal, services: Services
) -> None:
    key = Authenticator(page)
    before = services.password(ROLE)["access_token"]
    portal.enter(page, ROLE)
    open_keys(page, portal)
    add_key(page, "blau", "WRON-GCOD-EXXX")
    expect(page.get_by_role("alert")).to_contain_text("Der Einmalcode stimmt nicht")
    add_key(page, "blau", code_from_the_administrator(browser, portal))
    expect(page.get_by_role("status")).to_contain_text("Der Sicherheitsschlüssel ist registriert.")

    portal.sign_in(page, ROLE)
    expect(page.get_by_role("heading", name=CONFIRM)).to_be_visible()
    key.verifies(False)
    button(page, CONFIRM).click()
    expect(page.get_by_role("alert")).to_contain_text("Es wurde kein Schlüssel bestätigt.")
    key.verifies(True)
    button(page, CONFIRM).click()
    user = page.get_by_role("button", name=f"Benutzer: {portal.users[ROLE]['username']}")
    expect(user).to_be_visible()

    _password_alone_opens_nothing(services, before)

    open_keys(page, portal)
    key.exchange()
    add_key(page, "rot")
    expect(page.get_by_role("list", name="Sicherheitsschlüssel").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Umbenennen: rot").click()
    page.get_by_label("Neuer Name").fill("Ersatz")
    button(page, "Speichern").click()
    page.get_by_role("button", name="Entfernen: blau").click()
    button(page, "Entfernen").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("listitem")).to_contain_text("Ersatz")

    user.click()
    page.get_by_role("menuitem", name="Abmelden", exact=True).click()
    portal.sign_in(page, ROLE)
    button(page, CONFIRM).click()
    expect(user).to_be_visible()

    _recover(browser, portal)
    page.context.clear_cookies()
    page.evaluate("localStorage.clear()")
    portal.enter(page, ROLE)


def _password_alone_opens_nothing(services: Services, before: str) -> None:
    """Whichever flow of whichever client asks for tokens, and whatever a session of before still shows."""
    for client in ("portal", "machine"):
        for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"):
            answer = services.initiate(client, flow)
            assert "AccessToken" not in answer.text, (client, flow)
    assert services.password(ROLE)["challenge"] == "CUSTOM_CHALLENGE"
    assert services.ask("POST", "/fido2/options", before).status_code == 403
    connector = services.system.endpoints["blockchain-connector"].rstrip("/")
    user = services.system.users[ROLE]
    body = {"email": user["email"], "password": user["password"]}
    refused = services.http.post(f"{connector}/auth/login", json=body, timeout=30)
    assert (refused.status_code, refused.json()["challenge"]) == (403, "FIDO2")


def _recover(browser: Browser, portal: Portal) -> None:
    """All keys are lost: the administrator resets them."""
    page = browser.new_context(locale="de-DE").new_page()
    page.set_default_timeout(30_000)
    try:
        inside = participant(page, portal)
        button(inside, "Sicherheitsschlüssel zurücksetzen").click()
        button(inside, "Jetzt zurücksetzen").click()
        expect(inside.get_by_role("status")).to_contain_text("sind zurückgesetzt")
    finally:
        page.context.close()


def test_keys_a_key_that_is_not_his_is_refused(
    page: Page, browser: Browser, portal: Portal, services: Services
) -> None:
    key = Authenticator(page)
    portal.enter(page, ROLE)
    open_keys(page, portal)
    add_key(page, "blau", code_from_the_administrator(browser, portal))
    expect(page.get_by_role("status")).to_contain_text("Der Sicherheitsschlüssel ist registriert.")
    key.exchange()
    portal.sign_in(page, ROLE)
    button(page, CONFIRM).click()
    expect(page.get_by_role("alert")).to_contain_text("Es wurde kein Schlüssel bestätigt.")
    expect(page.get_by_role("button", name=f"Benutzer: {portal.users[ROLE]['username']}")).to_have_count(0)

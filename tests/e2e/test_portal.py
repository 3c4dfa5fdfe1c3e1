"""The portal's frame on a running system: who gets in, what each group sees first, languages, the end of a session."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.portal import Portal


def test_a_wrong_password_is_said_and_the_right_one_leads_to_the_market(page: Page, portal: Portal) -> None:
    portal.open(page)
    portal.sign_in(page, "seller", "not-the-Passw0rd")
    expect(page.get_by_role("alert")).to_have_text("Benutzername oder Passwort stimmen nicht.")
    portal.sign_in(page, "seller")
    expect(page.get_by_role("heading", name="Lokaler Energiemarkt", level=1)).to_be_visible()
    expect(page).to_have_title(re.compile("^Angebote .* tbiEnergy$"))
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_every_page_of_the_market_can_be_read(page: Page, portal: Portal) -> None:
    portal.open(page)
    portal.sign_in(page, "bidder1")
    expect(page.get_by_role("heading", name="Angebote", level=2)).to_be_visible()
    for name in ("Gebote", "Bilanzen", "Konto"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, level=2)).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_test_id("available")).to_contain_text("€")


def test_the_language_changes_at_once_and_is_kept(page: Page, portal: Portal) -> None:
    portal.open(page)
    page.get_by_role("button", name="Sprache").click()
    page.get_by_role("menuitemradio", name="English").click()
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_session_outlives_a_reload_and_ends_with_signing_out(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url.rstrip('/')}/market/account")
    portal.sign_in(page, "seller")
    expect(page.get_by_role("heading", name="Konto", level=2)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Konto", level=2)).to_be_visible()
    page.get_by_role("button", name="Benutzer: seller").click()
    page.get_by_role("menuitem", name="Abmelden", exact=True).click()
    expect(page.get_by_role("heading", name="Anmelden", level=1)).to_be_visible()
    page.goto(f"{portal.url.rstrip('/')}/market/account")
    expect(page.get_by_role("heading", name="Anmelden", level=1)).to_be_visible()


def test_the_utility_sees_its_balancing_group_at_once(page: Page, portal: Portal) -> None:
    portal.open(page)
    portal.sign_in(page, "evu")
    expect(page.get_by_role("heading", name="Bilanzkreis", level=1)).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_administrator_sees_whether_every_part_is_there(page: Page, portal: Portal) -> None:
    portal.open(page)
    portal.sign_in(page, "admin")
    expect(page.get_by_role("heading", name="Entwickler-Dashboard", level=1)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="mastr-connector")).to_contain_text("Online")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_page_of_another_group_is_not_shown(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url.rstrip('/')}/balancing-group")
    portal.sign_in(page, "seller")
    expect(page.get_by_role("heading", name="Lokaler Energiemarkt", level=1)).to_be_visible()


def test_a_token_that_no_longer_counts_is_replaced_without_a_word(page: Page, portal: Portal) -> None:
    """A service refuses it once: the refresh token brings a new one, and the call is made again."""
    portal.enter(page, "seller", "/market/account")
    expect(page.get_by_test_id("available")).to_contain_text("€")
    targets: list[str] = []
    page.on("request", lambda request: targets.append(request.headers.get("x-amz-target", "")))
    page.route("**/api/v1/market/account*", lambda route: route.fulfill(status=401, body="{}"), times=1)
    page.reload()
    expect(page.get_by_test_id("available")).to_contain_text("€")
    assert [target for target in targets if target.endswith(".GetTokensFromRefreshToken")]
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_link_into_the_portal_leads_there_after_the_sign_in(page: Page, portal: Portal) -> None:
    portal.enter(page, "evu", "/operation/stuck")
    expect(page.get_by_role("heading", name="Störungen", level=2)).to_be_visible()

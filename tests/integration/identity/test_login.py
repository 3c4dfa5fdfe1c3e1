"""POST /auth/login and the connector's guard against the real emulation. No chain: a token needs none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from services.shared.wait import wait_until
from services.shared.web.service_token import ServiceTokens
from tests.integration.box.processes import answers
from tests.integration.chain.support import ServedProcess, free_port
from tests.integration.identity.pool import Identity


class Connector:
    """The cloud side's, as a process."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/blockchain-connector/api/v1"
        environment = {
            "TBI_PORT": str(port),
            "TBI_CHAIN_URLS": f"http://127.0.0.1:{free_port()}",
            "TBI_STATE_DIR": str(folder),
            "TBI_IDENTITY_FILE": str(identity.file),
            "TBI_MANAGER_URL": f"http://127.0.0.1:{free_port()}",
            "TBI_SERVICE_SECRET_FILE": str(identity.service_secret("blockchain-connector")),
        }
        self.process = ServedProcess("services.blockchain_connector", environment, folder / "connector.log")

    def login(self, email: Any, password: Any) -> requests.Response:
        return requests.post(f"{self.url}/auth/login", json={"email": email, "password": password}, timeout=30)

    def status(self, method: str, path: str, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
        return requests.request(method, self.url + path, json={}, headers=headers, timeout=30).status_code


@pytest.fixture(scope="module")
def connector(identity: Identity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connector]:
    made = Connector(tmp_path_factory.mktemp("connector"), identity)
    made.process.start()
    try:
        wait_until(answers(f"{made.url}/health"), 30, what="the connector's health")
        yield made
    finally:
        made.process.stop()


def _problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    return found


def test_tc02_4_ts01_an_email_and_a_password_give_a_token_that_counts(identity: Identity, connector: Connector) -> None:
    user = identity.user("machine")
    answer = connector.login(user["email"], user["password"])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {"token", "expires_in"}
    assert told["expires_in"] == 3600
    assert connector.status("GET", "/reader/info", told["token"]) == 503, "let in, and the chain is away"
    assert connector.status("POST", "/performer/trigger-event", told["token"]) == 400, "let in, and the body is empty"
    assert connector.status("POST", "/performer/transaction", told["token"]) == 403, "for services only"


@pytest.mark.parametrize("email", ["machine@tbienergy.example", "nobody@tbienergy.example", "nobody", "ä" * 128])
def test_a_wrong_password_and_a_wrong_name_are_the_same_401(connector: Connector, email: str) -> None:
    answer = connector.login(email, "Wrong-word-1234")
    told = _problem(answer, 401)
    assert told["detail"] == "The sign-in is refused: name, password or token are not right."
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_who_is_asked_for_more_than_a_password_is_refused_with_the_reason(
    identity: Identity, connector: Connector
) -> None:
    identity.cognito().admin_create_user(
        UserPoolId=identity.about["user_pool_id"],
        Username="challenged",
        TemporaryPassword="First-word-1234",
        MessageAction="SUPPRESS",
    )
    told = _problem(connector.login("challenged", "First-word-1234"), 403)
    assert told["challenge"] == "NEW_PASSWORD_REQUIRED"
    assert "sign in at the portal" in told["detail"]


def test_bad_bodies(connector: Connector) -> None:
    for email, password in (("", "x"), ("x", ""), (None, "x"), ("x", 1), ("x" * 129, "x"), ("x", "x" * 257)):
        _problem(connector.login(email, password), 400)
    for body in (b"", b"[]", b"{}", b'{"email": "x"}', b"\xff"):
        _problem(requests.post(f"{connector.url}/auth/login", data=body, timeout=10), 400)
    assert requests.get(f"{connector.url}/auth/login", timeout=10).status_code == 405


def test_groups_and_services(identity: Identity, connector: Connector) -> None:
    about = identity.about

    def service(name: str) -> str:
        secret = identity.service_secret(name).read_text().strip()
        return ServiceTokens(about["token_url"], about["service_client_ids"][name], secret).token()

    user, evu = (identity.tokens(role)["AccessToken"] for role in ("seller", "evu"))
    assert connector.status("GET", "/reader/info", user) == 503
    assert connector.status("GET", "/watcher/events?follow_s=0", user) == 403
    assert connector.status("POST", "/performer/trigger-event", user) == 403
    assert connector.status("GET", "/watcher/events?follow_s=0", evu) == 200
    for path in ("/performer/transaction", "/performer/account"):
        assert connector.status("POST", path, evu) == 403
        assert connector.status("POST", path, service("background-manager-logic")) == 400
    assert connector.status("GET", "/watcher/events?follow_s=0", service("background-manager-logic")) == 200
    assert connector.status("GET", "/reader/info", "made-up") == 401


def test_while_the_identity_provider_is_away_it_is_503(identity: Identity, connector: Connector) -> None:
    identity.stop()
    try:
        answer = connector.login("machine@tbienergy.example", "x")
        assert "does not answer" in _problem(answer, 503)["detail"]
        assert "Retry-After" in answer.headers
    finally:
        identity.start()
    user = identity.user("machine")
    assert connector.login(user["email"], user["password"]).status_code == 200

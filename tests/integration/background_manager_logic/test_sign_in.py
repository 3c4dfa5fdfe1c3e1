"""/token, /token/challenge, /token/refresh against the real emulation."""

from __future__ import annotations

import pytest

from tests.integration.background_manager_logic.manager import Manager, problem


def test_token_a_password_gives_tokens_that_the_service_takes(manager: Manager) -> None:
    user = manager.identity.user("admin")
    for name in (user["username"], user["email"]):
        answer = manager.ask(None, "POST", "/token", {"username": name, "password": user["password"]})
        tokens = answer.json()
        assert (answer.status_code, tokens["expires_in"]) == (200, 3600)
        for token in (tokens["access_token"], tokens["id_token"]):
            headers = {"Authorization": f"Bearer {token}"}
            assert manager.http.get(f"{manager.url}/cls-boxes", headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize("name", ["admin", "nobody", "nobody@tbienergy.example", "ä" * 128])
def test_token_a_wrong_password_and_a_wrong_name_are_the_same_401(manager: Manager, name: str) -> None:
    answer = manager.ask(None, "POST", "/token", {"username": name, "password": "Wrong-word-1234"})
    assert problem(answer, 401)["detail"] == "The sign-in is refused: name, password or token are not right."
    assert "WWW-Authenticate" in answer.headers


def test_token_refresh_gives_new_tokens_until_the_refresh_token_is_revoked(manager: Manager) -> None:
    tokens = manager.identity.tokens("evu")
    refresh = {"refresh_token": tokens["RefreshToken"]}
    fresh = manager.ask(None, "POST", "/token/refresh", refresh).json()
    assert fresh["refresh_token"] == tokens["RefreshToken"]
    assert fresh["access_token"] != tokens["AccessToken"]
    manager.identity.call(
        "RevokeToken", ClientId=manager.identity.about["portal_client_id"], Token=tokens["RefreshToken"]
    )
    problem(manager.ask(None, "POST", "/token/refresh", refresh), 401)
    problem(manager.ask(None, "POST", "/token/refresh", {"refresh_token": "made-up"}), 401)
    problem(manager.ask(None, "POST", "/token/refresh", {"refresh_token": tokens["AccessToken"]}), 401)


def test_token_a_challenge_is_answered_once_and_well(manager: Manager) -> None:
    manager.identity.cognito().admin_create_user(
        UserPoolId=manager.identity.about["user_pool_id"],
        Username="guest",
        TemporaryPassword="First-word-1234",
        MessageAction="SUPPRESS",
    )
    signed_in = manager.ask(None, "POST", "/token", {"username": "guest", "password": "First-word-1234"}).json()
    assert signed_in["challenge"] == "NEW_PASSWORD_REQUIRED"
    assert "access_token" not in signed_in
    answer = {
        "username": "guest",
        "challenge": signed_in["challenge"],
        "session": signed_in["session"],
        "answer": "Second-word-1234",
    }
    problem(manager.ask(None, "POST", "/token/challenge", {**answer, "session": "made-up"}), 401)
    assert "access_token" in manager.ask(None, "POST", "/token/challenge", answer).json()
    problem(manager.ask(None, "POST", "/token/challenge", answer), 401)
    second = {"username": "guest", "password": "Second-word-1234"}
    assert "access_token" in manager.ask(None, "POST", "/token", second).json()


def test_token_a_disabled_account_does_not_sign_in(manager: Manager) -> None:
    admin, user = manager.identity.cognito(), manager.identity.user("bidder2")
    at = {"UserPoolId": manager.identity.about["user_pool_id"], "Username": "bidder2"}
    admin.admin_disable_user(**at)
    try:
        body = {"username": "bidder2", "password": user["password"]}
        problem(manager.ask(None, "POST", "/token", body), 401)
    finally:
        admin.admin_enable_user(**at)


def test_token_while_the_identity_provider_is_away_it_is_503(manager: Manager) -> None:
    manager.identity.stop()
    try:
        answer = manager.ask(None, "POST", "/token", {"username": "admin", "password": "x"})
        problem(answer, 503, "does not answer")
        assert "Retry-After" in answer.headers
        health = manager.ask(None, "GET", "/health").json()
        assert (health["status"], health["checks"]["identity"]["status"]) == ("degraded", "failed")
    finally:
        manager.identity.start()
    assert manager.ask(None, "GET", "/health").json()["checks"]["identity"]["status"] == "ok"

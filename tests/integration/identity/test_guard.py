"""The guard before the emulation, piece by piece: time, signatures, passwords."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deploy.local.identity.guard import Guard, changes_something
from deploy.local.identity.people import new_password, people
from deploy.local.identity.sigv4 import is_signed

TARGET = "AWSCognitoIdentityProviderService."


class Pools:
    """One pool with the client c and the users ann (also known as ann@x) and bob."""

    def client(self, client_id: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        return ({"WriteAttributes": ["locale"]}, {}) if client_id == "c" else None

    def username(self, client_id: str, name: str) -> str | None:
        return {"ann": "ann", "ann@x": "ann", "bob": "bob"}.get(name) if client_id == "c" else None


def _headers(action: str) -> dict[str, str]:
    return {"x-amz-target": TARGET + action}


def _challenged(guard: Guard, session: str = "s1") -> None:
    asked = {"ClientId": "c", "AuthParameters": {"USERNAME": "ann@x"}}
    said = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeParameters": {}}
    guard.answered(_headers("InitiateAuth"), json.dumps(asked).encode(), json.dumps(said).encode())


def _answers(guard: Guard, **changes: Any) -> bool:
    answer = {
        "ClientId": "c",
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": "s1",
        "ChallengeResponses": {"USERNAME": "ann"},
        **changes,
    }
    return guard.refusal("/", _headers("RespondToAuthChallenge"), json.dumps(answer).encode()) is None


def test_guard_a_session_is_for_one_user_client_challenge_once_and_three_minutes() -> None:
    now = [0.0]
    for changes in (
        {"ChallengeResponses": {"USERNAME": "bob"}},
        {"ChallengeResponses": {"USERNAME": "nobody"}},
        {"ChallengeResponses": []},
        {"ChallengeName": "MFA_SETUP"},
        {"ClientId": "d"},
        {"Session": "s2"},
        {"Session": None},
        {"Session": ["s1"]},
    ):
        guard = Guard(Pools(), lambda *_: False, clock=lambda: now[0])
        _challenged(guard)
        assert not _answers(guard, **changes), changes
    guard = Guard(Pools(), lambda *_: False, clock=lambda: now[0])
    _challenged(guard)
    assert _answers(guard, ChallengeResponses={"USERNAME": "ann@x"})
    assert not _answers(guard)
    _challenged(guard)
    now[0] = 181.0
    assert not _answers(guard)


def test_guard_an_action_that_is_not_named_public_needs_a_signature() -> None:
    guard = Guard(Pools(), lambda *_: False)
    for target in ("AdminCreateUser", "InitiateAuth.AdminCreateUser", "ListUsers", "Unheard", "initiateauth"):
        assert guard.refusal("/", _headers(target), b"{}") is not None, target
    assert guard.refusal("/", {"x-amz-target": "AWSCognitoIdentityService.GetId"}, b"{}") is not None
    assert guard.refusal("/", _headers("InitiateAuth"), b"{}") is None
    assert guard.refusal("/eu-central-1_1/.well-known/jwks.json", {}, b"") is None
    assert guard.refusal("/_ministack/reset", {}, b"") is not None
    assert guard.refusal("/_ministack/config", {}, b"") is not None
    assert guard.refusal("/_ministack/health", {}, b"") is None


def test_guard_knows_what_changes_something() -> None:
    assert all(changes_something(_headers(name)) for name in ("AdminCreateUser", "ChangePassword", "RevokeToken"))
    assert not any(changes_something(_headers(name)) for name in ("GetUser", "ListUsers", "InitiateAuth"))
    assert not changes_something({})


def _signed(secret: str, **more: str) -> dict[str, str]:
    headers = {**_headers("ListUsers"), "host": "127.0.0.1:4566", **more}
    request = AWSRequest("POST", "http://127.0.0.1:4566/", headers=headers, data=b"{}")
    SigV4Auth(Credentials("KEY", secret), "cognito-idp", "eu-central-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def _holds(headers: Mapping[str, str], body: bytes = b"{}", **more: Any) -> bool:
    return is_signed(headers, body, access_key_id="KEY", secret_access_key="right", **more)


def test_guard_a_signature_is_by_the_key_over_this_request_and_fresh() -> None:
    headers = _signed("right")
    assert _holds(headers)
    assert not _holds(headers, b'{"a": 1}')
    assert not _holds({**headers, "x-amz-target": TARGET + "AdminDeleteUser"})
    assert not _holds({**headers, "host": "elsewhere"})
    assert not _holds(_signed("wrong"))
    assert not _holds({**headers, "authorization": headers["authorization"].replace("KEY/", "YEK/")})
    assert not _holds({**headers, "authorization": headers["authorization"].replace("x-amz-target", "x-amz-other")})
    assert not _holds({**headers, "authorization": headers["authorization"].replace(";x-amz-target", "")})
    assert not _holds({**headers, "authorization": "Bearer x"})
    assert not _holds({**headers, "x-amz-date": "yesterday"})
    later = datetime.now(UTC) + timedelta(minutes=6)
    assert not _holds(headers, now=later)


def test_people_passwords_are_what_the_pool_asks_for_and_never_the_same() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == 19
        assert any(c.islower() for c in password)
        assert any(c.isupper() for c in password)
        assert any(c.isdigit() for c in password)


def test_people_take_the_account_of_a_box_that_is_set_up(tmp_path: Path) -> None:
    before = {person.role: person.attributes for person in people(tmp_path)}
    assert "eos_account" not in before["seller"]
    (tmp_path / "seller").mkdir()
    (tmp_path / "seller/box.json").write_text('{"account": "abcdefghijkl"}')
    after = {person.role: person.attributes for person in people(tmp_path)}
    assert after["seller"] == {**before["seller"], "eos_account": "abcdefghijkl"}
    assert after["bidder1"] == before["bidder1"]

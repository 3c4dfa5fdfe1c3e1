"""The local emulation: its users, what its guard refuses, what it survives."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from botocore.exceptions import ClientError
from jose import jwt

from tests.integration.box.processes import REPO, module
from tests.integration.identity.pool import Identity, started, wait_for_end


def test_identity_its_files_say_who_and_where_and_nobody_else_may_read_them(identity: Identity) -> None:
    users = json.loads((identity.data / "demo-users.json").read_text())
    assert set(users) == {"admin", "evu", "machine", "seller", "bidder1", "bidder2", "newcomer"}
    assert all(user["email"] == f"{role}@tbienergy.example" for role, user in users.items())
    assert users["seller"]["attributes"].keys() >= {"betreiber_mastr_nr", "cls_box_ip", "kwh_annum"}
    assert users["newcomer"]["attributes"] == {}
    assert users["newcomer"]["household"]["cls_box_ip"] == "127.0.1.14"
    assert [users[role]["groups"] for role in ("admin", "evu", "bidder1")] == [["Admin"], ["EVU"], ["User"]]
    for file in [path for path in identity.data.rglob("*") if path.is_file() and path.name != "identity.log"]:
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    assert "no security boundary" in (identity.data / "identity.log").read_text()


def test_identity_listens_on_loopback_only_and_opens_one_port(identity: Identity) -> None:
    listening = [
        connection.laddr
        for parent in psutil.process_iter()
        if str(identity.data) in " ".join(_words(parent))
        for process in [parent, *parent.children(recursive=True)]
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {(address.ip, address.port) for address in listening} == {("127.0.0.1", identity.port)}


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_identity_a_password_signs_in_by_name_and_by_email(identity: Identity) -> None:
    user = identity.user("seller")
    for name in (user["username"], user["email"]):
        answer = _sign_in(identity, name, user["password"])
        claims = jwt.get_unverified_claims(answer.json()["AuthenticationResult"]["IdToken"])
        assert claims["custom:cls_box_ip"] == "127.0.1.11"
        assert claims["cognito:groups"] == ["User"]
    assert _sign_in(identity, user["username"], "Wrong-word-1234").status_code == 400
    unknown = _sign_in(identity, "nobody", "Wrong-word-1234").json()
    assert unknown["__type"] == "NotAuthorizedException", "who asks must not learn which users there are"


def _sign_in(identity: Identity, name: str, password: str) -> requests.Response:
    return identity.prove(name, password)


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_AUTH", "ADMIN_USER_PASSWORD_AUTH"])
def test_identity_the_portals_client_has_no_flow_around_the_challenge(identity: Identity, flow: str) -> None:
    user = identity.user("seller")
    answer = identity.call(
        "InitiateAuth",
        ClientId=identity.about["portal_client_id"],
        AuthFlow=flow,
        AuthParameters={"USERNAME": user["username"], "PASSWORD": user["password"], "SRP_A": "ab"},
    )
    assert answer.status_code == 400
    assert "AccessToken" not in answer.text


def test_identity_the_challenge_without_the_password_is_refused(identity: Identity) -> None:
    answer = identity.call(
        "InitiateAuth",
        ClientId=identity.about["portal_client_id"],
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": identity.user("seller")["username"]},
    )
    assert answer.json()["__type"] == "NotAuthorizedException"


def test_identity_refresh_gives_new_tokens(identity: Identity) -> None:
    refresh = identity.tokens("evu")["RefreshToken"]
    answer = identity.call(
        "GetTokensFromRefreshToken", ClientId=identity.about["portal_client_id"], RefreshToken=refresh
    )
    assert jwt.get_unverified_claims(answer.json()["AuthenticationResult"]["AccessToken"])["token_use"] == "access"


@pytest.mark.parametrize("attribute", ["custom:kwh_annum", "custom:eos_account", "custom:cls_box_ip", "email"])
def test_identity_a_user_cannot_write_what_administrators_write(identity: Identity, attribute: str) -> None:
    token = identity.tokens("bidder1")["AccessToken"]
    answer = identity.call(
        "UpdateUserAttributes", AccessToken=token, UserAttributes=[{"Name": attribute, "Value": "1"}]
    )
    assert answer.json()["__type"] == "NotAuthorizedException"
    kept = {
        entry["Name"]: entry["Value"] for entry in identity.call("GetUser", AccessToken=token).json()["UserAttributes"]
    }
    assert kept.get(attribute) != "1"
    allowed = identity.call(
        "UpdateUserAttributes", AccessToken=token, UserAttributes=[{"Name": "locale", "Value": "de"}]
    )
    assert allowed.status_code == 200


def test_identity_nobody_signs_himself_up(identity: Identity) -> None:
    answer = identity.call(
        "SignUp", ClientId=identity.about["portal_client_id"], Username="eve", Password="Abcdefgh-12345"
    )
    assert answer.json()["__type"] == "NotAuthorizedException"


@pytest.mark.parametrize("challenge", ["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"])
@pytest.mark.parametrize("session", ["", "made-up", None])
def test_identity_a_made_up_session_gives_no_token(identity: Identity, challenge: str, session: str | None) -> None:
    given = {} if session is None else {"Session": session}
    answer = identity.call(
        "RespondToAuthChallenge",
        ClientId=identity.about["portal_client_id"],
        ChallengeName=challenge,
        ChallengeResponses={"USERNAME": "admin", "NEW_PASSWORD": "Abcdefgh-12345", "SOFTWARE_TOKEN_MFA_CODE": "1"},
        **given,
    )
    assert answer.status_code == 400
    assert "AccessToken" not in answer.text
    assert identity.tokens("admin")["AccessToken"], "the administrator's password is still his own"


def test_identity_a_new_password_needs_the_session_of_this_user_once(identity: Identity) -> None:
    admin, about = identity.cognito(), identity.about
    for name in ("fresh1", "fresh2"):
        admin.admin_create_user(
            UserPoolId=about["user_pool_id"],
            Username=name,
            TemporaryPassword="First-word-1234",
            MessageAction="SUPPRESS",
        )
    challenge = _sign_in(identity, "fresh1", "First-word-1234").json()
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"

    def answer(name: str, session: str) -> requests.Response:
        return identity.call(
            "RespondToAuthChallenge",
            ClientId=about["portal_client_id"],
            ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": "Second-word-1234"},
            Session=session,
        )

    assert answer("fresh2", challenge["Session"]).status_code == 400, "a session of fresh1 is none of fresh2"
    challenge = _sign_in(identity, "fresh1", "First-word-1234").json()
    assert answer("fresh1", challenge["Session"]).json()["AuthenticationResult"]["AccessToken"]
    assert answer("fresh1", challenge["Session"]).status_code == 400, "a session holds once"
    assert _sign_in(identity, "fresh1", "Second-word-1234").ok


def test_identity_administration_needs_its_key(identity: Identity) -> None:
    pool = identity.about["user_pool_id"]
    right = identity.cognito()
    assert right.admin_get_user(UserPoolId=pool, Username="admin")["Enabled"]
    for key_id, secret in (("test", "test"), ("000000000000", "test"), (None, "wrong"), ("other", "wrong")):
        with pytest.raises(ClientError, match="not signed with the administration key"):
            identity.cognito(key_id, secret).admin_get_user(UserPoolId=pool, Username="admin")
    unsigned = identity.call("AdminSetUserPassword", UserPoolId=pool, Username="admin", Password="Abcdefgh-12345")
    assert unsigned.json()["__type"] == "UnrecognizedClientException"


def test_identity_a_signed_call_cannot_be_changed_on_its_way(identity: Identity) -> None:
    client = identity.cognito()
    seen: list[Any] = []
    client.meta.events.register("before-send.cognito-idp.ListUserPools", lambda request, **_: seen.append(request))
    client.list_user_pools(MaxResults=1)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in seen[0].headers.items()}
    repeated = identity.http.post(identity.url, data=seen[0].body, headers=headers, timeout=10)
    changed = identity.http.post(identity.url, data=b'{"MaxResults": 2}', headers=headers, timeout=10)
    target = {**headers, "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUsers"}
    other = identity.http.post(identity.url, data=seen[0].body, headers=target, timeout=10)
    assert (repeated.status_code, changed.status_code, other.status_code) == (200, 400, 400)


def test_identity_its_reset_is_closed(identity: Identity) -> None:
    assert identity.http.post(f"{identity.url}/_ministack/reset", timeout=10).status_code == 400
    assert identity.tokens("seller")["AccessToken"]


def test_identity_survives_a_kill_with_the_same_pool_keys_and_users(tmp_path: Path) -> None:
    """kill -9 of child and parent right after a change: nothing is lost, tokens from before still verify."""
    identity = started(tmp_path)
    try:
        before, about = identity.tokens("seller")["AccessToken"], identity.about
        keys = requests.get(about["jwks_url"], timeout=5).json()
        identity.cognito().admin_update_user_attributes(
            UserPoolId=about["user_pool_id"],
            Username="seller",
            UserAttributes=[{"Name": "custom:kwh_annum", "Value": "4711"}],
        )
        identity.program.kill()
        wait_for_end(identity)
        identity.start()
        assert identity.about == about
        assert requests.get(about["jwks_url"], timeout=5).json() == keys
        assert identity.user("seller")["attributes"]["kwh_annum"] == "4711"
        assert identity.call("GetUser", AccessToken=before).status_code == 200
        assert identity.tokens("seller")["AccessToken"]
    finally:
        identity.stop()
    wait_for_end(identity)


def test_identity_a_taken_port_is_said(identity: Identity, tmp_path: Path) -> None:
    command = [*module("deploy.local.identity"), "--data-dir", str(tmp_path), "--port", str(identity.port)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=REPO, timeout=30, check=False)
    assert ended.returncode == 1
    assert f"something else answers at {identity.url}" in ended.stderr

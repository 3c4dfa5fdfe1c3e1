"""Attacks with real tokens of the real emulation, and with ones forged from what it publishes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask.testing import FlaskClient

from services.shared.web import Resource, create_service
from services.shared.web.service_token import ServiceTokens, ServiceTokenUnavailable
from services.shared.web.tokens import (
    SERVICE,
    KeySet,
    Pool,
    TokenGuard,
    TokenVerifier,
    caller,
    groups,
    jwks_at,
    read_pool,
)
from tests.integration.identity.pool import Identity


class CountingKeys:
    """The pool's real JWK set, with a count of how often it was read."""

    def __init__(self, url: str) -> None:
        self.reads = 0
        self._fetch = jwks_at(url)

    def __call__(self) -> Any:
        self.reads += 1
        return self._fetch()


class Door:
    """A service with the guard in front, and the pool's tokens at hand."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.pool: Pool = read_pool(identity.file)
        self.keys = CountingKeys(self.pool.jwks_url)
        self.client: FlaskClient = _service(TokenVerifier(self.pool, KeySet(self.keys)))
        self.published = requests.get(self.pool.jwks_url, timeout=5).json()["keys"]

    def status(self, token: str, path: str = "any") -> int:
        return self.ask(token, path)[0]

    def ask(self, token: str, path: str = "any") -> tuple[int, dict[str, Any]]:
        answer = self.client.get(f"/door/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.get_json()

    def resigned(self, token: str, use: str = "access", **changes: Any) -> str:
        """The token with other claims, signed with the pool's own private key, as only the pool could."""
        return self.identity.resigned(token, use, **changes)


def _service(verifier: TokenVerifier) -> FlaskClient:
    frame = create_service("door", base_path="/door", description="A door", guard=TokenGuard(verifier))

    @frame.v1.route("/any")
    class All(Resource):
        @groups("Admin", "User", "EVU", SERVICE)
        def get(self) -> dict[str, Any]:
            """For all."""
            found = caller()
            named = {"sub": found.sub, "username": found.username, "email": found.email, "service": found.service}
            return {**named, "groups": sorted(found.groups)}

    for name, allowed in {"admin": ("Admin",), "evu": ("EVU",), "service": (SERVICE,)}.items():

        class One(Resource):
            @groups(*allowed)
            def get(self) -> dict[str, Any]:
                """For some."""
                return {}

        frame.v1.route(f"/{name}", endpoint=name)(One)
    return frame.app.test_client()


@pytest.fixture
def door(identity: Identity) -> Door:
    return Door(identity)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _part(content: Any) -> str:
    return _b64(json.dumps(content).encode())


def _read(token: str, part: int) -> dict[str, Any]:
    text = token.split(".")[part]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def _signed(key: rsa.RSAPrivateKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    signed = f"{_part(header)}.{_part(claims)}"
    return f"{signed}.{_b64(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def test_tokens_real_ones_say_who_calls(door: Door) -> None:
    seller = door.identity.user("seller")
    tokens = door.identity.tokens("seller")
    said = {"sub": seller["sub"], "username": "seller", "service": None, "groups": ["User"]}
    assert door.ask(tokens["AccessToken"]) == (200, {**said, "email": None})
    assert door.ask(tokens["IdToken"]) == (200, {**said, "email": "seller@tbienergy.example"})
    assert door.keys.reads == 1


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("admin", "admin", 200),
        ("seller", "admin", 403),
        ("evu", "admin", 403),
        ("evu", "evu", 200),
        ("admin", "evu", 403),
        ("admin", "service", 403),
        ("seller", "service", 403),
    ],
)
def test_tokens_the_group_decides(door: Door, role: str, path: str, status: int) -> None:
    assert door.status(door.identity.tokens(role)["AccessToken"], path) == status


def test_tokens_a_user_out_of_all_groups_passes_nowhere(door: Door) -> None:
    admin, pool = door.identity.cognito(), door.identity.about["user_pool_id"]
    at = {"UserPoolId": pool, "Username": "bidder2", "GroupName": "User"}
    admin.admin_remove_user_from_group(**at)
    try:
        assert door.status(door.identity.tokens("bidder2")["AccessToken"]) == 403
    finally:
        admin.admin_add_user_to_group(**at)
    assert door.status(door.identity.tokens("bidder2")["AccessToken"]) == 200


def test_tokens_a_refresh_token_is_none(door: Door) -> None:
    assert door.status(door.identity.tokens("admin")["RefreshToken"]) == 401


def test_tokens_an_id_token_is_refused_where_an_access_token_is_needed(door: Door) -> None:
    strict = _service(TokenVerifier(door.pool, uses=frozenset({"access"})))
    tokens = door.identity.tokens("seller")
    for name, status in (("AccessToken", 200), ("IdToken", 401)):
        answer = strict.get("/door/api/v1/any", headers={"Authorization": f"Bearer {tokens[name]}"})
        assert answer.status_code == status


def test_tokens_of_another_client_of_the_pool_are_refused(door: Door) -> None:
    admin, pool = door.identity.cognito(), door.identity.about["user_pool_id"]
    made = admin.create_user_pool_client(
        UserPoolId=pool, ClientName="other", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    try:
        tokens = _sign_in(door.identity, made, "admin", door.identity.user("admin")["password"])
        status, problem = door.ask(tokens["AccessToken"])
        assert (status, "another client" in problem["detail"]) == (401, True)
        assert door.status(tokens["IdToken"]) == 401
    finally:
        admin.delete_user_pool_client(UserPoolId=pool, ClientId=made)


def test_tokens_of_another_pool_are_refused(door: Door) -> None:
    """The same emulation, another issuer: its keys are not ours, and its issuer is not, even under our keys."""
    admin = door.identity.cognito()
    pool = admin.create_user_pool(PoolName="other")["UserPool"]["Id"]
    client = admin.create_user_pool_client(
        UserPoolId=pool, ClientName="portal", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    admin.create_group(UserPoolId=pool, GroupName="Admin")
    admin.admin_create_user(UserPoolId=pool, Username="admin", MessageAction="SUPPRESS")
    admin.admin_set_user_password(UserPoolId=pool, Username="admin", Password="Abcdefgh-12345", Permanent=True)
    admin.admin_add_user_to_group(UserPoolId=pool, Username="admin", GroupName="Admin")
    foreign = _sign_in(door.identity, client, "admin", "Abcdefgh-12345")["AccessToken"]
    admin.delete_user_pool(UserPoolId=pool)
    assert door.status(foreign) == 401
    own = door.identity.tokens("admin")["AccessToken"]
    status, problem = door.ask(door.resigned(own, iss=_read(foreign, 1)["iss"]))
    assert (status, "issuer" in problem["detail"]) == (401, True)


def _sign_in(identity: Identity, client: str, name: str, password: str) -> dict[str, str]:
    answer = identity.call(
        "InitiateAuth",
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )
    found: dict[str, str] = answer.json()["AuthenticationResult"]
    return found


def test_tokens_that_the_pool_itself_signed_run_out(door: Door) -> None:
    token = door.identity.tokens("admin")["AccessToken"]
    now = int(time.time())
    assert door.status(door.resigned(token)) == 200, "signed with the pool's own key"
    status, problem = door.ask(door.resigned(token, exp=now - 60))
    assert (status, "expired" in problem["detail"]) == (401, True)
    assert door.status(door.resigned(token, iat=now + 600, exp=now + 900)) == 401
    assert door.status(door.resigned(token, token_use="refresh")) == 401
    assert door.status(door.resigned(token, client_id="nobody")) == 401


def _hs256(secret: bytes, kid: str, claims: dict[str, Any]) -> str:
    signed = f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(claims)}"
    return f"{signed}.{_b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _public_key(entry: dict[str, str], encoding: serialization.Encoding) -> bytes:
    number, exponent = (
        int.from_bytes(base64.urlsafe_b64decode(entry[name] + "=" * (-len(entry[name]) % 4)), "big") for name in "ne"
    )
    key = rsa.RSAPublicNumbers(exponent, number).public_key()
    return key.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


Forge = Callable[[Door, dict[str, Any], str], str]
_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGERIES: dict[str, Forge] = {
    "alg_none": lambda _, claims, kid: f"{_part({'alg': 'none', 'kid': kid})}.{_part(claims)}.",
    "hs256_with_the_public_pem": lambda door, claims, kid: _hs256(
        _public_key(door.published[0], serialization.Encoding.PEM), kid, claims
    ),
    "hs256_with_the_public_der": lambda door, claims, kid: _hs256(
        _public_key(door.published[0], serialization.Encoding.DER), kid, claims
    ),
    "hs256_with_the_published_jwk": lambda door, claims, kid: _hs256(
        json.dumps(door.published[0]).encode(), kid, claims
    ),
    "rs256_with_another_key": lambda _, claims, kid: _signed(_STRANGER, {"alg": "RS256", "kid": kid}, claims),
    "rs256_with_a_kid_of_its_own": lambda _, claims, _kid: _signed(_STRANGER, {"alg": "RS256", "kid": "me"}, claims),
    "access_claims_under_the_id_key_of_nobody": lambda door, claims, _kid: _signed(
        _STRANGER, {"alg": "RS256", "kid": door.published[1]["kid"], "jku": "http://127.0.0.1:1/"}, claims
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_tokens_forged_administrators_are_refused(door: Door, forgery: str) -> None:
    real = door.identity.tokens("seller")["AccessToken"]
    claims = {**_read(real, 1), "cognito:groups": ["Admin"]}
    assert door.status(FORGERIES[forgery](door, claims, _read(real, 0)["kid"]), "admin") == 401


def test_tokens_changed_ones_are_refused(door: Door) -> None:
    header, _, signature = door.identity.tokens("seller")["AccessToken"].split(".")
    claims = {**_read(door.identity.tokens("seller")["AccessToken"], 1), "cognito:groups": ["Admin"]}
    assert door.status(f"{header}.{_part(claims)}.{signature}", "admin") == 401


def test_tokens_a_flood_of_kids_reads_the_keys_once(door: Door) -> None:
    real = door.identity.tokens("seller")["AccessToken"]
    claims = _read(real, 1)
    for number in range(200):
        assert door.status(_signed(_STRANGER, {"alg": "RS256", "kid": f"kid-{number}"}, claims)) == 401
        assert door.status(real) == 200
    assert door.keys.reads == 1


def test_tokens_of_a_service_name_the_service(door: Door) -> None:
    about = door.identity.about
    client = about["service_client_ids"]["mastr-connector"]
    secret = door.identity.service_secret("mastr-connector").read_text().strip()
    tokens = ServiceTokens(about["token_url"], client, secret)
    status, said = door.ask(tokens.token())
    assert (status, said["service"], said["groups"]) == (200, "mastr-connector", [])
    assert door.status(tokens.token(), "service") == 200
    assert door.status(tokens.token(), "admin") == 403
    assert tokens.token() == tokens.token(), "one token until shortly before it runs out"
    assert door.status(door.resigned(tokens.token(), scope="openid"), "service") == 401


def test_tokens_a_service_needs_its_own_secret(door: Door) -> None:
    about = door.identity.about
    client = about["service_client_ids"]["mastr-connector"]
    foreign = door.identity.service_secret("forecast-connector").read_text().strip()
    with pytest.raises(ServiceTokenUnavailable, match="client id and secret"):
        ServiceTokens(about["token_url"], client, foreign).token()
    with pytest.raises(ServiceTokenUnavailable):
        ServiceTokens(about["token_url"], about["portal_client_id"], "").token()
    with pytest.raises(ServiceTokenUnavailable, match="does not answer"):
        ServiceTokens("http://127.0.0.1:1/", client, foreign).token()

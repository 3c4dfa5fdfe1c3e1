"""Verification of tokens with keys of our own; the same attacks with the emulation's own tokens: tests/integration."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from services.shared.second_factor import BY_KEY, BY_MACHINE, CLAIM
from services.shared.web import ConfigurationError, Problem, Resource, create_service
from services.shared.web.openapi import document_of
from services.shared.web.tokens import (
    ANYONE,
    SERVICE,
    JwksUnavailable,
    KeptKeys,
    KeySet,
    Pool,
    TokenGuard,
    TokenVerifier,
    caller,
    groups,
    read_pool,
)

POOL = Pool(
    issuer="https://pool.example/eu_1",
    jwks_url="http://unused.example",
    client_ids=frozenset({"portal", "machine"}),
    services={"svc1": "mastr-connector"},
)


class Signer:
    """A key pair, and what it publishes."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self.key.public_key().public_numbers()
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": _number(numbers.n), "e": "AQAB"}

    def token(self, claims: dict[str, Any], **header: Any) -> str:
        signed = f"{_part({'alg': 'RS256', 'kid': self.kid, **header})}.{_part(claims)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_b64(signature)}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _part(content: dict[str, Any]) -> str:
    return _b64(json.dumps(content).encode())


def _number(number: int) -> str:
    return _b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


PAIR, STRANGER = Signer("key-1"), Signer("key-1")


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {
        "sub": "sub-1",
        "iss": POOL.issuer,
        "token_use": "access",
        "client_id": "portal",
        "username": "seller",
        "cognito:groups": ["User"],
        "iat": now,
        "exp": now + 600,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def id_claims(**changes: Any) -> dict[str, Any]:
    named = {"cognito:username": "seller", "email": "seller@tbienergy.example", "custom:kwh_annum": "3500"}
    other = {"token_use": "id", "aud": "portal", "client_id": None, "username": None, "at_hash": "x"}
    return claims(**{**other, **named, **changes})


@pytest.fixture
def verifier() -> TokenVerifier:
    return TokenVerifier(POOL, KeySet(lambda: {"keys": [PAIR.jwk]}))


def reason(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(Problem) as refusal:
        verifier.verify(token)
    assert refusal.value.status == 401
    assert 'error="invalid_token"' in refusal.value.headers["WWW-Authenticate"]
    return refusal.value.detail


def test_tokens_access_and_id_token_say_who_calls(verifier: TokenVerifier) -> None:
    found = verifier.verify(PAIR.token(claims()))
    assert (found.sub, found.username, found.groups, found.email) == ("sub-1", "seller", {"User"}, None)
    found = verifier.verify(PAIR.token(id_claims()))
    assert (found.email, dict(found.attributes)) == ("seller@tbienergy.example", {"custom:kwh_annum": "3500"})
    assert found.token not in repr(found)


def test_tokens_groups_that_are_none_of_ours_count_for_nothing(verifier: TokenVerifier) -> None:
    found = verifier.verify(PAIR.token(claims(**{"cognito:groups": ["root", "EVU", 7, None]})))
    assert found.groups == {"EVU"}
    assert verifier.verify(PAIR.token(claims(**{"cognito:groups": None}))).groups == frozenset()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": 1_000_000_000}, "expired"),
        ({"exp": int(time.time()) - 31}, "expired"),
        ({"exp": None}, "not valid"),
        ({"exp": "tomorrow"}, "do not fit"),
        ({"exp": True}, "expired"),
        ({"iat": int(time.time()) + 3600}, "future"),
        ({"iat": None}, "not valid"),
        ({"nbf": int(time.time()) + 3600}, "not valid|do not fit"),
        ({"iss": "https://pool.example/eu_2"}, "issuer"),
        ({"iss": [POOL.issuer]}, "issuer"),
        ({"iss": None}, "not valid"),
        ({"sub": None}, "not valid"),
        ({"sub": ""}, "whose"),
        ({"sub": 7}, "subject|not valid"),
        ({"username": None}, "whose"),
        ({"cognito:groups": "Admin"}, "whose"),
        ({"client_id": "other"}, "another client"),
        ({"client_id": None, "aud": "portal"}, "another client"),
        ({"client_id": ["portal"]}, "another client"),
        ({"token_use": "refresh"}, "kind"),
        ({"token_use": None}, "kind"),
        ({"token_use": ["access"]}, "kind"),
        ({"client_id": "svc1"}, "scope"),
        ({"client_id": "svc1", "scope": "tbi/service2 openid"}, "scope"),
    ],
)
def test_tokens_wrong_claims_are_refused_with_the_reason(
    verifier: TokenVerifier, changes: dict[str, Any], why: str
) -> None:
    assert re.search(why, reason(verifier, PAIR.token(claims(**changes))))


def test_tokens_an_id_token_counts_by_its_audience_only(verifier: TokenVerifier) -> None:
    assert "another client" in reason(verifier, PAIR.token(id_claims(aud="other", client_id="portal")))
    assert "another client" in reason(verifier, PAIR.token(id_claims(aud=["portal"])))
    assert "scope" in reason(verifier, PAIR.token(id_claims(aud="svc1", scope="tbi/service")))


def test_tokens_an_id_token_is_refused_where_an_access_token_is_needed() -> None:
    strict = TokenVerifier(POOL, KeySet(lambda: {"keys": [PAIR.jwk]}), uses=frozenset({"access"}))
    assert strict.verify(PAIR.token(claims())).username == "seller"
    assert "show the access token" in reason(strict, PAIR.token(id_claims()))
    other = TokenVerifier(POOL, KeySet(lambda: {"keys": [PAIR.jwk]}), uses=frozenset({"id"}))
    assert "show the id token" in reason(other, PAIR.token(claims()))
    assert other.verify(PAIR.token(claims(client_id="svc1", scope="tbi/service"))).service == "mastr-connector"


def test_tokens_a_little_unequal_clocks_do_no_harm(verifier: TokenVerifier) -> None:
    now = int(time.time())
    assert verifier.verify(PAIR.token(claims(exp=now - 20))).sub == "sub-1"
    assert verifier.verify(PAIR.token(claims(iat=now + 20))).sub == "sub-1"


def test_tokens_a_service_has_a_name_and_no_groups(verifier: TokenVerifier) -> None:
    token = PAIR.token(claims(client_id="svc1", scope="openid tbi/service", **{"cognito:groups": ["Admin"]}))
    found = verifier.verify(token)
    assert (found.service, found.groups) == ("mastr-connector", frozenset())


def _alg_none() -> str:
    return f"{_part({'alg': 'none', 'kid': 'key-1'})}.{_part(claims())}."


def _hs256(secret: bytes, alg: str = "HS256") -> str:
    signed = f"{_part({'alg': alg, 'kid': 'key-1', 'typ': 'JWT'})}.{_part(claims())}"
    return f"{signed}.{_b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _public(encoding: serialization.Encoding) -> bytes:
    return PAIR.key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


ATTACKS: dict[str, Callable[[], str]] = {
    "alg_none": _alg_none,
    "alg_none_in_capitals": lambda: _alg_none().replace(_part({"alg": "none", "kid": "key-1"}), _part({"alg": "NONE"})),
    "no_signature": lambda: PAIR.token(claims()).rsplit(".", 1)[0] + ".",
    "hs256_with_the_public_pem": lambda: _hs256(_public(serialization.Encoding.PEM)),
    "hs256_with_the_public_der": lambda: _hs256(_public(serialization.Encoding.DER)),
    "hs256_with_the_modulus": lambda: _hs256(PAIR.jwk["n"].encode()),
    "hs256_with_the_jwk": lambda: _hs256(json.dumps(PAIR.jwk).encode()),
    "hs256_said_to_be_rs256": lambda: _hs256(_public(serialization.Encoding.PEM), "RS256"),
    "another_pair_under_our_kid": lambda: STRANGER.token(claims()),
    "key_in_the_token": lambda: STRANGER.token(claims(), jwk=STRANGER.jwk),
    "key_at_an_address": lambda: STRANGER.token(claims(), jku="http://evil.example/jwks.json"),
    "critical_header": lambda: PAIR.token(claims(), crit=["exp"]),
    "ps256": lambda: PAIR.token(claims(), alg="PS256"),
    "rs512": lambda: PAIR.token(claims(), alg="RS512"),
    "kid_is_a_path": lambda: PAIR.token(claims(), kid="../../dev/null"),
    "kid_is_a_number": lambda: PAIR.token(claims(), kid=1),
    "kid_is_missing": lambda: PAIR.token(claims(), kid=None),
    "kid_is_endless": lambda: PAIR.token(claims(), kid="k" * 300),
    "claims_changed": lambda: _with_claims(PAIR.token(claims()), claims(**{"cognito:groups": ["Admin"]})),
    "claims_are_a_list": lambda: _with_claims(PAIR.token(claims()), ["a"]),
    "too_long": lambda: PAIR.token(claims(note="x" * 8000)),
    "two_parts": lambda: "a.b",
    "five_parts": lambda: "a.b.c.d.e",
    "not_ascii": lambda: "ä.ö.ü",
    "nothing_but_dots": lambda: "..",
}


def _with_claims(token: str, content: Any) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{_part(content)}.{signature}"


@pytest.mark.parametrize("attack", ATTACKS)
def test_tokens_forged_ones_are_refused(verifier: TokenVerifier, attack: str) -> None:
    assert reason(verifier, ATTACKS[attack]())


@given(st.text(max_size=300))
def test_tokens_no_text_is_an_error_of_ours(text: str) -> None:
    keys = KeySet(lambda: {"keys": [PAIR.jwk]})
    assert reason(TokenVerifier(POOL, keys), text)


class Provider:
    """A pool's JWK set that counts how often it is read, and may be away."""

    def __init__(self, *entries: Any) -> None:
        self.entries: list[Any] = list(entries)
        self.reads = 0
        self.away = False
        self.now = 1000.0

    def read(self) -> Any:
        self.reads += 1
        if self.away:
            raise ConnectionError("away")
        return {"keys": self.entries}

    def keys(self, kept: KeptKeys | None = None) -> KeySet:
        return KeySet(
            self.read, clock=lambda: self.now, max_age_s=3600, pause_s=10, unknown_s=300, max_unknown=50, kept=kept
        )


def test_tokens_keys_are_read_once_and_again_after_an_hour() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert all(keys.find("key-1") for _ in range(100))
    assert provider.reads == 1
    provider.now += 3601
    assert keys.find("key-1")
    assert provider.reads == 2


def test_tokens_a_flood_of_unknown_kids_causes_no_flood_of_reads() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert [keys.find(f"made-up-{number}") for number in range(5000)] == [None] * 5000
    assert provider.reads == 1
    provider.now += 11
    assert keys.find("made-up-4999") is None
    assert provider.reads == 1, "an id that was not there is not asked for again for five minutes"
    assert keys.find("made-up-x") is None
    assert provider.reads == 2
    for number in range(5000):
        provider.now += 10
        keys.find(f"slow-{number}")
    assert len(keys._unknown) <= 50


def test_tokens_a_new_key_is_found_soon_after_a_rotation() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert keys.find("key-1")
    fresh = Signer("key-2")
    provider.entries = [fresh.jwk]
    provider.now += 11
    assert keys.find("key-2")
    assert keys.find("key-1") is None, "a key that the pool took back counts no more"


def test_tokens_known_keys_stay_while_the_pool_is_away() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert keys.find("key-1")
    provider.away = True
    provider.now += 30 * 86_400
    assert keys.find("key-1")
    assert keys.find("key-1")
    assert provider.reads == 2, "and it is not asked for by every call"


def test_tokens_without_any_key_it_is_503_and_not_401() -> None:
    provider = Provider(PAIR.jwk)
    provider.away = True
    verifier = TokenVerifier(POOL, provider.keys())
    for _ in range(3):
        with pytest.raises(Problem) as refusal:
            verifier.verify(PAIR.token(claims()))
        assert refusal.value.status == 503
    assert provider.reads == 1
    provider.away = False
    provider.now += 11
    assert verifier.verify(PAIR.token(claims())).username == "seller"


def test_tokens_keys_outlive_a_restart_while_the_pool_is_away(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    provider = Provider(PAIR.jwk)
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    assert file.stat().st_mode & 0o077 == 0
    provider.away = True
    keys = provider.keys(KeptKeys(file, "one"))
    assert keys.find("key-1")
    assert keys.find("key-1")
    assert provider.reads == 2, "the pool is asked first, and not by every call"
    with pytest.raises(JwksUnavailable):
        keys.find("key-2")  # it may be a new one, which nobody can say now
    with pytest.raises(JwksUnavailable):
        provider.keys(KeptKeys(file, "another")).find("key-1")


def test_tokens_kept_keys_follow_a_rotation(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    provider = Provider(PAIR.jwk)
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    written = file.stat().st_ino
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    assert file.stat().st_ino == written, "the same set is not written again"
    provider.entries = [Signer("key-2").jwk]
    keys = provider.keys(KeptKeys(file, "one"))
    assert keys.find("key-1") is None, "a key that the pool took back counts no more"
    provider.away = True
    again = provider.keys(KeptKeys(file, "one"))
    assert again.find("key-2")
    with pytest.raises(JwksUnavailable):
        again.find("key-1")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source": "one", "jwks": 7}', '{"source": "one", "jwks": {"keys"'])
def test_tokens_a_torn_file_of_kept_keys_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    provider = Provider(PAIR.jwk)
    provider.away = True
    with pytest.raises(JwksUnavailable):
        provider.keys(KeptKeys(file, "one")).find("key-1")
    provider.away = False
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    provider.away = True
    assert provider.keys(KeptKeys(file, "one")).find("key-1")


def test_tokens_without_a_place_for_them_keys_are_still_found(tmp_path: Path) -> None:
    assert Provider(PAIR.jwk).keys(KeptKeys(tmp_path / "no/such/folder.json", "one")).find("key-1")


@pytest.mark.parametrize(
    "entry",
    [
        {**PAIR.jwk, "kty": "oct", "k": "c2VjcmV0"},
        {**PAIR.jwk, "use": "enc"},
        {**PAIR.jwk, "alg": "HS256"},
        {**PAIR.jwk, "kid": 7},
        {**PAIR.jwk, "n": "!"},
        {"kty": "RSA", "kid": "key-1"},
        "-----BEGIN PUBLIC KEY-----",
        None,
    ],
)
def test_tokens_what_is_no_rsa_signature_key_is_left_out(entry: Any) -> None:
    keys = Provider(entry, Signer("good").jwk).keys()
    assert keys.find("good")
    assert keys.find("key-1") is None


@pytest.mark.parametrize("document", [None, [], {"keys": "x"}, "text"])
def test_tokens_what_is_no_key_set_does_not_replace_one(document: Any) -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert keys.find("key-1")
    keys._read = lambda: document
    provider.now += 4000
    assert keys.find("key-1")


class _Routes:
    @staticmethod
    def client(verifier: TokenVerifier) -> FlaskClient:
        frame = create_service("thing", base_path="/thing", description="Things", guard=TokenGuard(verifier))
        v1 = frame.v1

        @v1.route("/open")
        class Open(Resource):
            @groups(ANYONE)
            def get(self) -> dict[str, Any]:
                """Open."""
                return {"open": True}

        @v1.route("/admin")
        class Admin(Resource):
            @groups("Admin", SERVICE)
            def get(self) -> dict[str, Any]:
                """For administrators and services."""
                return {"who": caller().username}

            @v1.doc(description="All")
            @groups("Admin", "User", "EVU")
            @v1.response(201, "Made")
            def post(self) -> dict[str, Any]:
                """For all."""
                return {"who": caller().sub}

        @v1.route("/forgotten")
        class Forgotten(Resource):
            def get(self) -> dict[str, Any]:
                """Nobody said who may."""
                return {}

        client = frame.app.test_client()
        client.application.extensions["frame"] = frame
        return client


@pytest.fixture
def client(verifier: TokenVerifier) -> Iterator[FlaskClient]:
    with _Routes.client(verifier) as client:
        yield client


def bearer(**changes: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {PAIR.token(claims(**changes))}"}


ADMIN = {"cognito:groups": ["Admin"]}
OF_A_SERVICE = {"client_id": "svc1", "scope": "tbi/service"}


@pytest.mark.parametrize(
    ("method", "path", "who", "status"),
    [
        ("GET", "/open", None, 200),
        ("GET", "/admin", None, 401),
        ("GET", "/admin", {}, 403),
        ("GET", "/admin", ADMIN, 200),
        ("HEAD", "/admin", {}, 403),
        ("HEAD", "/admin", ADMIN, 200),
        ("GET", "/admin", OF_A_SERVICE, 200),
        ("POST", "/admin", {}, 200),
        ("POST", "/admin", OF_A_SERVICE, 403),
        ("POST", "/admin", {"cognito:groups": []}, 403),
        ("PUT", "/admin", ADMIN, 405),
        ("OPTIONS", "/admin", None, 405),
        ("GET", "/forgotten", ADMIN, 403),
        ("GET", "/forgotten", OF_A_SERVICE, 403),
        ("GET", "/health", None, 200),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_tokens_a_route_lets_pass_whom_it_names(
    client: FlaskClient, method: str, path: str, who: dict[str, Any] | None, status: int
) -> None:
    answer = client.open(f"/thing/api/v1{path}", method=method, headers={} if who is None else bearer(**who))
    assert answer.status_code == status
    if status in (401, 403) and method != "HEAD":
        assert answer.content_type == "application/problem+json"


def test_tokens_the_caller_is_the_one_of_the_request(client: FlaskClient) -> None:
    for name in ("one", "two"):
        answer = client.get("/thing/api/v1/admin", headers=bearer(username=name, **ADMIN))
        assert answer.get_json() == {"who": name}


def test_tokens_the_document_says_who_may(client: FlaskClient) -> None:
    document = document_of(client.application.extensions["frame"])
    paths = document["paths"]
    assert paths["/api/v1/admin"]["get"]["x-groups"] == ["Admin", "service"]
    assert paths["/api/v1/admin"]["post"]["x-groups"] == ["Admin", "EVU", "User"]
    assert paths["/api/v1/open"]["get"]["security"] == []
    assert "security" not in paths["/api/v1/admin"]["get"]


@pytest.mark.parametrize("wrong", [(), ("admin",), ("Admin", "Nobody")])
def test_tokens_a_group_that_is_none_is_seen_at_once(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no groups"):
        groups(*wrong)


def test_tokens_the_pool_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "identity.json"
    told = {
        "issuer": "i",
        "jwks_url": "j",
        "portal_client_id": "p",
        "machine_client_id": "m",
        "service_client_ids": {"mastr-connector": "s"},
        "service_scope": "tbi/service",
    }
    file.write_text(json.dumps(told))
    assert read_pool(file) == Pool("i", "j", frozenset({"p", "m"}), {"s": "mastr-connector"}, "tbi/service")
    for mode, required in (("optional", False), ("required", True), ("a word of tomorrow", True)):
        file.write_text(json.dumps({**told, "second_factor": mode}))
        assert read_pool(file).second_factor_required is required
    for wrong in ("", "[]", "{}", json.dumps({**told, "service_client_ids": []})):
        file.write_text(wrong)
        with pytest.raises(ConfigurationError, match="TBI_IDENTITY_FILE"):
            read_pool(file)


@pytest.mark.parametrize("make", [claims, id_claims])
def test_tokens_where_a_second_factor_is_required_they_must_say_it(make: Any) -> None:
    strict = TokenVerifier(replace(POOL, second_factor_required=True), KeySet(lambda: {"keys": [PAIR.jwk]}))
    for value in (BY_KEY, BY_MACHINE):
        assert strict.verify(PAIR.token(make(**{CLAIM: value}))).second_factor == value
    for value in (None, "", "password", True, [BY_KEY]):
        with pytest.raises(Problem) as refusal:
            strict.verify(PAIR.token(make(**{CLAIM: value})))
        assert refusal.value.status == 401
        assert 'error="insufficient_user_authentication"' in refusal.value.headers["WWW-Authenticate"]
    assert strict.verify(PAIR.token(claims(**OF_A_SERVICE, username=None))).service == "mastr-connector"


def test_tokens_tell_the_second_factor_where_it_is_optional(verifier: TokenVerifier) -> None:
    assert verifier.verify(PAIR.token(claims())).second_factor is None
    assert verifier.verify(PAIR.token(claims(**{CLAIM: BY_KEY}))).second_factor == BY_KEY

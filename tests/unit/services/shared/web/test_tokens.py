"""What a token says decides who calls; the same attacks with the emulation's own tokens: tests/integration."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.shared.second_factor import BY_KEY, BY_MACHINE, CLAIM
from services.shared.web import ConfigurationError, Problem
from services.shared.web.tokens import KeySet, Pool, TokenVerifier, read_pool
from tests.unit.services.shared.web.own_tokens import OF_A_SERVICE, PAIR, POOL, claims, id_claims, reason


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

"""Forged and broken tokens are refused, whatever they claim."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from services.shared.web.tokens import KeySet, TokenVerifier
from tests.unit.services.shared.web.own_tokens import PAIR, POOL, STRANGER, b64, claims, part, reason


def _alg_none() -> str:
    return f"{part({'alg': 'none', 'kid': 'key-1'})}.{part(claims())}."


def _hs256(secret: bytes, alg: str = "HS256") -> str:
    signed = f"{part({'alg': alg, 'kid': 'key-1', 'typ': 'JWT'})}.{part(claims())}"
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _public(encoding: serialization.Encoding) -> bytes:
    return PAIR.key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


ATTACKS: dict[str, Callable[[], str]] = {
    "alg_none": _alg_none,
    "alg_none_in_capitals": lambda: _alg_none().replace(part({"alg": "none", "kid": "key-1"}), part({"alg": "NONE"})),
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
    return f"{header}.{part(content)}.{signature}"


@pytest.mark.parametrize("attack", ATTACKS)
def test_tokens_forged_ones_are_refused(verifier: TokenVerifier, attack: str) -> None:
    assert reason(verifier, ATTACKS[attack]())


@given(st.text(max_size=300))
def test_tokens_no_text_is_an_error_of_ours(text: str) -> None:
    keys = KeySet(lambda: {"keys": [PAIR.jwk]})
    assert reason(TokenVerifier(POOL, keys), text)

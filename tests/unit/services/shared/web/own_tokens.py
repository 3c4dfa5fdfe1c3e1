"""Tokens with keys of our own: who signs them, what they say, how a refusal reads."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from services.shared.web import Problem
from services.shared.web.tokens import Pool, TokenVerifier

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
        signed = f"{part({'alg': 'RS256', 'kid': self.kid, **header})}.{part(claims)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{b64(signature)}"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(content: dict[str, Any]) -> str:
    return b64(json.dumps(content).encode())


def _number(number: int) -> str:
    return b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


PAIR, STRANGER = Signer("key-1"), Signer("key-1")


def claims(**changes: Any) -> dict[str, Any]:
    """Of an access token; None leaves one out."""
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


def reason(verifier: TokenVerifier, token: str) -> str:
    """Why it is refused."""
    with pytest.raises(Problem) as refusal:
        verifier.verify(token)
    assert refusal.value.status == 401
    assert 'error="invalid_token"' in refusal.value.headers["WWW-Authenticate"]
    return refusal.value.detail


ADMIN = {"cognito:groups": ["Admin"]}
OF_A_SERVICE = {"client_id": "svc1", "scope": "tbi/service"}

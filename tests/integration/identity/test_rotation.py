"""The pool's signing keys are rotated: nobody has to sign in anew, and no service is started anew."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jose import jwt

from services.shared.web.tokens import KeySet, TokenVerifier
from tests.integration.identity.pool import Identity
from tests.integration.identity.test_tokens import Door, _service


def _b64(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


@dataclass
class Pool:
    """The real pool's keys, and those that it takes on and puts away; `reads` counts how often somebody asked."""

    published: list[dict[str, Any]]
    reads: int = 0
    now: float = 0.0
    private: dict[str, str] = field(default_factory=dict)

    def fetch(self) -> dict[str, Any]:
        self.reads += 1
        return {"keys": list(self.published)}

    def take_on(self, kid: str) -> None:
        made = rsa.generate_private_key(65537, 2048)
        kind = serialization.PrivateFormat.PKCS8
        pem = made.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
        numbers = made.public_key().public_numbers()
        self.private[kid] = pem.decode()
        told = {"kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": _b64(numbers.n), "e": _b64(numbers.e)}
        self.published.append(told)

    def signed(self, token: str, kid: str, **changes: Any) -> str:
        """The token as the pool signs with that key."""
        claims = {**jwt.get_unverified_claims(token), **changes}
        return str(jwt.encode(claims, self.private[kid], "RS256", headers={"kid": kid}))


@pytest.fixture
def pool(identity: Identity) -> Pool:
    return Pool(list(Door(identity).published))


@pytest.fixture
def door(identity: Identity, pool: Pool) -> Door:
    made = Door(identity)
    made.client = _service(TokenVerifier(made.pool, KeySet(pool.fetch, clock=lambda: pool.now)))
    return made


def test_rotation_old_tokens_hold_and_new_ones_are_taken_by_themselves(door: Door, pool: Pool) -> None:
    old = door.identity.tokens("seller")["AccessToken"]
    assert (door.status(old), pool.reads) == (200, 1)
    pool.take_on("key-of-2027")
    pool.now += 11
    new = pool.signed(old, "key-of-2027")
    assert (door.status(new), pool.reads) == (200, 2), "an id that is not known is asked for, once"
    assert (door.status(old), door.status(new), pool.reads) == (200, 200, 2), "both hold, without another question"


def test_rotation_a_token_of_the_old_key_runs_out_with_its_own_hour(door: Door, pool: Pool) -> None:
    old = door.identity.tokens("seller")["AccessToken"]
    pool.take_on("key-of-2027")
    assert door.status(old) == 200
    assert door.status(pool.signed(old, "key-of-2027", exp=int(time.time()) - 60)) == 401


def test_rotation_a_key_that_was_put_away_signs_nothing_any_more(door: Door, pool: Pool) -> None:
    """As after a theft: its tokens end when the kept keys are an hour old, at the latest."""
    old = door.identity.tokens("seller")["AccessToken"]
    pool.take_on("key-of-2027")
    new = pool.signed(old, "key-of-2027")
    assert (door.status(old), door.status(new)) == (200, 200)
    gone = jwt.get_unverified_header(old)["kid"]
    pool.published = [key for key in pool.published if key["kid"] != gone]
    pool.now += 3601
    assert door.status(new) == 200
    assert door.status(old) == 401

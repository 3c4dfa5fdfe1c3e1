"""Whose signature it is: the key that has made it, recovered (SEC 1, 4.1.6), on secp256k1 (K1) and on P-256 (R1).

A signature that recovers a key is one by that key: no second check is needed.
"""

from __future__ import annotations

from typing import Final

import coincurve
from Crypto.PublicKey import ECC

from auditor.settlement.wire import WireError, from_text, k1_public_key, r1_public_key

_PRIME: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_BASE: Final = ECC.construct(
    curve="P-256",
    point_x=0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    point_y=0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
).pointQ
_HEADER: Final = 31  # of a signature with a compressed key; plus the recovery id, 0 to 3


def recovered(signature: str, digest: bytes) -> str:
    """The `PUB_...` that has signed the digest (32 bytes). Raises WireError when no key can have."""
    kind, body = from_text("SIG", signature)
    place = body[0] - _HEADER
    if not 0 <= place <= 3:
        raise WireError(f"{signature[:12]!r} is no signature by a compressed key")
    return _k1(body, digest) if kind == "K1" else _r1(body, digest)


def _k1(body: bytes, digest: bytes) -> str:
    try:
        key = coincurve.PublicKey.from_signature_and_message(body[1:] + bytes([body[0] - _HEADER]), digest, hasher=None)
    except Exception as error:  # the library has no type of its own for a signature that recovers no key
        raise WireError("a signature of K1 from which no key follows") from error
    return k1_public_key(key.format())


def _r1(body: bytes, digest: bytes) -> str:
    """With r and s, and R the point that r is the x of: the key is (s R - e G) / r."""
    place, r, s = body[0] - _HEADER, int.from_bytes(body[1:33], "big"), int.from_bytes(body[33:], "big")
    x = r + (_ORDER if place & 2 else 0)
    if not (0 < r < _ORDER and 0 < s <= _ORDER // 2 and x < _PRIME):
        raise WireError("a signature of R1 whose numbers are out of range")
    square = (x * x * x - 3 * x + _B) % _PRIME
    y = pow(square, (_PRIME + 1) // 4, _PRIME)
    if y * y % _PRIME != square:
        raise WireError("a signature of R1 from which no key follows")
    if y & 1 != place & 1:
        y = _PRIME - y
    inverse = pow(r, -1, _ORDER)
    digest_number = int.from_bytes(digest, "big")
    point = ECC.construct(curve="P-256", point_x=x, point_y=y).pointQ
    key = point * (s * inverse % _ORDER) + _BASE * (-digest_number * inverse % _ORDER)
    if key.is_point_at_infinity():
        raise WireError("a signature of R1 from which no key follows")
    return r1_public_key(bytes([2 + (int(key.y) & 1)]) + int(key.x).to_bytes(32, "big"))

"""Whether a key has signed a digest: P-256 (R1) by `cryptography`, secp256k1 (K1) by `coincurve`."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import coincurve
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from auditor.settlement.wire import from_text

_ORDER_R1: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HEX: Final = re.compile(r"[0-9a-f]{128}", re.ASCII)
_HEADER: Final = 31  # of a signature with a compressed key; plus the recovery id, 0 to 3


def signed_by(key: str, signature: str, digest: bytes) -> bool:
    """`key` is a `PUB_...`, `signature` a `SIG_...` text, the digest has 32 bytes. Raises WireError for text that
    is no such thing; keys and signatures of WebAuthn sign nothing here."""
    (kind, point), (other, body) = from_text("PUB", key), from_text("SIG", signature)
    if kind != other or not 0 <= body[0] - _HEADER <= 3:
        return False
    if kind == "K1":
        return _k1(point, body, digest)
    return kind == "R1" and _r1(point, int.from_bytes(body[1:33], "big"), int.from_bytes(body[33:], "big"), digest)


def _k1(point: bytes, body: bytes, digest: bytes) -> bool:
    try:
        recovered = coincurve.PublicKey.from_signature_and_message(
            body[1:] + bytes([body[0] - _HEADER]), digest, hasher=None
        )
    except Exception:  # the library has no type of its own for a signature that recovers no key
        return False
    return recovered.format() == point


def es256(der: bytes) -> str:
    """An ECDSA signature in DER (RFC 3279) as r and s in hex, with the lower of the two s that are valid."""
    r, s = decode_dss_signature(der)
    return (r.to_bytes(32, "big") + min(s, _ORDER_R1 - s).to_bytes(32, "big")).hex()


def es256_holds(key: str, signature: str, data: bytes) -> bool:
    """Whether `key` (`PUB_R1_...`) has signed the data. Raises WireError for a text that is no key."""
    kind, point = from_text("PUB", key)
    if kind != "R1" or not _HEX.fullmatch(signature):
        return False
    r, s = int(signature[:64], 16), int(signature[64:], 16)
    return _r1(point, r, s, hashlib.sha256(data).digest())


def _r1(point: bytes, r: int, s: int, digest: bytes) -> bool:
    if s > _ORDER_R1 // 2:
        return False
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except (InvalidSignature, ValueError):
        return False
    return True

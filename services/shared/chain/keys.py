"""Keys and signatures of the chain: text and binary forms, low S, recovery id.

Text (both curves): `PUB_R1_` + base58(body + ripemd160(body + "R1")[:4]), likewise `SIG_`, `PVT_` and `K1`; keys and
signatures of type `WA` (WebAuthn) are carried, never made. Binary: a type byte (0 K1, 1 R1, 2 WA), then the body.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, Literal

import base58
from Crypto.Hash import RIPEMD160
from cryptography.hazmat.primitives.asymmetric import ec

from services.shared.chain.errors import KeyFormatError

Kind = Literal["PUB", "SIG", "PVT"]
TYPES: Final = ("K1", "R1", "WA")
_LENGTHS: Final = {"PUB": 33, "SIG": 65, "PVT": 32}

# NIST P-256 (FIPS 186-4, D.1.2.3): field, coefficients, order.
P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
A: Final = P - 3
B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
N: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Point = tuple[int, int]
_FOREIGN: Final = "the signature does not belong to this key and digest"


def _checksum(body: bytes, suffix: str) -> bytes:
    return RIPEMD160.new(body + suffix.encode()).digest()[:4]


def to_text(kind: Kind, key_type: str, body: bytes) -> str:
    """`PUB_R1_...` and the like from a body without its type byte."""
    return f"{kind}_{key_type}_{base58.b58encode(body + _checksum(body, key_type)).decode()}"


def from_text(kind: Kind, text: str) -> tuple[str, bytes]:
    """(key type, body). Raises KeyFormatError, also for a bad checksum. `EOS...` and WIF are read as K1."""
    if kind == "PUB" and text.startswith("EOS"):
        return "K1", _decode(text[3:], "", kind, "K1")
    if kind == "PVT" and text[:1] == "5":
        return "K1", _from_wif(text)
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != kind or parts[1] not in TYPES:
        raise KeyFormatError(f"{text[:12]!r} is not a {kind}_K1_, {kind}_R1_ or {kind}_WA_ text")
    return parts[1], _decode(parts[2], parts[1], kind, parts[1])


def _decode(text: str, suffix: str, kind: Kind, key_type: str) -> bytes:
    try:
        raw: bytes = base58.b58decode(text)
    except ValueError as error:
        raise KeyFormatError(f"not base58: {error}") from error
    body = raw[:-4]
    if raw[-4:] != _checksum(body, suffix):
        raise KeyFormatError("the checksum is wrong")
    if len(body) < _LENGTHS[kind] or (key_type != "WA" and len(body) != _LENGTHS[kind]):
        raise KeyFormatError(f"a {kind}_{key_type} has {_LENGTHS[kind]} bytes, not {len(body)}")
    return body


def _from_wif(text: str) -> bytes:
    try:
        raw: bytes = base58.b58decode_check(text)
    except ValueError as error:
        raise KeyFormatError(f"not a WIF private key: {error}") from error
    if len(raw) != 33 or raw[0] != 0x80:
        raise KeyFormatError("not a WIF private key of the main net")
    return raw[1:]


def to_binary(kind: Kind, text: str) -> bytes:
    """The form inside actions and transactions."""
    key_type, body = from_text(kind, text)
    return bytes([TYPES.index(key_type)]) + body


def compressed(point: Point) -> bytes:
    """SEC 1, 2.3.3."""
    x, y = point
    return bytes([2 + (y & 1)]) + x.to_bytes(32, "big")


def decompressed(data: bytes) -> Point:
    """The P-256 point of 33 bytes. Raises KeyFormatError when there is none."""
    x = int.from_bytes(data[1:], "big")
    if len(data) != 33 or data[0] not in (2, 3) or x >= P:
        raise KeyFormatError("not a compressed point")
    y = _root(x)
    return (x, y) if y & 1 == data[0] & 1 else (x, P - y)


def _root(x: int) -> int:
    square = (x * x * x + A * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        raise KeyFormatError("no point of P-256 has this x")
    return y


def r1_public_key(key: ec.EllipticCurvePublicKey) -> str:
    """`PUB_R1_...` of a P-256 key."""
    numbers = key.public_numbers()
    return to_text("PUB", "R1", compressed((numbers.x, numbers.y)))


@lru_cache(maxsize=64)
def r1_public_point(text: str) -> Point:
    key_type, body = from_text("PUB", text)
    if key_type != "R1":
        raise KeyFormatError(f"an R1 key is needed, this is {key_type}")
    return decompressed(body)


def r1_signature(r: int, s: int, digest: bytes, public_key: str) -> str:
    """`SIG_R1_...` for what a P-256 signer made of a 32-byte digest.

    The node wants low S and can only recover the key with the right recovery id; finding the id also verifies the
    signature, so a wrong one raises KeyFormatError here and never leaves.
    """
    e = int.from_bytes(digest, "big") % N
    if not (0 < r < N and 0 < s < N and e):
        raise KeyFormatError("r, s or the digest is 0 or lies outside of the curve's order")
    s = min(s, N - s)
    x, y = _nonce_point(r, s, e, r1_public_point(public_key))
    recovery_id = (y & 1) | (2 if x >= N else 0)
    body = bytes([27 + 4 + recovery_id]) + r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return to_text("SIG", "R1", body)


def _nonce_point(r: int, s: int, e: int, public: Point) -> Point:
    """R = (e/s)G + (r/s)Q, whose x is r when the signature is good. Raises KeyFormatError when it is not.

    Both products are OpenSSL's. Its ECDH gives only the x of the second one, B. With A = (e/s)G and R = A + B, the sum
    formula (SEC 1, 2.2.1) gives B's y without a square root: (xR + xA + xB)(xB - xA)^2 = (yB - yA)^2, where yB^2 is
    known from the curve. That the y found is a root of it proves that R's x is r.
    """
    inverse = pow(s, -1, N)
    x_b = _product_x(r * inverse % N, public)
    x_a, y_a = _base_product(e * inverse % N)
    distance = (x_b - x_a) % P
    if not distance:  # A is B or its opposite
        return _nonce_point_by_root(r, (x_a, y_a), x_b)
    square_b = (x_b * x_b * x_b + A * x_b + B) % P
    both = pow(2 * y_a * distance, -1, P)  # one inversion for two denominators
    for x in (r, r + N):
        y_b = (y_a * y_a + square_b - (x + x_a + x_b) * distance * distance) * both * distance % P
        if x < P and y_b * y_b % P == square_b:
            return x, ((y_b - y_a) * both * 2 * y_a * (x_a - x) - y_a) % P
    raise KeyFormatError(_FOREIGN)


def _nonce_point_by_root(r: int, a: Point, x_b: int) -> Point:
    root = _root(x_b)
    for y in (root, P - root):
        candidate = _add(a, (x_b, y))
        if candidate is not None and candidate[0] % N == r:
            return candidate
    raise KeyFormatError(_FOREIGN)


def _base_product(factor: int) -> Point:
    numbers = ec.derive_private_key(factor, ec.SECP256R1()).public_key().public_numbers()
    return numbers.x, numbers.y


def _product_x(factor: int, point: Point) -> int:
    shared = ec.derive_private_key(factor, ec.SECP256R1()).exchange(ec.ECDH(), _openssl_key(point))
    return int.from_bytes(shared, "big")


@lru_cache(maxsize=64)
def _openssl_key(point: Point) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicNumbers(*point, ec.SECP256R1()).public_key()


def _add(a: Point, b: Point) -> Point | None:
    """a + b; None is the point at infinity."""
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] + A) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def is_canonical(signature: bytes) -> bool:
    """The rule that nodes have for K1 signatures (65 bytes): neither r nor s negative or padded when read as signed."""
    r, s = signature[1:33], signature[33:65]
    return all(not part[0] & 0x80 and not (part[0] == 0 and not part[1] & 0x80) for part in (r, s))


def transaction_digest(chain_id: str, packed_trx: bytes) -> bytes:
    """What is signed: SHA-256 of chain id, packed transaction and the (empty) context-free data's hash."""
    return hashlib.sha256(bytes.fromhex(chain_id) + packed_trx + bytes(32)).digest()

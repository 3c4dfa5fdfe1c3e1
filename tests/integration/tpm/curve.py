"""P-256 in plain Python, written apart from what it checks: key recovery as a node does it (SEC 1, 4.1.6)."""

import hashlib

import base58

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None


def add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    rise, run = (3 * a[0] * a[0] - 3, 2 * a[1]) if a == b else (b[1] - a[1], b[0] - a[0])
    slope = rise * pow(run, -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(factor: int, point: Point) -> Point:
    total: Point = None
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def parts(signature: str) -> tuple[int, int, int]:
    """(recovery id, r, s) of a SIG_R1_ text whose checksum is right."""
    assert signature.startswith("SIG_R1_")
    raw = base58.b58decode(signature[7:])
    assert len(raw) == 69
    assert hashlib.new("ripemd160", raw[:65] + b"R1").digest()[:4] == raw[65:]
    assert 31 <= raw[0] <= 34
    return raw[0] - 31, int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:65], "big")


def recovered(signature: str, digest: bytes) -> str:
    """The PUB_R1_ key that a node recovers from a signature; it refuses a high S."""
    recovery_id, r, s = parts(signature)
    assert 0 < s <= N // 2
    x = r + N * (recovery_id >> 1)
    y = pow(x**3 - 3 * x + B, (P + 1) // 4, P)
    assert y * y % P == (x**3 - 3 * x + B) % P
    if y & 1 != recovery_id & 1:
        y = P - y
    inverse = pow(r, -1, N)
    point = add(times(s * inverse % N, (x, y)), times(-int.from_bytes(digest, "big") * inverse % N, G))
    assert point is not None
    return public_text(*point)


def public_text(x: int, y: int) -> str:
    body = bytes([2 + (y & 1)]) + x.to_bytes(32, "big")
    return "PUB_R1_" + base58.b58encode(body + hashlib.new("ripemd160", body + b"R1").digest()[:4]).decode()

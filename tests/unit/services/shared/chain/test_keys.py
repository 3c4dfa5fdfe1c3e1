"""Text and binary forms of keys and signatures, against vectors that other implementations publish."""

from __future__ import annotations

import hashlib

import pytest
from coincurve import PrivateKey, PublicKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from services.shared.chain import keys
from services.shared.chain.errors import KeyFormatError
from services.shared.chain.key_file import K1Signer

# The development key of EOSIO, and test keys of eosjs.
DEV_WIF = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"
DEV_PVT = "PVT_K1_2bfGi9rYsXQSXXTvJbDAPhHLQUojjaNLomdm3cEJ1XTzMqUt3V"
DEV_OLD = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"
DEV_PUB = "PUB_K1_6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5BoDq63"
R1_PAIRS = [
    (
        "PVT_R1_GrfEfbv5at9kbeHcGagQmvbFLdm6jqEpgE1wsGbrfbZNjpVgT",
        "PUB_R1_4ztaVy8L9zbmzTdpfq5GcaFYwGwXTNmN3qW7qcgHMmfUZhpzQQ",
    ),
    (
        "PVT_R1_wCpPsaY9o8NU9ZsuwaYVQUDkCfj1aWJZGVcmMM6XyYHJVqvqp",
        "PUB_R1_5xawnnr3mWayv2wkiqBGWqu4RQLNJffLSXHiL3BofdY7ortMy4",
    ),
]
DIGEST = hashlib.sha256(b"a digest").digest()


def _r1_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(keys.from_text("PVT", text)[1], "big"), ec.SECP256R1())


def test_k1_forms_of_the_development_key() -> None:
    assert keys.from_text("PVT", DEV_WIF) == keys.from_text("PVT", DEV_PVT)
    assert keys.from_text("PUB", DEV_OLD) == keys.from_text("PUB", DEV_PUB)
    assert K1Signer(keys.from_text("PVT", DEV_WIF)[1]).public_key == DEV_PUB
    assert keys.to_binary("PUB", DEV_OLD)[0] == 0


@pytest.mark.parametrize(("private", "public"), R1_PAIRS)
def test_r1_public_keys(private: str, public: str) -> None:
    assert keys.r1_public_key(_r1_key(private).public_key()) == public
    point = keys.r1_public_point(public)
    assert keys.to_text("PUB", "R1", keys.compressed(point)) == public
    assert keys.to_binary("PUB", public)[0] == 1


@pytest.mark.parametrize(
    "text",
    [
        DEV_PUB[:-1] + "4",
        DEV_PUB.replace("K1", "R1"),
        DEV_PUB.replace("PUB", "SIG"),
        "PUB_K1_" + DEV_PUB[7:30],
        "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CW",
        "PUB_X1_6MRy",
        "PUB_K1_0OIl",
        "",
    ],
)
def test_a_mistyped_public_key_is_refused(text: str) -> None:
    with pytest.raises(KeyFormatError):
        keys.from_text("PUB", text)


@pytest.mark.parametrize("text", ["5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD4", "5", "PVT_K1_abc"])
def test_a_mistyped_private_key_is_refused(text: str) -> None:
    with pytest.raises(KeyFormatError):
        keys.from_text("PVT", text)


def test_a_point_that_is_none_is_refused() -> None:
    with pytest.raises(KeyFormatError):
        keys.decompressed(b"\x02" + (5).to_bytes(32, "big")[:31])
    with pytest.raises(KeyFormatError):
        keys.decompressed(b"\x05" + bytes(32))
    off_curve = next(x for x in range(1, 50) if not _is_on_curve(x))
    with pytest.raises(KeyFormatError):
        keys.decompressed(b"\x02" + off_curve.to_bytes(32, "big"))


def _is_on_curve(x: int) -> bool:
    square = (x**3 + keys.A * x + keys.B) % keys.P
    return pow(square, (keys.P - 1) // 2, keys.P) == 1


def _recover_r1(body: bytes, digest: bytes) -> tuple[int, int] | None:
    """Q = (s/r)R - (e/r)G, in plain arithmetic: what the node does (SEC 1, 4.1.6)."""
    recovery_id, r, s = body[0] - 31, int.from_bytes(body[1:33], "big"), int.from_bytes(body[33:], "big")
    x = r + (keys.N if recovery_id & 2 else 0)
    nonce = keys.decompressed(bytes([2 + (recovery_id & 1)]) + x.to_bytes(32, "big"))
    inverse, e = pow(r, -1, keys.N), int.from_bytes(digest, "big")
    left = _times(s * inverse % keys.N, nonce)
    right = _times(-e * inverse % keys.N, keys._base_product(1))
    if left is None or right is None:
        return left or right
    return keys._add(left, right)


def _times(factor: int, point: tuple[int, int]) -> tuple[int, int] | None:
    result: tuple[int, int] | None = None
    for bit in bin(factor)[2:]:
        result = None if result is None else keys._add(result, result)
        if bit == "1":
            result = point if result is None else keys._add(result, point)
    return result


@given(secret=st.integers(1, keys.N - 1), nonce=st.integers(1, keys.N - 1))
def test_r1_signatures_whose_two_products_are_one_point_are_found_as_well(secret: int, nonce: int) -> None:
    """The sum formula has no denominator then; e = r d makes (e/s)G and (r/s)Q the same."""
    r = keys._base_product(nonce)[0] % keys.N
    e = r * secret % keys.N
    s = 2 * e * pow(nonce, -1, keys.N) % keys.N
    public = keys.r1_public_key(ec.derive_private_key(secret, ec.SECP256R1()).public_key())
    digest = e.to_bytes(32, "big")
    body = keys.from_text("SIG", keys.r1_signature(r, s, digest, public))[1]
    recovered = _recover_r1(body, digest)
    assert recovered is not None
    assert keys.compressed(recovered) == keys.from_text("PUB", public)[1]


DIGESTS = st.binary(min_size=32, max_size=32).filter(lambda d: int.from_bytes(d, "big") % keys.N != 0)


@given(secret=st.integers(1, keys.N - 1), digest=DIGESTS, high=st.booleans())
def test_r1_signatures_have_low_s_and_recover_to_their_key(secret: int, digest: bytes, high: bool) -> None:
    key = ec.derive_private_key(secret, ec.SECP256R1())
    public = keys.r1_public_key(key.public_key())
    r, s = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
    s = max(s, keys.N - s) if high else min(s, keys.N - s)
    key_type, body = keys.from_text("SIG", keys.r1_signature(r, s, digest, public))
    assert key_type == "R1"
    assert int.from_bytes(body[33:], "big") <= keys.N // 2
    assert 31 <= body[0] <= 34
    assert _recover_r1(body, digest) == keys.r1_public_point(public)


def test_an_r1_signature_of_something_else_never_leaves() -> None:
    key = _r1_key(R1_PAIRS[0][0])
    r, s = decode_dss_signature(key.sign(DIGEST, ec.ECDSA(Prehashed(hashes.SHA256()))))
    for wrong in (
        (r, s, bytes(32), R1_PAIRS[0][1]),
        (r, s, DIGEST, R1_PAIRS[1][1]),
        (r ^ 1, s, DIGEST, R1_PAIRS[0][1]),
        (0, s, DIGEST, R1_PAIRS[0][1]),
        (r, s, keys.N.to_bytes(32, "big"), R1_PAIRS[0][1]),
        (r, keys.N, DIGEST, R1_PAIRS[0][1]),
    ):
        with pytest.raises(KeyFormatError):
            keys.r1_signature(*wrong)
    with pytest.raises(KeyFormatError):
        keys.r1_signature(r, s, DIGEST, DEV_PUB)


@given(secret=st.integers(1, 2**250), digest=st.binary(min_size=32, max_size=32))
def test_k1_signatures_are_canonical_and_recover_to_their_key(secret: int, digest: bytes) -> None:
    signer = K1Signer(secret.to_bytes(32, "big"))
    key_type, body = keys.from_text("SIG", signer.sign_digest(digest))
    assert key_type == "K1"
    assert keys.is_canonical(body)
    recovered = PublicKey.from_signature_and_message(body[1:] + bytes([body[0] - 31]), digest, hasher=None)
    assert keys.to_text("PUB", "K1", recovered.format()) == signer.public_key


def test_the_canonical_rule() -> None:
    fine = bytes([31]) + b"\x7f" + bytes(31) + b"\x01" + bytes(31)
    assert keys.is_canonical(fine)
    for place in (1, 33):
        for part in (b"\x80", b"\x00\x7f"):
            assert not keys.is_canonical(fine[:place] + part + fine[place + len(part) :])
    assert keys.is_canonical(fine[:1] + b"\x00\x80" + fine[3:])


def test_k1_signs_again_until_it_is_canonical() -> None:
    """Some digests' first signature is not canonical; none leaves that way."""
    key = PrivateKey((7).to_bytes(32, "big"))
    first = [key.sign_recoverable(bytes([n]) * 32, hasher=None) for n in range(40)]
    raw = [keys.is_canonical(b"\0" + signature) for signature in first]
    assert not all(raw), "the test shows nothing"
    signer = K1Signer(key.secret)
    assert all(keys.is_canonical(keys.from_text("SIG", signer.sign_digest(bytes([n]) * 32))[1]) for n in range(40))


def test_the_digest_binds_the_chain() -> None:
    one = keys.transaction_digest("11" * 32, b"packed")
    assert one == hashlib.sha256(b"\x11" * 32 + b"packed" + bytes(32)).digest()
    assert one != keys.transaction_digest("22" * 32, b"packed")

"""The built-in types, against known bytes, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shared.chain.errors import AbiError, KeyFormatError
from services.shared.chain.wire import PACK, READ, Reader, int_to_name, name_to_int, varuint32

DEV_PUB = "PUB_K1_6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5BoDq63"

KNOWN: list[tuple[str, Any, str]] = [
    ("bool", True, "01"),
    ("int8", -1, "ff"),
    ("uint16", 258, "0201"),
    ("int32", -2, "feffffff"),
    ("uint64", 2**64 - 1, "ff" * 8),
    ("int64", -(2**63), "00" * 7 + "80"),
    ("uint128", 2**100, "00" * 12 + "10000000"),
    ("varuint32", 300, "ac02"),
    ("varint32", -1, "01"),
    ("float64", 1.5, "000000000000f83f"),
    ("float32", 1.5, "0000c03f"),
    ("name", "eosio", "0000000000ea3055"),
    ("name", "eosio.token", "00a6823403ea3055"),
    ("string", "Grüße", "074772c3bcc39f65"),
    ("bytes", "cafe", "02cafe"),
    ("checksum256", "ab" * 32, "ab" * 32),
    ("symbol", "6,EUR", "0645555200000000"),
    ("symbol_code", "EUR", "4555520000000000"),
    ("asset", "1.000000 EUR", "40420f00000000000645555200000000"),
    ("asset", "-0.000001 EUR", "ff" * 8 + "0645555200000000"),
    ("asset", "5 P2X", ""),
    (
        "extended_asset",
        {"quantity": "1.0000 EOS", "contract": "eosio.token"},
        "102700000000000004454f530000000000a6823403ea3055",
    ),
    ("time_point_sec", "2026-11-22T07:00:00", ""),
    ("time_point", "2026-11-22T07:00:00.500", ""),
    ("block_timestamp_type", "2000-01-01T00:00:01.500", "03000000"),
    ("time_point_sec", "1970-01-01T00:01:00", "3c000000"),
]


@pytest.mark.parametrize(("type_name", "value", "expected"), KNOWN)
def test_known_bytes_and_back(type_name: str, value: Any, expected: str) -> None:
    if value == "5 P2X":
        with pytest.raises(AbiError):  # digits are no letters: P2X is written in another way on this chain
            PACK[type_name](value)
        return
    packed = PACK[type_name](value)
    if expected:
        assert packed.hex() == expected
    reader = Reader(packed)
    assert READ[type_name](reader) == value
    assert reader.left == 0


def test_times_are_utc_unless_they_say_otherwise() -> None:
    at = datetime(2026, 11, 22, 7, tzinfo=UTC)
    same = ["2026-11-22T07:00:00", "2026-11-22T07:00:00Z", "2026-11-22T08:00:00+01:00", at, int(at.timestamp())]
    assert len({PACK["time_point_sec"](value) for value in same}) == 1


WRONG: list[tuple[str, Any]] = [
    ("uint8", 256),
    ("uint8", -1),
    ("int8", 128),
    ("uint32", 2**32),
    ("uint64", True),
    ("uint64", 1.5),
    ("uint64", "x"),
    ("varuint32", 2**32),
    ("bool", 2),
    ("name", "Alice"),
    ("name", "abcdefghijklmn"),
    ("name", "abcdefghijklz"),
    ("name", "ends."),
    ("name", 5),
    ("string", 5),
    ("bytes", "abc"),
    ("bytes", 5),
    ("checksum256", "ab"),
    ("symbol", "EUR"),
    ("symbol", "19,EUR"),
    ("symbol", "6,eur"),
    ("asset", "x EUR"),
    ("asset", "1.0"),
    ("asset", str(2**63) + " EUR"),
    ("extended_asset", "1.0 EUR"),
    ("time_point_sec", "noon"),
    ("time_point_sec", "1969-12-31T00:00:00"),
    ("float64", "x"),
]


@pytest.mark.parametrize(("type_name", "value"), WRONG)
def test_what_does_not_fit_is_refused(type_name: str, value: Any) -> None:
    with pytest.raises(AbiError):
        PACK[type_name](value)


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(KeyFormatError):
        PACK["public_key"]("PUB_R1_x")
    with pytest.raises(AbiError):
        READ["public_key"](Reader(b"\x03" + bytes(33)))


def test_keys_in_binary_and_back() -> None:
    assert READ["public_key"](Reader(PACK["public_key"](DEV_PUB))) == DEV_PUB
    assert PACK["public_key"]("EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV") == PACK["public_key"](DEV_PUB)


def test_webauthn_keys_and_signatures_are_carried() -> None:
    key = b"\x02" + b"\x03" * 33 + b"\x01" + b"\x0btbi.example"
    signature = b"\x02" + b"\x1f" * 65 + b"\x03abc" + b"\x02{}"
    for type_name, raw, start in (("public_key", key, "PUB_WA_"), ("signature", signature, "SIG_WA_")):
        text = READ[type_name](Reader(raw + b"rest"))
        assert text.startswith(start)
        assert PACK[type_name](text) == raw


@given(st.integers(0, 2**64 - 1))
def test_every_64_bit_name_comes_back(value: int) -> None:
    assert name_to_int(int_to_name(value)) == value


@given(st.integers(0, 2**32 - 1))
def test_varuint32_comes_back(value: int) -> None:
    assert Reader(varuint32(value)).varuint32() == value


@pytest.mark.parametrize("data", ["ffffffffff01", "ffffffff1f", "80"])
def test_a_varuint32_has_an_end(data: str) -> None:
    with pytest.raises(AbiError):
        Reader(bytes.fromhex(data)).varuint32()


@given(st.sampled_from(sorted(READ)), st.binary(max_size=120))
def test_reading_any_bytes_gives_a_value_or_an_abi_error(type_name: str, data: bytes) -> None:
    try:
        READ[type_name](Reader(data))
    except AbiError:
        return

"""The built-in types of an ABI: JSON value -> bytes and back (eosio, libraries/chain/abi_serializer.cpp).

JSON forms are the node's, with one difference: an integer is always a number here, also beyond 2^32.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.shared.chain import keys
from services.shared.chain.errors import AbiError
from services.shared.chain.primitives import (
    Reader,
    int_to_name,
    integer,
    name_to_int,
    pack_integer,
    prefixed,
    read_integer,
    varuint32,
)

__all__ = ["PACK", "READ", "Reader", "int_to_name", "name_to_int", "prefixed", "varuint32"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK_EPOCH_MS: Final = 946_684_800_000  # 2000-01-01, in slots of 500 ms from there
_SYMBOL_LENGTH: Final = 7


def _pack_varint32(value: Any) -> bytes:
    number = integer(value)
    return varuint32((number << 1 ^ number >> 31) & 0xFFFFFFFF)


def _read_varint32(reader: Reader) -> int:
    raw = reader.varuint32()
    return raw >> 1 ^ -(raw & 1)


def _pack_float(fmt: str) -> Callable[[Any], bytes]:
    def pack(value: Any) -> bytes:
        try:
            return struct.pack(fmt, float(value))
        except (TypeError, ValueError, OverflowError):
            raise AbiError(f"{value!r} is not a number") from None

    return pack


def _read_float(fmt: str, size: int) -> Callable[[Reader], float]:
    return lambda reader: float(struct.unpack(fmt, reader.take(size))[0])


def _pack_bool(value: Any) -> bytes:
    if value not in (True, False):
        raise AbiError(f"{value!r} is not true or false")
    return bytes([bool(value)])


def hex_or_bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise AbiError(f"{value!r:.40} is not a hex string") from None


def _pack_string(value: Any) -> bytes:
    if not isinstance(value, str):
        raise AbiError(f"{value!r} is not a string")
    return prefixed(value.encode())


def _pack_name(value: Any) -> bytes:
    if not isinstance(value, str):
        raise AbiError(f"{value!r} is not a name")
    return name_to_int(value).to_bytes(8, "little")


def _read_name(reader: Reader) -> str:
    return int_to_name(int.from_bytes(reader.take(8), "little"))


def _pack_fixed(size: int) -> Callable[[Any], bytes]:
    def pack(value: Any) -> bytes:
        data = hex_or_bytes(value)
        if len(data) != size:
            raise AbiError(f"{size} bytes wanted, not {len(data)}")
        return data

    return pack


def _read_fixed(size: int) -> Callable[[Reader], str]:
    return lambda reader: reader.take(size).hex()


def _instant(value: Any) -> timedelta:
    """Since the epoch. Text without an offset is UTC, as the node writes it; numbers are seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise AbiError(f"{value!r} is not a time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH


def _iso_ms(milliseconds: int) -> str:
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise AbiError(f"{milliseconds} ms after 1970 is a time without a calendar") from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}"


def _pack_time_point(value: Any) -> bytes:
    return pack_integer(8, True)(_instant(value) // timedelta(microseconds=1))


def _read_time_point(reader: Reader) -> str:
    return _iso_ms(read_integer(8, True)(reader) // 1000)


def _pack_time_point_sec(value: Any) -> bytes:
    return pack_integer(4, False)(_instant(value) // timedelta(seconds=1))


def _read_time_point_sec(reader: Reader) -> str:
    return _iso_ms(read_integer(4, False)(reader) * 1000)[:-4]


def _pack_block_time(value: Any) -> bytes:
    return pack_integer(4, False)((_instant(value) // timedelta(milliseconds=1) - _BLOCK_EPOCH_MS) // 500)


def _read_block_time(reader: Reader) -> str:
    return _iso_ms(read_integer(4, False)(reader) * 500 + _BLOCK_EPOCH_MS)


def _pack_symbol_code(value: Any) -> bytes:
    if not isinstance(value, str) or not (
        0 < len(value) <= _SYMBOL_LENGTH and value.isascii() and value.isupper() and value.isalpha()
    ):
        raise AbiError(f"{value!r} is not a symbol code of 1 to 7 letters A-Z")
    return value.encode().ljust(8, b"\0")


def _read_symbol_code(reader: Reader) -> str:
    return reader.take(8).rstrip(b"\0").decode("ascii", "replace")


def _pack_symbol(value: Any) -> bytes:
    precision, comma, code = str(value).partition(",")
    if not comma or not precision.isdecimal() or int(precision) > 18:
        raise AbiError(f"{value!r} is not a symbol like '6,EUR'")
    return bytes([int(precision)]) + _pack_symbol_code(code)[:7]


def _read_symbol(reader: Reader) -> str:
    raw = reader.take(8)
    return f"{raw[0]},{raw[1:].rstrip(bytes(1)).decode('ascii', 'replace')}"


def _pack_asset(value: Any) -> bytes:
    """'1.000000 EUR': the places after the point are the symbol's precision."""
    number, _, code = str(value).partition(" ")
    whole, _, fraction = number.partition(".")
    try:
        amount = int(whole + fraction)
    except ValueError:
        raise AbiError(f"{value!r} is not an asset like '1.000000 EUR'") from None
    return pack_integer(8, True)(amount) + _pack_symbol(f"{len(fraction)},{code}")


def _read_asset(reader: Reader) -> str:
    amount = read_integer(8, True)(reader)
    precision, _, code = _read_symbol(reader).partition(",")
    places = int(precision)
    digits = str(abs(amount)).rjust(places + 1, "0")
    number = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"{'-' if amount < 0 else ''}{number} {code}"


def _pack_extended_asset(value: Any) -> bytes:
    if not isinstance(value, dict) or set(value) != {"quantity", "contract"}:
        raise AbiError('an extended asset is {"quantity", "contract"}')
    return _pack_asset(value["quantity"]) + _pack_name(value["contract"])


def _pack_key(kind: keys.Kind) -> Callable[[Any], bytes]:
    return lambda value: keys.to_binary(kind, str(value))


def _read_key(kind: keys.Kind) -> Callable[[Reader], str]:
    def read(reader: Reader) -> str:
        index = reader.take(1)[0]
        if index >= len(keys.TYPES):
            raise AbiError(f"{index} is no type of key")
        body = reader.take(33 if kind == "PUB" else 65)
        if keys.TYPES[index] == "WA":
            body += _read_webauthn_rest(kind, reader)
        return keys.to_text(kind, keys.TYPES[index], body)

    return read


def _read_webauthn_rest(kind: keys.Kind, reader: Reader) -> bytes:
    """A key: user presence and rpid. A signature: authenticator data and client data."""
    if kind == "PUB":
        presence = reader.take(1)
        return presence + prefixed(reader.prefixed())
    return prefixed(reader.prefixed()) + prefixed(reader.prefixed())


PACK: Final[dict[str, Callable[[Any], bytes]]] = {
    "bool": _pack_bool,
    **{
        f"{'' if signed else 'u'}int{8 * n}": pack_integer(n, signed)
        for n in (1, 2, 4, 8, 16)
        for signed in (True, False)
    },
    "varint32": _pack_varint32,
    "varuint32": lambda value: varuint32(integer(value)),
    "float32": _pack_float("<f"),
    "float64": _pack_float("<d"),
    "float128": _pack_fixed(16),
    "time_point": _pack_time_point,
    "time_point_sec": _pack_time_point_sec,
    "block_timestamp_type": _pack_block_time,
    "name": _pack_name,
    "bytes": lambda value: prefixed(hex_or_bytes(value)),
    "string": _pack_string,
    "checksum160": _pack_fixed(20),
    "checksum256": _pack_fixed(32),
    "checksum512": _pack_fixed(64),
    "public_key": _pack_key("PUB"),
    "signature": _pack_key("SIG"),
    "symbol": _pack_symbol,
    "symbol_code": _pack_symbol_code,
    "asset": _pack_asset,
    "extended_asset": _pack_extended_asset,
}

READ: Final[dict[str, Callable[[Reader], Any]]] = {
    "bool": lambda reader: reader.take(1) != b"\0",
    **{
        f"{'' if signed else 'u'}int{8 * n}": read_integer(n, signed)
        for n in (1, 2, 4, 8, 16)
        for signed in (True, False)
    },
    "varint32": _read_varint32,
    "varuint32": Reader.varuint32,
    "float32": _read_float("<f", 4),
    "float64": _read_float("<d", 8),
    "float128": _read_fixed(16),
    "time_point": _read_time_point,
    "time_point_sec": _read_time_point_sec,
    "block_timestamp_type": _read_block_time,
    "name": _read_name,
    "bytes": lambda reader: reader.prefixed().hex(),
    "string": lambda reader: reader.prefixed().decode("utf-8", "replace"),
    "checksum160": _read_fixed(20),
    "checksum256": _read_fixed(32),
    "checksum512": _read_fixed(64),
    "public_key": _read_key("PUB"),
    "signature": _read_key("SIG"),
    "symbol": _read_symbol,
    "symbol_code": _read_symbol_code,
    "asset": _read_asset,
    "extended_asset": lambda reader: {"quantity": _read_asset(reader), "contract": _read_name(reader)},
}

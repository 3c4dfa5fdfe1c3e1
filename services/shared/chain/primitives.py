"""The bytes under an ABI's types: a reader, variable-length integers, names, plain integers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from services.shared.chain.errors import AbiError

_NAME_CHARS: Final = ".12345abcdefghijklmnopqrstuvwxyz"
_NAME_LENGTH: Final = 13


class Reader:
    """A position in bytes; every read beyond the end is an AbiError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, size: int) -> bytes:
        end = self._position + size
        if end > len(self._data):
            raise AbiError(f"{size} bytes wanted, {self.left} are left")
        part = self._data[self._position : end]
        self._position = end
        return part

    @property
    def left(self) -> int:
        return len(self._data) - self._position

    def varuint32(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
            shift += 7
            if shift > 28:
                raise AbiError("a varuint32 has at most 5 bytes")
        if value >= 2**32:
            raise AbiError("a varuint32 ends at 2^32")
        return value

    def prefixed(self) -> bytes:
        return self.take(self.varuint32())


def varuint32(value: int) -> bytes:
    if not 0 <= value < 2**32:
        raise AbiError(f"{value} does not fit a varuint32")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def prefixed(data: bytes) -> bytes:
    return varuint32(len(data)) + data


@lru_cache(maxsize=4096)  # a market has some dozen names, and each transaction many
def name_to_int(name: str) -> int:
    """The 64-bit form of an account, action or table name."""
    if len(name) > _NAME_LENGTH or any(c not in _NAME_CHARS for c in name) or name.endswith("."):
        raise AbiError(f"{name!r} is not a name: at most 12 of a-z, 1-5 and dots inside (a 13th is one of 1-5, a-j)")
    value = 0
    for index in range(12):
        value = value << 5 | (_NAME_CHARS.index(name[index]) if index < len(name) else 0)
    last = _NAME_CHARS.index(name[12]) if len(name) == _NAME_LENGTH else 0
    if last > 15:
        raise AbiError(f"{name!r} is not a name: its 13th character is beyond j")
    return value << 4 | last


@lru_cache(maxsize=4096)
def int_to_name(value: int) -> str:
    chars = [_NAME_CHARS[value & 0x0F]]
    value >>= 4
    for _ in range(12):
        chars.append(_NAME_CHARS[value & 0x1F])
        value >>= 5
    return "".join(reversed(chars)).rstrip(".")


def integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise AbiError(f"{value!r} is not an integer")
    try:
        return int(value)
    except ValueError:
        raise AbiError(f"{value!r} is not an integer") from None


def pack_integer(size: int, signed: bool) -> Callable[[Any], bytes]:
    def pack(value: Any) -> bytes:
        try:
            return integer(value).to_bytes(size, "little", signed=signed)
        except OverflowError:
            raise AbiError(f"{value} does not fit {'' if signed else 'u'}int{size * 8}") from None

    return pack


def read_integer(size: int, signed: bool) -> Callable[[Reader], int]:
    return lambda reader: int.from_bytes(reader.take(size), "little", signed=signed)

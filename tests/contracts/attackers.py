"""Contracts that mean harm, a few bytes of WebAssembly each: what an attacker would put on an account of his own."""

from __future__ import annotations

from tests.contracts.translation import name_value

UNREACHABLE = b"\x00"
I64_CONST = b"\x42"
CALL_0 = b"\x10\x00"
END = b"\x0b"


def forwarder(to: str) -> bytes:
    """Whatever it is told, it tells `to` (require_recipient)."""
    return _module(I64_CONST + _signed(name_value(to)) + CALL_0)


def thrower() -> bytes:
    """It fails whatever it is told, and with it the transaction."""
    return _module(UNREACHABLE)


def _module(body: bytes) -> bytes:
    """A module with `apply(receiver, code, action)`, which may call require_recipient as function 0."""
    types = b"\x02" + b"\x60\x01\x7e\x00" + b"\x60\x03\x7e\x7e\x7e\x00"
    imports = b"\x01" + _text("env") + _text("require_recipient") + b"\x00\x00"
    code = b"\x00" + body + END
    return b"\x00asm\x01\x00\x00\x00" + b"".join(
        (
            _section(1, types),
            _section(2, imports),
            _section(3, b"\x01\x01"),
            _section(5, b"\x01\x00\x01"),
            _section(7, b"\x01" + _text("apply") + b"\x00\x01"),
            _section(10, b"\x01" + _unsigned(len(code)) + code),
        )
    )


def _section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + _unsigned(len(content)) + content


def _text(text: str) -> bytes:
    return _unsigned(len(text)) + text.encode()


def _unsigned(value: int) -> bytes:
    """LEB128."""
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _signed(value: int) -> bytes:
    """LEB128 of 64 bits, signed."""
    value = value - 2**64 if value >= 2**63 else value
    out = b""
    while not -64 <= value < 64:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value & 127])

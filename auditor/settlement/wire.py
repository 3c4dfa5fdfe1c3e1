"""The chain's bytes, as far as a settlement needs them: names, keys, Merkle roots, headers, transactions.

Written from eosio's sources (libraries/chain) and sharing nothing with what the services decode with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import base58
from Crypto.Hash import RIPEMD160

_LETTERS: Final = ".12345abcdefghijklmnopqrstuvwxyz"
_CURVES: Final = ("K1", "R1")
_SIZES: Final = {"PUB": 33, "SIG": 65}
_BLOCK_EPOCH_S: Final = 946_684_800  # blocks' times count half seconds from 2000-01-01


class WireError(ValueError):
    """Bytes or a text that are not what they should be."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Reader:
    """A position in bytes. All numbers are little-endian. Raises WireError beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise WireError(f"{size} bytes are needed, {len(part)} are left")
        self._at += size
        return part

    @property
    def position(self) -> int:
        return self._at

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._data)

    def end(self) -> None:
        """Raises WireError when bytes are left."""
        if self._at < len(self._data):
            raise WireError(f"{len(self._data) - self._at} bytes are too many")

    def integer(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def varuint32(self) -> int:
        """7 bits a byte, the lowest first; only the shortest form."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.integer(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 32 or (shift and not byte):
                    raise WireError("a varuint32 is too large or longer than it needs to be")
                return value
        raise WireError("a varuint32 has at most 5 bytes")

    def prefixed(self) -> bytes:
        return self.take(self.varuint32())

    def name(self) -> str:
        value = self.integer(8)
        letters = [_LETTERS[value >> shift & 31] for shift in range(59, 3, -5)]
        return "".join([*letters, _LETTERS[value & 15]]).rstrip(".")

    def public_key(self) -> str:
        """As text, K1 or R1."""
        curve = self.integer(1)
        if curve >= len(_CURVES):
            raise WireError("a key that is neither K1 nor R1")
        return _key_text("PUB", _CURVES[curve], self.take(_SIZES["PUB"]))


@lru_cache(maxsize=1 << 16)
def name(text: str) -> bytes:
    """An account's, action's or permission's name in 8 bytes."""
    if len(text) > 13 or any(letter not in _LETTERS for letter in text):
        raise WireError(f"{text!r} is no name")
    value = 0
    for place, letter in enumerate(text):
        value |= _LETTERS.index(letter) << (59 - 5 * place) if place < 12 else _LETTERS.index(letter) & 15
    return value.to_bytes(8, "little")


def varuint32(value: int) -> bytes:
    packed = bytearray()
    while value >= 0x80:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*packed, value])


def prefixed(data: bytes) -> bytes:
    return varuint32(len(data)) + data


# keys and signatures: PUB_R1_..., SIG_K1_..., EOS...


def _checksum(body: bytes, suffix: str) -> bytes:
    return RIPEMD160.new(body + suffix.encode()).digest()[:4]


def _key_text(kind: str, curve: str, body: bytes) -> str:
    return f"{kind}_{curve}_{base58.b58encode(body + _checksum(body, curve)).decode()}"


def r1_public_key(point: bytes) -> str:
    """`PUB_R1_...` of a compressed P-256 point."""
    return _key_text("PUB", "R1", point)


def k1_public_key(point: bytes) -> str:
    """`PUB_K1_...` of a compressed secp256k1 point."""
    return _key_text("PUB", "K1", point)


def from_text(kind: str, text: str) -> tuple[str, bytes]:
    """The curve and the body of a `PUB` or `SIG`. Raises WireError, also for a wrong checksum."""
    if kind == "PUB" and text.startswith("EOS"):
        curve, suffix, encoded = "K1", "", text[3:]
    else:
        said, _, rest = text.partition("_")
        curve, _, encoded = rest.partition("_")
        suffix = curve
        if said != kind or curve not in _CURVES:
            raise WireError(f"{text[:12]!r} is not a {kind} of K1 or R1")
    try:
        raw = base58.b58decode(encoded)
    except ValueError as error:
        raise WireError(f"{text[:12]!r} is not base58") from error
    body, check = raw[:-4], raw[-4:]
    if len(body) != _SIZES[kind] or check != _checksum(body, suffix):
        raise WireError(f"{text[:12]!r} is mistyped: its checksum is wrong")
    return curve, body


def one_form(key: str) -> str:
    """`PUB_...` of a key that may be written as `EOS...`: recovered keys are compared with it. Raises WireError."""
    return _key_text("PUB", *from_text("PUB", key))


def signature(reader: Reader) -> str:
    """`SIG_...` as it stands inside blocks. Raises WireError, also for one of WebAuthn."""
    curve = reader.integer(1)
    if curve >= len(_CURVES):
        raise WireError("a signature that is neither K1 nor R1")
    return _key_text("SIG", _CURVES[curve], reader.take(_SIZES["SIG"]))


def to_binary(kind: str, text: str) -> bytes:
    """As inside transactions: the curve's number, then the body."""
    curve, body = from_text(kind, text)
    return bytes([_CURVES.index(curve)]) + body


# Merkle trees (merkle.cpp)


def pair(left: bytes, right: bytes) -> bytes:
    """The node over two others: the first bit of each says which side it is on."""
    return sha256(bytes([left[0] & 0x7F]) + left[1:] + bytes([right[0] | 0x80]) + right[1:])


# block headers (block_header.hpp)


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header. `extensions`: pairs of kind and bytes."""

    timestamp: int
    producer: str
    confirmed: int
    previous: bytes
    transaction_mroot: bytes
    action_mroot: bytes
    schedule_version: int
    extensions: tuple[tuple[int, bytes], ...] = ()

    def pack(self) -> bytes:
        extensions = b"".join(kind.to_bytes(2, "little") + prefixed(data) for kind, data in self.extensions)
        return (
            self.timestamp.to_bytes(4, "little")
            + name(self.producer)
            + self.confirmed.to_bytes(2, "little")
            + self.previous
            + self.transaction_mroot
            + self.action_mroot
            + self.schedule_version.to_bytes(4, "little")
            + b"\0"
            + varuint32(len(self.extensions))
            + extensions
        )

    @classmethod
    def unpack(cls, packed: bytes) -> Header:
        """Raises WireError; for a schedule in the form of before WTMSIG_BLOCK_SIGNATURES, too."""
        reader = Reader(packed)
        timestamp, producer, confirmed = reader.integer(4), reader.name(), reader.integer(2)
        previous, transactions, actions = reader.take(32), reader.take(32), reader.take(32)
        version = reader.integer(4)
        if reader.integer(1):
            raise WireError("a schedule in its old form")
        extensions = tuple((reader.integer(2), reader.prefixed()) for _ in range(reader.varuint32()))
        reader.end()
        return cls(timestamp, producer, confirmed, previous, transactions, actions, version, extensions)

    @property
    def digest(self) -> bytes:
        return sha256(self.pack())

    @property
    def number(self) -> int:
        return int.from_bytes(self.previous[:4], "big") + 1

    @property
    def id(self) -> bytes:
        return self.number.to_bytes(4, "big") + self.digest[4:]

    @property
    def time(self) -> int:
        """Whole seconds since the epoch, as a contract sees it."""
        return _BLOCK_EPOCH_S + self.timestamp // 2


def block_time(moment: float) -> int:
    """A header's `timestamp` of a time in seconds since the epoch."""
    return round((moment - _BLOCK_EPOCH_S) * 2)


# transactions (transaction.hpp, block.hpp)


def called_actions(packed: bytes) -> tuple[bytes, ...]:
    """The actions of a packed transaction, each as it stands there; context-free ones and extensions are refused."""
    reader = Reader(packed)
    reader.take(4 + 2 + 4)
    reader.varuint32()
    reader.take(1)
    reader.varuint32()
    if reader.varuint32():
        raise WireError("a context-free action")
    actions = tuple(_action(reader) for _ in range(reader.varuint32()))
    if reader.varuint32():
        raise WireError("a transaction's extension")
    reader.end()
    return actions


def _action(reader: Reader) -> bytes:
    base = reader.take(16)
    levels = reader.varuint32()
    return base + varuint32(levels) + reader.take(16 * levels) + prefixed(reader.prefixed())


def transaction_digest(chain_id: str, packed: bytes, context_free: bytes) -> bytes:
    """What its signers sign."""
    return sha256(bytes.fromhex(chain_id) + packed + (sha256(context_free) if context_free else bytes(32)))


def receipt_digest(
    signatures: Sequence[str],
    packed: bytes,
    context_free: bytes,
    *,
    status: int,
    cpu_us: int,
    net_words: int,
    compression: int = 0,
) -> bytes:
    """A leaf under `transaction_mroot`. `status`: 0 executed; `compression`: 0 none, 1 zlib."""
    binary = b"".join(to_binary("SIG", signature) for signature in signatures)
    prunable = sha256(varuint32(len(signatures)) + binary + prefixed(context_free))
    resources = bytes([status]) + cpu_us.to_bytes(4, "little") + varuint32(net_words)
    return sha256(resources + sha256(bytes([compression]) + prefixed(packed) + prunable))

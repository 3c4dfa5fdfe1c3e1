"""Transactions: header, TAPOS, packing, digest, id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.shared.chain.errors import AbiError
from services.shared.chain.wire import Reader, int_to_name, name_to_int, prefixed, varuint32


@dataclass(frozen=True)
class Action:
    """One call of a contract. `data` is packed by the contract's ABI."""

    account: str
    name: str
    authorization: Sequence[tuple[str, str]]
    data: dict[str, Any] = field(default_factory=dict)

    def packed(self, data: bytes) -> PackedAction:
        return PackedAction(self.account, self.name, tuple((a, p) for a, p in self.authorization), data)


@dataclass(frozen=True)
class PackedAction:
    account: str
    name: str
    authorization: tuple[tuple[str, str], ...]
    data: bytes

    def pack(self) -> bytes:
        levels = b"".join(_name(actor) + _name(permission) for actor, permission in self.authorization)
        return (
            _name(self.account) + _name(self.name) + varuint32(len(self.authorization)) + levels + prefixed(self.data)
        )


@dataclass(frozen=True)
class Transaction:
    """`expiration` in seconds since the epoch. `ref_block_*` bind it to a block of this chain (TAPOS)."""

    expiration: int
    ref_block_num: int
    ref_block_prefix: int
    actions: tuple[PackedAction, ...]
    max_net_usage_words: int = 0
    max_cpu_usage_ms: int = 0
    delay_sec: int = 0

    def pack(self) -> bytes:
        header = (
            self.expiration.to_bytes(4, "little")
            + self.ref_block_num.to_bytes(2, "little")
            + self.ref_block_prefix.to_bytes(4, "little")
            + varuint32(self.max_net_usage_words)
            + bytes([self.max_cpu_usage_ms])
            + varuint32(self.delay_sec)
        )
        actions = b"".join(action.pack() for action in self.actions)
        return header + varuint32(0) + varuint32(len(self.actions)) + actions + varuint32(0)


@dataclass(frozen=True)
class SignedTransaction:
    """What is sent. `expiration` and `id` are read from the packed bytes, so that these alone need to be kept."""

    packed: bytes
    signatures: tuple[str, ...]

    @property
    def id(self) -> str:
        return hashlib.sha256(self.packed).hexdigest()

    @property
    def expiration(self) -> int:
        return int.from_bytes(self.packed[:4], "little")


def unpack_transaction(data: bytes) -> Transaction:
    """For who wants to see what he signs. Raises AbiError; context-free actions and extensions are refused."""
    reader = Reader(data)
    expiration, number, prefix = (int.from_bytes(reader.take(n), "little") for n in (4, 2, 4))
    words, cpu, delay = reader.varuint32(), reader.take(1)[0], reader.varuint32()
    if reader.varuint32():
        raise AbiError("context-free actions are not ours")
    actions = tuple(_read_action(reader) for _ in range(reader.varuint32()))
    if reader.varuint32() or reader.left:
        raise AbiError("extensions or more bytes than a transaction has")
    return Transaction(expiration, number, prefix, actions, words, cpu, delay)


def _read_action(reader: Reader) -> PackedAction:
    account, name = _read_name(reader), _read_name(reader)
    levels = tuple((_read_name(reader), _read_name(reader)) for _ in range(reader.varuint32()))
    return PackedAction(account, name, levels, reader.prefixed())


def _read_name(reader: Reader) -> str:
    return int_to_name(int.from_bytes(reader.take(8), "little"))


def _name(value: str) -> bytes:
    return name_to_int(value).to_bytes(8, "little")


def tapos(block_id: str) -> tuple[int, int]:
    """(ref_block_num, ref_block_prefix) of a block's id."""
    raw = bytes.fromhex(block_id)
    return int.from_bytes(raw[2:4], "big"), int.from_bytes(raw[8:12], "little")

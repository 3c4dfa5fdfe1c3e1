"""Signed blocks, in the bytes that a block log has and in the JSON that a node gives (eosio, block.hpp).

A block log holds what was signed: transactions, no inline actions. A node's traces hold all actions that were executed.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditor.errors import CannotLook
from auditor.settlement.node import moment
from auditor.settlement.receipts import Act
from auditor.settlement.wire import (
    Header,
    Reader,
    WireError,
    block_time,
    prefixed,
    receipt_digest,
    sha256,
    signature,
    varuint32,
)

EXECUTED: Final = 0
_STATUS: Final = ("executed", "soft_fail", "hard_fail", "delayed", "expired")
_COMPRESSION: Final = ("none", "zlib")
_LARGEST: Final = 1 << 24
"""Bytes of a transaction after decompression: more than any chain takes."""


@dataclass(frozen=True, slots=True)
class Included:
    """A transaction in a block. One that a contract had sent for later (`eosio.msig`) is there by its id only: then
    `packed` is empty. `packed` and `context_free` are compressed when `compression` is 1."""

    status: int
    cpu_us: int
    net_words: int
    deferred: bytes = b""
    signatures: tuple[str, ...] = ()
    compression: int = 0
    context_free: bytes = b""
    packed: bytes = b""

    @property
    def plain(self) -> bytes:
        """The transaction, unpacked from its compression."""
        return _inflated(self.packed) if self.compression else self.packed

    @property
    def plain_context_free(self) -> bytes:
        return _inflated(self.context_free) if self.compression else self.context_free

    @property
    def id(self) -> str:
        return (self.deferred or sha256(self.plain)).hex()

    @property
    def leaf(self) -> bytes:
        """Under the header's `transaction_mroot`."""
        if self.deferred:
            words = self.cpu_us.to_bytes(4, "little") + varuint32(self.net_words)
            return sha256(bytes([self.status]) + words + self.deferred)
        return receipt_digest(
            self.signatures,
            self.packed,
            self.context_free,
            status=self.status,
            cpu_us=self.cpu_us,
            net_words=self.net_words,
            compression=self.compression,
        )

    @property
    def actions(self) -> tuple[Act, ...]:
        """Those that the transaction calls; its context-free ones, which change nothing, are left out."""
        reader = Reader(self.plain)
        reader.take(4 + 2 + 4)
        reader.varuint32()
        reader.take(1)
        reader.varuint32()
        for _ in range(reader.varuint32()):
            _act(reader)
        return tuple(_act(reader) for _ in range(reader.varuint32()))


@dataclass(frozen=True, slots=True)
class Executed:
    """An action as a trace has it; `sequence` counts all actions of the chain."""

    sequence: int
    receiver: str
    act: Act


@dataclass(frozen=True, slots=True)
class Block:
    """`traces`: transaction id -> its executed actions; None where there are none to be had (a block log)."""

    header: Header
    signature: str
    transactions: tuple[Included, ...]
    traces: Mapping[str, tuple[Executed, ...]] | None = None

    @property
    def number(self) -> int:
        return self.header.number


def of_json(raw: Mapping[str, Any], trace: Mapping[str, Any] | None) -> Block:
    """Of what a node answers to `get_raw_block` and `trace_api/get_block`. Raises CannotLook for another shape."""
    try:
        header = Header(
            timestamp=block_time(moment(raw["timestamp"])),
            producer=raw["producer"],
            confirmed=raw["confirmed"],
            previous=bytes.fromhex(raw["previous"]),
            transaction_mroot=bytes.fromhex(raw["transaction_mroot"]),
            action_mroot=bytes.fromhex(raw["action_mroot"]),
            schedule_version=raw["schedule_version"],
            extensions=tuple((kind, bytes.fromhex(data)) for kind, data in raw["header_extensions"]),
        )
        traces = None if trace is None else {item["id"]: _executed(item) for item in trace["transactions"]}
        transactions = tuple(_included(item) for item in raw["transactions"])
        return Block(header, raw["producer_signature"], transactions, traces)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise CannotLook(f"a block that is none ({error!r}): {str(raw)[:120]}") from error


def _included(item: Mapping[str, Any]) -> Included:
    status, (kind, content) = _STATUS.index(item["status"]), item["trx"]
    if not kind:
        return Included(status, item["cpu_usage_us"], item["net_usage_words"], deferred=bytes.fromhex(content))
    return Included(
        status=status,
        cpu_us=item["cpu_usage_us"],
        net_words=item["net_usage_words"],
        signatures=tuple(content["signatures"]),
        compression=_COMPRESSION.index(content["compression"]),
        context_free=bytes.fromhex(content["packed_context_free_data"]),
        packed=bytes.fromhex(content["packed_trx"]),
    )


def _executed(transaction: Mapping[str, Any]) -> tuple[Executed, ...]:
    found = [
        Executed(int(item["global_sequence"]), item["receiver"], Act.of_trace(item)) for item in transaction["actions"]
    ]
    return tuple(sorted(found, key=lambda item: item.sequence))


_FIXED: Final = 4 + 8 + 2 + 3 * 32 + 4 + 1
"""Bytes of a header up to its extensions."""


def of_bytes(stored: bytes) -> Block:
    """Of a block as a block log stores it. Raises CannotLook for other bytes."""
    try:
        reader = Reader(stored)
        packed = reader.take(_FIXED)
        count = reader.varuint32()
        extensions = [(reader.take(2), reader.prefixed()) for _ in range(count)]
        packed += varuint32(count) + b"".join(kind + prefixed(data) for kind, data in extensions)
        header, signed = Header.unpack(packed), signature(reader)
        transactions = tuple(_stored(reader) for _ in range(reader.varuint32()))
        for _ in range(reader.varuint32()):
            reader.take(2)
            reader.prefixed()
        reader.end()
    except (WireError, IndexError) as error:
        raise CannotLook(f"the bytes are no signed block: {error}") from error
    return Block(header, signed, transactions)


def _stored(reader: Reader) -> Included:
    status, cpu_us, net_words = reader.integer(1), reader.integer(4), reader.varuint32()
    if not reader.varuint32():
        return Included(status, cpu_us, net_words, deferred=reader.take(32))
    signatures = tuple(signature(reader) for _ in range(reader.varuint32()))
    return Included(
        *(status, cpu_us, net_words),
        signatures=signatures,
        compression=reader.integer(1),
        context_free=reader.prefixed(),
        packed=reader.prefixed(),
    )


def _act(reader: Reader) -> Act:
    account, called = reader.name(), reader.name()
    levels = tuple((reader.name(), reader.name()) for _ in range(reader.varuint32()))
    return Act(account, called, levels, reader.prefixed())


def _inflated(data: bytes) -> bytes:
    if not data:
        return b""
    machine = zlib.decompressobj()
    try:
        plain = machine.decompress(data, _LARGEST)
    except zlib.error as error:
        raise WireError(f"a compressed transaction cannot be read: {error}") from error
    if machine.unconsumed_tail:
        raise WireError("a compressed transaction is larger than any chain takes")
    return plain

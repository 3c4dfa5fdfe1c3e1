"""Action receipts: what a block's `action_mroot` is made of (eosio, action_receipt.hpp).

A node's trace leaves out four numbers of a receipt. All of them count from the chain's first block, so who goes through
all traces knows them; a wrong one would give another root than the block header has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.settlement.wire import Reader, name, prefixed, sha256, varuint32


@dataclass(frozen=True, slots=True)
class Act:
    """An action as it was called. `authorization`: pairs of account and permission; `returned`: its return value."""

    account: str
    name: str
    authorization: tuple[tuple[str, str], ...]
    data: bytes
    returned: bytes = b""

    @property
    def base(self) -> bytes:
        levels = b"".join(name(actor) + name(permission) for actor, permission in self.authorization)
        return name(self.account) + name(self.name) + varuint32(len(self.authorization)) + levels

    @property
    def digest(self) -> bytes:
        """With the return value, as since the protocol feature ACTION_RETURN_VALUE."""
        return sha256(sha256(self.base) + sha256(prefixed(self.data) + prefixed(self.returned)))

    @property
    def called(self) -> bytes:
        """As it stands in a transaction."""
        return self.base + prefixed(self.data)

    def pack(self) -> bytes:
        """All of it, the return value last."""
        return self.called + prefixed(self.returned)

    @classmethod
    def unpack(cls, packed: bytes) -> Act:
        reader = Reader(packed)
        account, called = reader.name(), reader.name()
        levels = tuple((reader.name(), reader.name()) for _ in range(reader.varuint32()))
        act = cls(account, called, levels, reader.prefixed(), reader.prefixed())
        reader.end()
        return act

    @classmethod
    def of_trace(cls, action: Mapping[str, Any]) -> Act:
        """From what the trace API gives."""
        levels = tuple((level["account"], level["permission"]) for level in action["authorization"])
        data, returned = bytes.fromhex(action["data"]), bytes.fromhex(action.get("return_value", ""))
        return cls(action["account"], action["action"], levels, data, returned)


@dataclass(frozen=True, slots=True)
class Receipt:
    """That `receiver` has executed an action, and as the how-many-th of the chain (`sequence`)."""

    receiver: str
    act_digest: bytes
    sequence: int
    received: int
    authorized: tuple[tuple[str, int], ...]
    code: int
    abi: int

    def pack(self) -> bytes:
        numbers = self.sequence.to_bytes(8, "little") + self.received.to_bytes(8, "little")
        authorized = b"".join(name(actor) + count.to_bytes(8, "little") for actor, count in self.authorized)
        return (
            name(self.receiver)
            + self.act_digest
            + numbers
            + varuint32(len(self.authorized))
            + authorized
            + varuint32(self.code)
            + varuint32(self.abi)
        )

    @property
    def digest(self) -> bytes:
        """A leaf under `action_mroot`."""
        return sha256(self.pack())

    @classmethod
    def unpack(cls, packed: bytes) -> Receipt:
        reader = Reader(packed)
        receiver, digest = reader.name(), reader.take(32)
        sequence, received = reader.integer(8), reader.integer(8)
        authorized = tuple((reader.name(), reader.integer(8)) for _ in range(reader.varuint32()))
        receipt = cls(receiver, digest, sequence, received, authorized, reader.varuint32(), reader.varuint32())
        reader.end()
        return receipt


class Sequences:
    """The counts, from the chain's first action on. Every action has to be given, in the order of execution."""

    def __init__(self) -> None:
        self._last = 0
        self._received: Counter[str] = Counter()
        self._authorized: Counter[str] = Counter()
        self._code: Counter[bytes] = Counter()
        self._abi: Counter[bytes] = Counter()

    def receipt(self, action: Mapping[str, Any]) -> tuple[Act, Receipt]:
        """The action and its receipt. Raises ValueError when an action before it was left out."""
        act = Act.of_trace(action)
        return act, self.of_act(act, str(action["receiver"]), int(action["global_sequence"]))

    def of_act(self, act: Act, receiver: str, sequence: int) -> Receipt:
        """Of the next action. Raises ValueError when one before it was left out."""
        if sequence != self._last + 1:
            raise ValueError(f"the traces go from action {self._last} to {sequence}: the node lacks the first part")
        self._last = sequence
        self._received[receiver] += 1
        if receiver == act.account == "eosio" and act.name in ("setcode", "setabi"):
            (self._code if act.name == "setcode" else self._abi)[act.data[:8]] += 1
        counted = {}
        for actor, _ in act.authorization:
            self._authorized[actor] += 1
            counted[actor] = self._authorized[actor]
        by_value = tuple(sorted(counted.items(), key=lambda item: name(item[0])[::-1]))
        account = name(act.account)
        numbers = (self._received[receiver], by_value, self._code[account], self._abi[account])
        return Receipt(receiver, act.digest, sequence, *numbers)

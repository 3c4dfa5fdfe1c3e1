"""Whether blocks are those of one chain, as its producers signed them: ids, Merkle roots, signatures, schedules."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from auditor.chain.blocks import Block, Executed
from auditor.errors import diverge
from auditor.settlement.errors import Invalid
from auditor.settlement.proofs import SCHEDULE_EXTENSION, Schedule, Tree
from auditor.settlement.receipts import Sequences
from auditor.settlement.signatures import signed_by
from auditor.settlement.wire import WireError, name, pair, sha256, to_binary, varuint32

NOTHING: Final = bytes(32)


class Ids:
    """The Merkle root over the ids of all blocks so far, without keeping them (eosio, incremental_merkle.hpp)."""

    def __init__(self) -> None:
        self._full: list[bytes | None] = []

    def append(self, leaf: bytes) -> None:
        for height, node in enumerate(self._full):
            if node is None:
                self._full[height] = leaf
                return
            leaf, self._full[height] = pair(node, leaf), None
        self._full.append(leaf)

    @property
    def root(self) -> bytes:
        found: bytes | None = None
        top = len(self._full) - 1
        for height, node in enumerate(self._full):
            if node is not None and found is None:
                if height == top:
                    return node
                found = pair(node, node)
            elif node is not None and found is not None:
                found = pair(node, found)
            elif found is not None:
                found = pair(found, found)
        return found or NOTHING


class Prover:
    """Takes all blocks in order, from the first; a Divergence says which does not hold."""

    def __init__(self, chain_id: str, first_key: str) -> None:
        self._chain_id = chain_id
        self._ids = Ids()
        self._last = NOTHING
        key = to_binary("PUB", first_key)
        self._schedule = Schedule(0, {"eosio": frozenset({first_key})})
        self._announced = self._schedule
        self._schedule_hash = sha256(bytes(4) + varuint32(1) + name("eosio") + key)
        self._sequences = Sequences()

    def check(self, block: Block) -> None:
        """Raises Divergence."""
        try:
            if block.number == 1:
                self._check_first(block)
            else:
                self._check_place(block)
                self._check_transactions(block)
                self._check_actions(block)
                self._check_producer(block)
        except (WireError, Invalid) as error:
            diverge(block.number, "header", "bytes of a block", error)
        self._last = block.header.id
        self._ids.append(self._last)

    def _check_first(self, block: Block) -> None:
        if block.header.action_mroot.hex() != self._chain_id:
            diverge(1, "header", f"the chain {self._chain_id}", block.header.action_mroot.hex())

    def _check_place(self, block: Block) -> None:
        if block.header.previous != self._last:
            diverge(block.number, "header", f"a block after {self._last.hex()}", block.header.previous.hex())

    def _check_transactions(self, block: Block) -> None:
        root = Tree([item.leaf for item in block.transactions]).root
        if root != block.header.transaction_mroot:
            diverge(block.number, "transactions", f"the root {block.header.transaction_mroot.hex()}", root.hex())

    def _check_actions(self, block: Block) -> None:
        if block.traces is None:
            return
        executed = sorted((item for items in block.traces.values() for item in items), key=lambda item: item.sequence)
        leaves = [self._leaves(block, item) for item in executed]
        roots = {Tree([both[form] for both in leaves]).root for form in (0, 1)}
        if block.header.action_mroot not in roots:
            diverge(
                block.number,
                "actions",
                f"executed actions under the root {block.header.action_mroot.hex()}",
                f"{len(executed)} that are not",
            )

    def _leaves(self, block: Block, item: Executed) -> tuple[bytes, bytes]:
        """The receipt's digest, with the action's return value and as it was before there were any."""
        act, sequence = item.act, item.sequence
        try:
            receipt = self._sequences.of_act(act, item.receiver, sequence)
        except ValueError as error:
            diverge(block.number, "actions", "every action from the first on", error)
        before = sha256(act.called)
        return receipt.digest, replace(receipt, act_digest=before).digest

    def _check_producer(self, block: Block) -> None:
        header = block.header
        before = self._ids.root
        if header.schedule_version != self._schedule.version:
            if header.schedule_version != self._announced.version:
                diverge(block.number, "producer", f"schedule {self._schedule.version}", header.schedule_version)
            self._schedule = self._announced
        for kind, data in header.extensions:
            if kind == SCHEDULE_EXTENSION:
                self._announced, self._schedule_hash = Schedule.unpack(data), sha256(data)
        digest = sha256(sha256(header.digest + before) + self._schedule_hash)
        keys = self._schedule.producers.get(header.producer, frozenset())
        if not any(signed_by(key, block.signature, digest) for key in keys):
            found = f"{header.producer} with {block.signature[:20]}..."
            diverge(block.number, "producer", f"the signature of one of {sorted(self._schedule.producers)}", found)

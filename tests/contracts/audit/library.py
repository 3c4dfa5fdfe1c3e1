"""The chain library's blocks as a source of the auditor's, in place of a node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from auditor.chain.blocks import Block, Executed, of_bytes
from auditor.chain.sources import genesis_of
from auditor.settlement.receipts import Act
from auditor.settlement.wire import Header
from tests.contracts.chain_tester import ChainTester

ONBLOCK = "onblock"


class Library:
    """The chain must record. `blocks` are all so far; one that is being made is ended first."""

    def __init__(self, chain: ChainTester) -> None:
        chain.produce()
        self._chain = chain
        about = chain.genesis()
        self.last = int(about["head"])
        self.chain_id, self.first_key = genesis_of(about["genesis"])
        self._blocks: list[Block] = []
        self._sequence = 0

    def blocks(self) -> Iterator[Block]:
        for number in range(1, self.last + 1):
            yield self.block(number)

    def block(self, number: int) -> Block:
        while len(self._blocks) < number:
            self._blocks.append(self._next())
        return self._blocks[number - 1]

    def _next(self) -> Block:
        number = len(self._blocks) + 1
        block = of_bytes(self._chain.block(number))
        if number == 1:
            return block
        executed = _executed(self._chain.traces(number))
        first = min((items[0].sequence for items in executed.values() if items), default=self._sequence + 2)
        if first == self._sequence + 2:
            executed[ONBLOCK] = (_onblock(self._blocks[-1].header, self._sequence + 1),)
        self._sequence = max((items[-1].sequence for items in executed.values() if items), default=self._sequence)
        return replace(block, traces=executed)

    def rows(self, contract: str, scope: str, table: str) -> list[dict[str, Any]]:
        """As a node's."""
        return self._chain.rows(contract, scope, table)

    def head(self) -> int:
        return int(self._chain.genesis()["head"])

    def later(self) -> int:
        """Nothing happens while this is asked: the block that is being made is the one."""
        self._chain.produce()
        return self.head()


def _onblock(previous: Header, sequence: int) -> Executed:
    """What the chain itself executes at each block's beginning: the library does not tell it."""
    act = Act("eosio", ONBLOCK, (("eosio", "active"),), previous.pack())
    return Executed(sequence, "eosio", act)


def _executed(traces: Sequence[dict[str, Any]]) -> dict[str, tuple[Executed, ...]]:
    return {
        trace["id"]: tuple(
            Executed(int(item["global_sequence"]), item["receiver"], Act.of_trace(item)) for item in trace["actions"]
        )
        for trace in traces
    }

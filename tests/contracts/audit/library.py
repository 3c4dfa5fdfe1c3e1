"""The chain library's blocks as a source of the auditor's, in place of a node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from auditor.chain.blocks import Block, Executed, Included, of_bytes
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


class SettlementNode:
    """What a settlement is exported from (auditor/settlement/node.py), told by the library as a node tells it."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def info(self) -> dict[str, Any]:
        return {"chain_id": self._library.chain_id, "last_irreversible_block_num": self._library.last}

    def block(self, number: int) -> dict[str, Any]:
        block = self._library.block(number)
        header = block.header
        return {
            "id": header.id.hex(),
            "timestamp": time_of(header),
            "producer": header.producer,
            "confirmed": header.confirmed,
            "previous": header.previous.hex(),
            "transaction_mroot": header.transaction_mroot.hex(),
            "action_mroot": header.action_mroot.hex(),
            "schedule_version": header.schedule_version,
            "header_extensions": [[kind, data.hex()] for kind, data in header.extensions],
            "producer_signature": block.signature,
            "transactions": [_transaction(item) for item in block.transactions],
        }

    def traces(self, begin: int, end: int) -> Iterator[dict[str, Any]]:
        for number in range(begin, end):
            block = self._library.block(number)
            yield {
                "number": number,
                "id": block.header.id.hex(),
                "previous_id": block.header.previous.hex(),
                "timestamp": time_of(block.header),
                "schedule_version": block.header.schedule_version,
                "transactions": [
                    {"id": name, "actions": [_action(item) for item in executed]}
                    for name, executed in (block.traces or {}).items()
                ],
            }


def time_of(header: Header) -> str:
    """As nodes write it."""
    moment = datetime.fromtimestamp(header.timestamp / 2 + 946_684_800, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def _transaction(item: Included) -> dict[str, Any]:
    return {
        "status": "executed",
        "cpu_usage_us": item.cpu_us,
        "net_usage_words": item.net_words,
        "trx": {
            "id": item.id,
            "signatures": list(item.signatures),
            "compression": "zlib" if item.compression else "none",
            "packed_context_free_data": item.context_free.hex(),
            "packed_trx": item.packed.hex(),
        },
    }


def _action(item: Executed) -> dict[str, Any]:
    return {
        "global_sequence": item.sequence,
        "receiver": item.receiver,
        "account": item.act.account,
        "action": item.act.name,
        "authorization": [{"account": actor, "permission": permission} for actor, permission in item.act.authorization],
        "data": item.act.data.hex(),
        "return_value": item.act.returned.hex(),
    }

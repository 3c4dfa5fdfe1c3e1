"""The cloud side's watcher: every action of the market's contracts, once it is irreversible, block by block.

Irreversible blocks do not change, so there is nothing to undo when a fork ends; the cursor and the actions of a block
are kept in one commit, so that each action enters the feed exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.blockchain_connector.domain import MARKET_CONTRACTS
from services.blockchain_connector.watcher.feed import Feed
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError, NotFound, TracesWrong
from services.shared.chain.model import Trace

_BLOCKS_A_ROUND = 100
_NOTE_EVERY = 120  # blocks without a market action, after which the cursor is written down all the same
_FIRST_BLOCK = 2  # the genesis block has no trace


class TracesMissing(ChainError):  # noqa: N818 - the name says what happened
    """No node has a block's trace any more: what happened in it cannot be told, and passing over it would lose it."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"no node has the traces of block {number}: let one replay its block log with trace_api_plugin, or add the "
            "URL of one that has them to TBI_CHAIN_URLS"
        )


class BlockFollower:
    """One thread calls `round`."""

    def __init__(self, chain: ChainClient, feed: Feed, *, from_block: int = _FIRST_BLOCK) -> None:
        self._chain = chain
        self._feed = feed
        self._next = max(feed.block_num + 1, from_block, _FIRST_BLOCK)
        self._begun = feed.block_num > 0

    def round(self) -> int:
        """Takes in the blocks that became irreversible. How many blocks.

        Raises ChainUnavailable, TracesMissing, TracesWrong: each block is the one that stands on the chain.
        """
        with self._chain.one_node():
            info = self._chain.info()
            self._feed.require_chain(info.chain_id)
            end = min(info.last_irreversible_block_num + 1, self._next + _BLOCKS_A_ROUND)
            numbers = range(self._next, end)
            actions = [action for block in self._blocks(numbers) for action in market_actions(block)]
        if actions or end > self._feed.block_num + _NOTE_EVERY:
            self._feed.add(actions, end - 1)
        self._next = max(self._next, end)
        return len(numbers)

    def _blocks(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Each is bound to the one before, and the last one to the node's chain."""
        found: list[dict[str, Any]] = []
        for number in numbers:
            block = self._block(number)
            if block is None and self._begun:
                raise TracesMissing(number)
            if block is not None:  # else older than the nodes' traces: the feed begins later
                if found and block["previous_id"] != found[-1]["id"]:
                    raise TracesWrong(number - 1)
                self._begun = True
                found.append(block)
        if found and found[-1]["id"] != self._chain.block_id(numbers[-1]):
            raise TracesWrong(numbers[-1])
        return found

    def _block(self, number: int) -> dict[str, Any] | None:
        try:
            return self._chain.block(number)
        except NotFound:
            return self._chain.block_of_any_node(number)


def market_actions(block: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(global sequence, `<contract>.<action>`, event) of each action of the market's contracts, notifications apart."""
    for trace in block["transactions"]:
        for action in trace.actions:
            if action["account"] in MARKET_CONTRACTS and action["receiver"] == action["account"]:
                yield str(action["global_sequence"]), f"{action['account']}.{action['name']}", _event(trace, action)


def _event(trace: Trace, action: dict[str, Any]) -> dict[str, Any]:
    return {
        "block_num": trace.block_num,
        "block_time": int(trace.block_time),
        "transaction_id": trace.transaction_id,
        "global_sequence": action["global_sequence"],
        "account": action["account"],
        "name": action["name"],
        "authorization": [f"{actor}@{permission}" for actor, permission in action["authorization"]],
        "data": action["data"],
    }

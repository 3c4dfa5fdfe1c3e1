"""What can be read, as JSON: names and times as over HTTP everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainUnavailable, NotFound
from services.shared.chain.model import ChainInfo, Page, Trace

_TRIES: Final = 5
_DIGITS: Final = 10  # of a block's number


class Reader:
    """Raises NotFound and ChainUnavailable."""

    def __init__(self, chain: ChainClient) -> None:
        self._chain = chain

    def table(self, contract: str, table: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """{"items", "next_cursor", "block_num", "block_id", "first_block_num"}: the block whose state the rows show.

        A cursor carries the block of the first page, so that each later page says whether it shows the same state.
        """
        self._require_table(contract, table)
        first, lower = _parsed(query["cursor"])

        def read() -> Page:
            return self._chain.page(
                contract,
                query["scope"] or contract,
                table,
                lower=lower or query["lower"],
                upper=query["upper"],
                index=query["index"],
                key_type=query["key_type"] or "i64",
                limit=query["limit"],
            )

        page, info = self._at_one_block(read)
        first = first or info.head_block_num
        return {
            "items": page.rows,
            "next_cursor": None if page.next_key is None else f"{first}_{page.next_key}",
            "block_num": info.head_block_num,
            "block_id": info.head_block_id,
            "first_block_num": first,
        }

    def _at_one_block(self, read: Callable[[], Page]) -> tuple[Page, ChainInfo]:
        """What `read` gives while the node's head stays the same, and that head.

        Where blocks come faster than that (a busy machine, a slow link), rows that are the same before and after a head
        are that head's.
        """
        earlier: Page | None = None
        with self._chain.one_node():
            before = self._chain.info()
            for _ in range(_TRIES):
                page = read()
                after = self._chain.info()
                if after.head_block_id == before.head_block_id or page == earlier:
                    return page, before
                earlier, before = page, after
        raise ChainUnavailable("blocks follow each other faster than the rows are read; ask for fewer")

    def nodes(self) -> list[dict[str, Any]]:
        """Each configured node's condition."""
        return [
            {
                "url": state.url,
                "condition": state.condition,
                "head_block_num": None if state.info is None else state.info.head_block_num,
                "head_block_time": None if state.info is None else iso(state.info.head_block_time),
                "last_irreversible_block_num": None if state.info is None else state.info.last_irreversible_block_num,
            }
            for state in self._chain.nodes()
        ]

    def transaction(self, transaction_id: str) -> dict[str, Any] | None:
        found = self._chain.transaction(transaction_id)
        return None if found is None else trace_json(found)

    def block(self, number: int) -> dict[str, Any]:
        block = self._chain.block(number)
        return {
            **block,
            "time": iso(block["time"]),
            "transactions": [trace_json(trace) for trace in block["transactions"]],
        }

    def blocks(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """{"items": blocks, the newest first, each followed by the one before it; "next_cursor"}.

        The node's head may not be told yet, and blocks before its first trace never are: those are left out.
        """
        before, after, limit = query["cursor"], query["after"] or 0, query["limit"]
        for _ in range(_TRIES):
            with self._chain.one_node():
                head = self._chain.info().head_block_num
                last = head if before is None else min(head, before - 1)
                first = max(1, after + 1, last - limit + 1)
                items = self._downwards(last, first, newest=head)
            if _follow_each_other(items):
                more = bool(items) and items[-1]["number"] == first > after + 1
                return {"items": items, "next_cursor": str(first) if more else None}
        raise ChainUnavailable("the node changed its fork again and again while its blocks were read")

    def _downwards(self, last: int, first: int, newest: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for number in range(last, first - 1, -1):
            try:
                items.append(self.block(number))
            except NotFound:
                if number != newest:
                    break
        return items

    def info(self) -> dict[str, Any]:
        info = asdict(self._chain.info())
        for name in ("head_block_time", "last_irreversible_block_time"):
            info[name] = iso(info[name])
        return info

    def _require_table(self, contract: str, table: str) -> None:
        if table not in self._chain.abi(contract).tables:
            self._chain.forget_abi(contract)
        if table not in self._chain.abi(contract).tables:
            raise NotFound(f"the contract {contract} has no table {table}")


def _parsed(cursor: str | None) -> tuple[int, str | None]:
    """(the first page's block, the next key)."""
    block, found, key = (cursor or "").partition("_")
    return (int(block), key) if found and block.isdigit() and len(block) <= _DIGITS else (0, cursor)


def _follow_each_other(newest_first: Sequence[Mapping[str, Any]]) -> bool:
    return all(block["previous_id"] == before["id"] for block, before in pairwise(newest_first))


def trace_json(trace: Trace) -> dict[str, Any]:
    return {
        "transaction_id": trace.transaction_id,
        "block_num": trace.block_num,
        "block_time": iso(trace.block_time),
        "actions": trace.actions,
    }


def iso(seconds: float) -> str:
    """ISO 8601 in UTC, with milliseconds where there are some."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")

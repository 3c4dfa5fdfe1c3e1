"""What can be read, as JSON: names and times as over HTTP everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from services.shared.chain.client import ChainClient
from services.shared.chain.errors import NotFound
from services.shared.chain.model import Trace


class Reader:
    """Raises NotFound and ChainUnavailable."""

    def __init__(self, chain: ChainClient) -> None:
        self._chain = chain

    def table(self, contract: str, table: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """{"items", "next_cursor"}."""
        self._require_table(contract, table)
        page = self._chain.page(
            contract,
            query["scope"] or contract,
            table,
            lower=query["cursor"] or query["lower"],
            upper=query["upper"],
            index=query["index"],
            key_type=query["key_type"] or "i64",
            limit=query["limit"],
        )
        return {"items": page.rows, "next_cursor": page.next_key}

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

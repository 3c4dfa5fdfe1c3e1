"""What the client hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


def epoch_seconds(text: str) -> float:
    """A node's time text (UTC, with or without `Z`) in seconds since the epoch."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True)
class ChainInfo:
    """The node's `get_info`. Times in seconds since the epoch."""

    chain_id: str
    head_block_num: int
    head_block_id: str
    head_block_time: float
    last_irreversible_block_num: int
    last_irreversible_block_id: str
    last_irreversible_block_time: float
    server_version: str

    @classmethod
    def of(cls, answer: dict[str, Any]) -> ChainInfo:
        return cls(
            chain_id=answer["chain_id"],
            head_block_num=answer["head_block_num"],
            head_block_id=answer["head_block_id"],
            head_block_time=epoch_seconds(answer["head_block_time"]),
            last_irreversible_block_num=answer["last_irreversible_block_num"],
            last_irreversible_block_id=answer["last_irreversible_block_id"],
            last_irreversible_block_time=epoch_seconds(answer["last_irreversible_block_time"]),
            server_version=answer.get("server_version_string", ""),
        )


@dataclass(frozen=True)
class Page:
    """Rows, and where the next ones begin (None: these were the last)."""

    rows: list[dict[str, Any]]
    next_key: str | None


@dataclass(frozen=True)
class Trace:
    """A transaction as it stands in a block; `actions` with decoded data, inline ones included, in order. `block_id`:
    empty for one of many that were read with their block."""

    transaction_id: str
    block_num: int
    block_time: float
    actions: list[dict[str, Any]] = field(default_factory=list)
    block_id: str = ""


@dataclass(frozen=True)
class Receipt:
    """A pushed transaction. With confirm="none" `block_num` is where the node expects it, and `traces` and `block_id`
    are empty."""

    transaction_id: str
    block_num: int
    traces: list[dict[str, Any]] = field(default_factory=list)
    block_id: str = ""

"""The tables at a node's head, row by row, against the model's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from auditor.chain.sources import NodeSource
from auditor.errors import diverge
from auditor.replay.replay import Replay

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "tbimarket": ("ledger", "offers", "balances"),
    "tbipool": ("groups", "figures"),
}
_RULE: Final = {"ledger": "M-LED-03", "offers": "M-AWD-01", "balances": "M-SET-05"}


def compare_head(node: NodeSource, replay: Replay) -> int:
    """Gives the number of rows that are equal. Raises Divergence. 0 when one of the contracts has acted since the last
    block of the audit: its rows are then those of a later moment."""
    compared = [
        (contract, market, name, [_row(row) for row in getattr(replay.model.world.books(market), name).values()])
        for market in sorted(row.market for row in replay.model.world.markets.values())
        for contract, names in TABLES.items()
        for name in names
    ]
    found = [node.rows(contract, market, name) for contract, market, name, _ in compared]
    if node.has_moved(TABLES):
        return 0
    for (contract, market, name, expected), rows in zip(compared, found, strict=True):
        told = [_as_expected(row, expected) for row in rows]
        if told != expected:
            _differ(node.last, f"{contract} {market} {name}", _RULE.get(name, "M-POO-01"), expected, told)
    return sum(len(rows) for rows in found)


def _differ(block: int, table: str, rule: str, expected: list[Any], found: list[Any]) -> None:
    missing = [row for row in expected if row not in found][:1]
    more = [row for row in found if row not in expected][:1]
    diverge(block, rule, missing or "no row", more or "no row", action=f"rows of {table}")


def _row(row: Any) -> dict[str, Any]:
    return {key: int(value) if isinstance(value, int) else value for key, value in asdict(row).items()}


def _as_expected(row: Mapping[str, Any], expected: list[dict[str, Any]]) -> dict[str, Any]:
    """64-bit numbers come as texts; columns that only index are left out."""
    kinds = {key: type(value) for key, value in expected[0].items()} if expected else {}
    return {key: int(row[key]) if kind is int else row[key] for key, kind in kinds.items()} or dict(row)

"""The tables at a chain's head, row by row, against the model's.

A node tells rows as they are now, of the block that it is making. So the blocks after the last irreversible one are
replayed, too; and when a contract has acted while the tables were read, they are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from auditor.chain.blocks import Block
from auditor.chain.sources import WithTables
from auditor.errors import CannotLook, diverge
from auditor.replay.translate import CONTRACTS
from market.books import World

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "tbimarket": ("ledger", "offers", "balances"),
    "tbipool": ("groups", "figures"),
}
_RULE: Final = {"ledger": "M-LED-03", "offers": "M-AWD-01", "balances": "M-SET-05"}
_TRIES: Final = 10
Read = list[tuple[str, str, str, list[dict[str, Any]]]]


@dataclass(frozen=True)
class Compared:
    """How many rows were equal, after how many blocks that are not final yet; `reason`: why none was compared."""

    rows: int = 0
    reversible: int = 0
    reason: str = ""


def compare_head(source: WithTables, world: World, last: Block, take: Callable[[Block], None]) -> Compared:
    """`last` is the block that was taken last, `take` proves and replays the next one. Raises Divergence."""
    final = last.number
    try:
        for _ in range(_TRIES):
            last = _taken(source, last, take)
            found = _read(source, world)
            if _still(source, last):
                return Compared(_compare(last.number, world, found), last.number - final)
    except CannotLook as reason:
        return Compared(reversible=last.number - final, reason=str(reason))
    return Compared(
        reversible=last.number - final,
        reason=f"the market acted each time while they were read, {_TRIES} times up to block {last.number}",
    )


def _taken(source: WithTables, last: Block, take: Callable[[Block], None]) -> Block:
    """All blocks up to the head. Raises CannotLook where they leave the branch that was followed."""
    for number in range(last.number + 1, source.head() + 1):
        block = source.block(number)
        if block.header.previous != last.header.id:
            raise CannotLook(f"the node went over to another branch at block {number}, which is no irreversible one")
        take(block)
        last = block
    return last


def _still(source: WithTables, last: Block) -> bool:
    """Whether the rows that were just read are those after `last`: no contract has acted since."""
    later = source.later()
    since = [source.block(number) for number in range(last.number + 1, later + 1)]
    return since[0].header.previous == last.header.id and not any(_has_acted(block) for block in since)


def _has_acted(block: Block) -> bool:
    executed = (item for items in (block.traces or {}).values() for item in items)
    return any(item.act.account in CONTRACTS for item in executed)


def _read(source: WithTables, world: World) -> Read:
    return [
        (contract, market, name, source.rows(contract, market, name))
        for market in sorted(row.market for row in world.markets.values())
        for contract, names in TABLES.items()
        for name in names
    ]


def _compare(block: int, world: World, found: Read) -> int:
    for contract, market, name, rows in found:
        expected = [_row(row) for row in getattr(world.books(market), name).values()]
        told = [_as_expected(row, expected) for row in rows]
        if told != expected:
            _differ(block, f"{contract} {market} {name}", _RULE.get(name, "M-POO-01"), expected, told)
    return sum(len(rows) for *_, rows in found)


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

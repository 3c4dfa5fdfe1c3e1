"""What a rule is given beside the action: the time, who has signed, and the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

from market import rows
from market.books import MarketBooks, Table, World
from market.refusal import Refused, check

Row = TypeVar("Row", rows.Params, rows.Prices)

MARKET_ACCOUNT = "tbimarket"
"""The account of the contract tbimarket: it holds the participants' money and governs by its own authority
(M-ADM-01)."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a contract says for those who watch (its inline `log...` actions)."""

    name: str
    market: str
    data: object


@dataclass
class Call:
    """One action as it meets the rules. `now` is the block's time in whole seconds, `signed` the accounts whose
    authority is there."""

    world: World
    market: str
    now: int
    signed: frozenset[str]
    events: list[Event] = field(default_factory=list)

    def require(self, account: str, rule: str) -> None:
        """The authority of `account`, or a refusal by `rule`."""
        check(account in self.signed, rule, f"the authority of {account} is missing")

    @cached_property
    def row(self) -> rows.Market:
        """The market's own row (M-MKT-01)."""
        found = self.world.markets.get(self.market)
        if found is None:
            raise Refused("M-MKT-01", "there is no such market")
        return found

    @cached_property
    def books(self) -> MarketBooks:
        """The market's tables (M-MKT-01)."""
        return self.world.books(self.row.market)

    def params(self, slot: int) -> rows.Params:
        """The parameters that hold for `slot`."""
        return _in_force(self.books.params, slot)

    def prices(self, slot: int) -> rows.Prices:
        """The prices that hold for `slot`."""
        return _in_force(self.books.prices, slot)

    def gate(self, slot: int) -> int:
        """When trading of `slot` ends: its start less the lead."""
        return slot - self.params(slot).lead_s

    def end(self, slot: int) -> int:
        return slot + self.row.slot_s

    def deadline(self, slot: int) -> int:
        """The last second at which a reading of `slot` still settles."""
        return self.end(slot) + self.params(slot).deadline_s

    def check_aligned(self, slot: int, rule: str) -> None:
        check(slot % self.row.slot_s == 0, rule, f"a slot begins at a multiple of {self.row.slot_s} s")

    def check_open_for_trade(self, slot: int, rule: str) -> None:
        """Aligned, before the gate, within the horizon (by `rule`) and before the market's end (M-OFF-08)."""
        self.check_aligned(slot, rule)
        check(self.now < self.gate(slot), rule, "the gate of this slot is closed")
        check(slot <= self.now + self.row.horizon_s, rule, "the slot lies beyond the horizon")
        check(not self.row.until or slot < self.row.until, "M-OFF-08", "the market ends before this slot")

    def emit(self, name: str, data: object) -> None:
        self.events.append(Event(name, self.market, data))


def _in_force(table: Table[int, Row], slot: int) -> Row:
    return table[max(start for start in table.primary_keys() if start <= slot)]


MAX_LIMIT = 256


def check_limit(limit: int) -> None:
    """M-RAM-03: how much one action may do."""
    check(1 <= limit <= MAX_LIMIT, "M-RAM-03", f"a limit lies in 1..{MAX_LIMIT}")


def check_ascending(numbers: list[int], least: int, most: int, what: str) -> None:
    """M-RAM-03: lists are bounded and strictly ascending."""
    check(least <= len(numbers) <= most, "M-RAM-03", f"there must be {least} to {most} {what}")
    check(all(a < b for a, b in pairwise(numbers)), "M-RAM-03", f"{what} must ascend strictly")

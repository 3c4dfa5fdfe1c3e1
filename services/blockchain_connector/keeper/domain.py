"""What is due now, decided from the chain's rows alone. Pure: rows and a time in, actions out.

A plan may be wrong by a block (somebody else was faster): the contract then refuses, which is normal. It must never
miss: whatever is due and not done yet is in the plan, so a keeper that was away catches up by planning again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from market.rows import FINAL, OfferStatus, ReadingStatus, Surplus
from market.values import slot_key

Row = Mapping[str, Any]

EVENT_LIMIT: Final = 64  # points an action `senddata` goes through: a few milliseconds of the node's time
ERASE_LIMIT: Final = 64
EXPIRE_LIMIT: Final = 64


@dataclass(frozen=True)
class Task:
    """One action that is due. `key` tells it from others that look the same (a second `senddata`)."""

    key: tuple[str | int, ...]
    account: str
    name: str
    data: tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class Clock:
    """A market's times, in seconds since the epoch. `params` are its rows in the order of `from_slot`."""

    market: str
    slot_s: int
    until: int
    evu: str
    params: tuple[Row, ...]

    @classmethod
    def of(cls, market: Row, params: Sequence[Row]) -> Clock:
        ordered = tuple(sorted(params, key=lambda row: int(row["from_slot"])))
        return cls(market["market"], market["slot_s"], market["until"], market["evu"], ordered)

    def end(self, slot: int) -> int:
        return slot + self.slot_s

    def deadline(self, slot: int) -> int:
        return self.end(slot) + int(self._of(slot)["deadline_s"])

    def erased_from(self, slot: int) -> int:
        """From when on the slot may be erased (M-RAM-01)."""
        return self.end(slot) + int(self._of(slot)["retain_s"])

    def erasable_until(self, now: int) -> int:
        """No slot after this one is kept long enough yet."""
        return now - self.slot_s - min(int(row["retain_s"]) for row in self.params)

    def last_ended(self, now: int) -> int:
        return now // self.slot_s * self.slot_s - self.slot_s

    def is_over(self, slot: int) -> bool:
        return bool(self.until) and slot >= self.until

    def _of(self, slot: int) -> Row:
        return [row for row in self.params if row["from_slot"] <= slot][-1]


@dataclass(frozen=True)
class Point:
    """A metering point, as far as it matters when readings are complete."""

    id: int
    account: str
    since: int


@dataclass(frozen=True)
class SlotRows:
    """A slot's rows. `undecided` and `pending` are 0 when the slot has no row of its own."""

    slot: int
    undecided: int
    pending: int
    offers: tuple[Row, ...]
    readings: tuple[Row, ...]


def awards(clock: Clock, offers: Iterable[Row], now: int) -> Iterator[Task]:
    """M-AWD-01: open offers whose auction has closed, the earliest first."""
    due = [o for o in offers if o["status"] == OfferStatus.OPEN and o["closes_at"] <= now]
    for offer in sorted(due, key=lambda o: (o["closes_at"], o["id"])):
        yield _task(clock, "tbimarket", "award", ("offer", offer["id"]))


def events(clock: Clock, counters: Row | None, now: int, most: int = 16) -> Iterator[Task]:
    """M-EVT-01: the calls of `senddata` that bring the market's events up to now; at most `most` of them."""
    if counters is None:
        return
    slot, point = int(counters["event_slot"]), int(counters["event_point"])
    for _ in range(most):
        if clock.end(slot) > now or clock.is_over(slot):
            return
        key = (clock.market, "senddata", slot, point)
        yield Task(key, "tbiclsbox", "senddata", (("market", clock.market), ("limit", EVENT_LIMIT)))
        if point + EVENT_LIMIT < counters["points"]:
            point += EVENT_LIMIT
        else:
            slot, point = slot + clock.slot_s, 0


def settlements(clock: Clock, rows: SlotRows, points: Sequence[Point], now: int) -> Iterator[Task]:
    """M-SET-04, M-SET-07: sold offers whose readings are there, or whose deadline has passed."""
    if rows.undecided:
        return
    there = {reading["key"] for reading in rows.readings if reading["status"] != ReadingStatus.RECORD_ONLY}
    for offer in sorted(rows.offers, key=lambda o: int(o["id"])):
        if offer["status"] not in (OfferStatus.AWARDED, OfferStatus.UNFUNDED):
            continue
        needed = {offer["point"]} | {p.id for p in points if p.account == offer["bidder"] and p.since <= rows.slot}
        if now > clock.deadline(rows.slot) or all(slot_key(rows.slot, point) in there for point in needed):
            yield _task(clock, "tbimarket", "settle", ("offer", offer["id"]))


def sweeps(clock: Clock, rows: SlotRows) -> Iterator[Task]:
    """M-SEC-01: readings whose surplus the EVU has not paid for yet."""
    if rows.undecided:
        return
    for reading in rows.readings:
        if reading["status"] != ReadingStatus.RECORD_ONLY and reading["surplus"] != Surplus.SETTLED:
            point = reading["key"] & 0xFFFFFFFF
            yield _task(clock, "tbimarket", "sweep", ("slot", rows.slot), ("point", point))


def is_done(clock: Clock, rows: SlotRows, points: Sequence[Point], now: int) -> bool:
    """Whether nothing will be due for the slot any more, but its erasure."""
    open_offers = any(offer["status"] not in FINAL for offer in rows.offers)
    if open_offers or any(True for _ in sweeps(clock, rows)):
        return False
    expected = {slot_key(rows.slot, point.id) for point in points if point.since <= rows.slot}
    return now > clock.deadline(rows.slot) or expected <= {reading["key"] for reading in rows.readings}


def erasures(clock: Clock, rows: Iterable[SlotRows], now: int) -> Iterator[Task]:
    """M-RAM-01: slots that are settled and kept long enough. `rows` are slots that still have some."""
    for slot in rows:
        if not slot.pending and clock.erased_from(slot.slot) <= now:
            yield _task(clock, "tbimarket", "erase", ("slot", slot.slot), ("limit", ERASE_LIMIT))


def clearances(clock: Clock, passives: Iterable[Row], now: int) -> Iterator[Task]:
    """M-RAM-01: passive contracts that have ended, kept long enough, and for which no reading can come any more.

    Readings that are left are the contract's to find: it refuses then.
    """
    longest = max((max(int(row["deadline_s"]), int(row["retain_s"])) for row in clock.params), default=0)
    for contract in passives:
        ended = int(contract["until_slot"])
        if ended and now > ended + longest:
            unit, begun = contract["key"] >> 32, contract["key"] & 0xFFFFFFFF
            yield _task(clock, "tbimarket", "passclear", ("unit", unit), ("from_slot", begun))


def expiries(clock: Clock, box: str, events_of_box: Iterable[Row], now: int) -> Iterator[Task]:
    """M-RAM-01: events that nobody answered until the deadline, among the first of the box's."""
    first = sorted(events_of_box, key=lambda event: (int(event["due"]), int(event["id"])))[:EXPIRE_LIMIT]
    if any(e["market"] == clock.market and now > clock.deadline(e["slot"]) for e in first):
        yield _task(clock, "tbiclsbox", "expire", ("box", box), ("limit", EXPIRE_LIMIT))


def _task(clock: Clock, account: str, name: str, *arguments: tuple[str, str | int]) -> Task:
    key = (clock.market, name, *(value for _, value in arguments))
    return Task(key, account, name, (("market", clock.market), *arguments))

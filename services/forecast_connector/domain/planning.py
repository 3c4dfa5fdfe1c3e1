"""What the oracle records on the chain: the maxima of the slots that become tradable, and nothing that stands there.

Pure: rows, forecasts and a time in, actions out. Nothing is remembered that could not be read again, so the same plan
made twice is the same, and an oracle that was away goes on by planning again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.forecast_connector.domain.maximum import (
    NotCovered,
    Point,
    PointMaximum,
    SlotForecasts,
    UnitMaximum,
    point_maximum,
)
from services.forecast_connector.domain.times import QUARTER_S

Row = Mapping[str, Any]
MAX_POINTS: Final = 32
"""Points in one action (M-RAM-03)."""

GATE_MARGIN_S: Final = 2
"""What is recorded this shortly before its gate comes too late for an offer, or is refused (M-FOR-02)."""


@dataclass(frozen=True)
class Market:
    """A market's times. `leads` are (from slot, lead in s), ascending."""

    name: str
    slot_s: int
    horizon_s: int
    until: int
    leads: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, market: Row, params: Sequence[Row]) -> Market:
        """From the rows of tbimarket's `markets` and `params`."""
        leads = tuple(sorted((int(row["from_slot"]), int(row["lead_s"])) for row in params))
        return cls(str(market["market"]), market["slot_s"], market["horizon_s"], market["until"], leads)

    def gate(self, slot: int) -> int:
        """From when on the slot is no longer offered in."""
        return slot - [lead for begin, lead in self.leads if begin <= slot][-1]

    def tradable(self, now: int, ahead: int) -> list[int]:
        """The next `ahead` slots whose gate is open, within the market's horizon and life (M-FOR-02, M-OFF-08)."""
        slot = now // self.slot_s * self.slot_s
        last = min(now + self.horizon_s, self.until - 1 if self.until else now + self.horizon_s)
        found: list[int] = []
        while slot <= last and len(found) < ahead:
            if now + GATE_MARGIN_S < self.gate(slot):
                found.append(slot)
            slot += self.slot_s
        return found


def quarter_of(slot: int) -> int:
    """The quarter hour whose energy a slot is given: in a market of short slots each stands for a whole one."""
    return slot // QUARTER_S * QUARTER_S


@dataclass(frozen=True)
class RegisteredPoint:
    """A metering point of a market. `units`: id on the chain by MaStR number."""

    id: int
    point: Point
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """A unit's figures on the chain, in Wh."""

    unit: int
    generation_wh: int
    max_wh: int
    offered_wh: int = 0


@dataclass(frozen=True, slots=True)
class PointRecord:
    """A point's figures on the chain for a slot, in Wh; units ascending."""

    point: int
    consumption_wh: int
    units: tuple[UnitRecord, ...]

    @classmethod
    def of(cls, row: Row) -> PointRecord:
        """From a row of tbimarket's `forecasts`."""
        units = tuple(UnitRecord(u["unit"], u["generation_wh"], u["max_wh"], u["offered_wh"]) for u in row["units"])
        return cls(int(row["key"]) & 0xFFFFFFFF, row["consumption_wh"], units)

    @property
    def said(self) -> tuple[int, int, tuple[tuple[int, int, int], ...]]:
        """What the oracle says, without what has happened to it since."""
        return self.point, self.consumption_wh, tuple((u.unit, u.generation_wh, u.max_wh) for u in self.units)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is expected: it takes the place of what was withdrawn, and of nothing else."""
        return not self.units and not self.consumption_wh

    def as_json(self) -> dict[str, Any]:
        """As the action takes it."""
        units = [{"unit": u.unit, "generation_wh": u.generation_wh, "max_wh": u.max_wh} for u in self.units]
        return {"point": self.point, "consumption_wh": self.consumption_wh, "units": units}


@dataclass(frozen=True, slots=True)
class Recording:
    """One action `forecast`: a slot with at most 32 points, ascending."""

    market: str
    slot: int
    points: tuple[PointRecord, ...]

    def as_json(self) -> dict[str, Any]:
        """As the connector's performer takes it."""
        data = {"market": self.market, "slot": self.slot, "points": [point.as_json() for point in self.points]}
        return {"account": "tbimarket", "name": "forecast", "data": data}


def expectation(registered: RegisteredPoint, forecasts: SlotForecasts) -> PointRecord | None:
    """What is expected of a point in a slot; None where the forecasts do not cover it."""
    try:
        maximum = point_maximum(registered.point, forecasts)
    except NotCovered:
        return None
    units = sorted(_units(registered, maximum), key=lambda unit: unit.unit)
    if not units and not maximum.consumption_wh:
        return None
    return PointRecord(registered.id, maximum.consumption_wh, tuple(units))


def _units(registered: RegisteredPoint, maximum: PointMaximum) -> Iterator[UnitRecord]:
    for unit in maximum.units:
        number = registered.units.get(unit.mastr_nr)
        if number is not None:
            yield _unit_record(number, unit)


def _unit_record(number: int, unit: UnitMaximum) -> UnitRecord:
    return UnitRecord(number, unit.generation_wh, unit.max_wh)


def revised(wanted: PointRecord, recorded: PointRecord | None) -> PointRecord:
    """What may be recorded in the place of what stands there: never below what is offered, and no unit with an offer
    left out (M-FOR-03)."""
    if recorded is None:
        return wanted
    units = {unit.unit: unit for unit in wanted.units}
    for known in recorded.units:
        if not known.offered_wh:
            continue
        new = units.get(known.unit, known)
        units[known.unit] = UnitRecord(known.unit, new.generation_wh, max(new.max_wh, known.offered_wh))
    return PointRecord(wanted.point, wanted.consumption_wh, tuple(units[unit] for unit in sorted(units)))


def plan(
    market: str,
    wanted: Mapping[int, Sequence[PointRecord]],
    recorded: Callable[[int], Iterable[PointRecord]],
) -> Iterator[Recording]:
    """The recordings that are due, slot by slot. `wanted` holds what is expected of the points of each slot, and
    `recorded` gives what stands on the chain for one."""
    for slot in sorted(wanted):
        standing = {record.point: record for record in recorded(slot)}
        due = []
        for point in sorted(wanted[slot], key=lambda record: record.point):
            known = standing.get(point.point)
            new = revised(point, known)
            if known is None and new.is_nothing:
                continue
            if known is None or new.said != known.said:
                due.append(new)
        for begin in range(0, len(due), MAX_POINTS):
            yield Recording(market, slot, tuple(due[begin : begin + MAX_POINTS]))

"""What a box delivers for a slot: the readings of its points, from the counters of its meters and units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from market.values import EosName, Slot, WattHours
from services.cls_box_logic.domain.clock import Judgement, worst
from services.cls_box_logic.domain.energy import Energy, Missing, Pending

BOUGHT, FED_IN, PRODUCED = "ActiveProductionEnergy", "ActiveConsumptionEnergy", "ActiveProductionEnergy"
"""OpenEMS' names: a grid meter's production is what was bought, its consumption what was fed in."""

Counter = Callable[[str], Energy | Missing | Pending]
"""The slot's energy of a channel ("meter0/ActiveProductionEnergy")."""


@dataclass(frozen=True, slots=True)
class OwnUnit:
    """A unit on the chain (`id`) and in OpenEMS."""

    id: int
    mastr_nr: str
    component: str


@dataclass(frozen=True, slots=True)
class OwnPoint:
    """A metering point of this box in a market, with those of its units that the chain knows."""

    id: int
    serial_number: str
    component: str
    since: int
    units: tuple[OwnUnit, ...]


@dataclass(frozen=True, slots=True)
class PointReading:
    """What a point delivers, and how sure it is."""

    point: int
    fed_in_wh: WattHours
    consumed_wh: WattHours
    produced_wh: tuple[tuple[int, WattHours], ...]
    substituted: bool
    remarks: tuple[str, ...] = ()
    clock: Judgement = "good"

    def to_action(self) -> dict[str, Any]:
        """As the contract's `deliver` takes it."""
        return {
            "point": self.point,
            "fed_in_wh": int(self.fed_in_wh),
            "consumed_wh": int(self.consumed_wh),
            "units": [{"unit": unit, "produced_wh": int(wh)} for unit, wh in self.produced_wh],
        }


def read_point(point: OwnPoint, counter: Counter) -> PointReading | Missing | Pending:
    """The reading of a point.

    A production that is unknown (an inverter may sleep at night) makes the point missing when several units share a
    feed-in (M-DEL-06). Else the split does not depend on it: the unit is left out, and the reading says so.
    """
    bought, fed_in = counter(f"{point.component}/{BOUGHT}"), counter(f"{point.component}/{FED_IN}")
    units = {unit: counter(f"{unit.component}/{PRODUCED}") for unit in point.units}
    found = [bought, fed_in, *units.values()]
    if any(isinstance(energy, Pending) for energy in found):
        return Pending()
    for energy, what in ((bought, "bought"), (fed_in, "fed in")):
        if isinstance(energy, Missing):
            return Missing(f"{point.serial_number}, energy {what}: {energy.reason}")
    remarks = [f"{u.mastr_nr}, production: {e.reason}" for u, e in units.items() if isinstance(e, Missing)]
    if not isinstance(bought, Energy) or not isinstance(fed_in, Energy):
        return Pending()
    if remarks and len(units) > 1 and fed_in.wh > 0:
        return Missing(remarks[0])
    produced = [(unit.id, energy) for unit, energy in units.items() if isinstance(energy, Energy)]
    try:
        return PointReading(
            point.id,
            WattHours(fed_in.wh),
            WattHours(bought.wh),
            tuple(sorted((unit, WattHours(energy.wh)) for unit, energy in produced)),
            any(energy.substituted for energy in (bought, fed_in, *(energy for _, energy in produced))),
            tuple(remarks),
            worst(energy.clock for energy in (bought, fed_in, *(energy for _, energy in produced))),
        )
    except ValueError as error:
        return Missing(f"{point.serial_number}: {error}")


def deliver_action(market: EosName, box: EosName, slot: Slot, readings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`tbimarket::deliver` with these readings, points in ascending order."""
    data = {
        "market": str(market),
        "box": str(box),
        "slot": int(slot),
        "readings": sorted(readings, key=lambda reading: int(reading["point"])),
    }
    return {"account": "tbimarket", "name": "deliver", "data": data}

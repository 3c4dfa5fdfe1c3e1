"""How much a unit may offer: what its metering point is expected to feed in, shared among the point's units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.forecast_connector.domain.series import Forecast, SeriesKey, scaled


class NotCovered(Exception):  # noqa: N818 - it names what is missing, not a fault of the program
    """No forecast says anything about the slot. The text says of what."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is consumed at a point in a year, with the profile by which it spreads over the year."""

    profile: str
    kwh_annum: int


@dataclass(frozen=True, slots=True)
class Point:
    """A metering point: its generating units by MaStR number, and what is consumed behind it."""

    units: tuple[str, ...]
    loads: tuple[Load, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitMaximum:
    """In Wh; `max_wh` is the unit's share of what the point feeds in."""

    mastr_nr: str
    generation_wh: int
    max_wh: int


@dataclass(frozen=True, slots=True)
class PointMaximum:
    """What a point is expected to do in a slot, in Wh. The units are those that a forecast covers."""

    consumption_wh: int
    units: tuple[UnitMaximum, ...]

    @property
    def generation_wh(self) -> int:
        return sum(unit.generation_wh for unit in self.units)

    def of(self, mastr_nr: str) -> UnitMaximum:
        """The unit's own figures. Raises NotCovered."""
        for unit in self.units:
            if unit.mastr_nr == mastr_nr:
                return unit
        raise NotCovered(f"no forecast of the generation of {mastr_nr}")


SlotForecasts = Mapping[SeriesKey, Forecast]


def point_maximum(point: Point, forecasts: SlotForecasts) -> PointMaximum:
    """The consumption behind the point is deducted once, not once for each unit.

    What remains is shared like the feed-in itself will be (M-DEL-06), by what each unit is expected to generate, in the
    order of MaStR numbers. Raises NotCovered when a profile of the point's loads says nothing about the slot.
    """
    consumption = sum(_consumption(load, forecasts) for load in point.loads)
    generation: dict[str, int] = {}
    for mastr_nr in sorted(set(point.units)):
        own_use = forecasts.get((mastr_nr, "", False, "consumption"))
        consumption += 0 if own_use is None else own_use.energy_wh
        produced = forecasts.get((mastr_nr, "", False, "generation"))
        if produced is not None:
            generation[mastr_nr] = produced.energy_wh
    return PointMaximum(consumption, _shares(generation, consumption))


def _consumption(load: Load, forecasts: SlotForecasts) -> int:
    if load.kwh_annum == 0:
        return 0
    profile = forecasts.get(("", load.profile, True, "consumption"))
    if profile is None or profile.series.norm_kwh_annum is None:
        raise NotCovered(f"no profile {load.profile} of the consumption")
    return scaled(profile.energy_wh, profile.series.norm_kwh_annum, load.kwh_annum)


def _shares(generation: Mapping[str, int], consumption: int) -> tuple[UnitMaximum, ...]:
    total = sum(generation.values())
    feed_in = max(0, total - consumption)
    shared, running, given = [], 0, 0
    for mastr_nr, produced in generation.items():
        running += produced
        up_to_here = feed_in * running // total if total else 0
        shared.append(UnitMaximum(mastr_nr, produced, up_to_here - given))
        given = up_to_here
    return tuple(shared)

"""How much a unit may offer: what its metering point is expected to feed in, shared among the point's units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.forecast_connector.domain.series import Forecast, Kind, SeriesKey, scaled


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
class Part:
    """One summand of a point's maximum, in Wh, with the forecast that says it. `load` is set where that is a profile,
    which was scaled to the load's yearly consumption."""

    kind: Kind
    energy_wh: int
    forecast: Forecast
    load: Load | None = None


@dataclass(frozen=True, slots=True)
class PointMaximum:
    """What a point is expected to do in a slot, in Wh. The units are those that a forecast covers.

    `parts` is what the figures are the sums of.
    """

    consumption_wh: int
    units: tuple[UnitMaximum, ...]
    parts: tuple[Part, ...] = field(default=(), compare=False)

    @property
    def generation_wh(self) -> int:
        return sum(unit.generation_wh for unit in self.units)

    @property
    def feed_in_wh(self) -> int:
        return max(0, self.generation_wh - self.consumption_wh)

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
    parts = tuple(_parts(point, forecasts))
    consumption = sum(part.energy_wh for part in parts if part.kind == "consumption")
    generation = {part.forecast.series.mastr_nr or "": part.energy_wh for part in parts if part.kind == "generation"}
    return PointMaximum(consumption, _shares(generation, consumption), parts)


def _parts(point: Point, forecasts: SlotForecasts) -> Iterator[Part]:
    """In the order of MaStR numbers, then the loads."""
    kinds: tuple[Kind, Kind] = ("generation", "consumption")
    for mastr_nr in sorted(set(point.units)):
        for kind in kinds:
            said = forecasts.get((mastr_nr, "", False, kind))
            if said is not None:
                yield Part(kind, said.energy_wh, said)
    for load in point.loads:
        if load.kwh_annum:
            yield _scaled(load, forecasts)


def _scaled(load: Load, forecasts: SlotForecasts) -> Part:
    profile = forecasts.get(("", load.profile, True, "consumption"))
    if profile is None or profile.series.norm_kwh_annum is None:
        raise NotCovered(f"no profile {load.profile} of the consumption")
    energy = scaled(profile.energy_wh, profile.series.norm_kwh_annum, load.kwh_annum)
    return Part("consumption", energy, profile, load)


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

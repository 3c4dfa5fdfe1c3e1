"""What is forecast: the generation or consumption of a unit, or a profile for a type of units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from services.forecast_connector.domain.times import QUARTER_S

Kind = Literal["generation", "consumption"]

NORM_KWH: Final = 1_000_000
"""Yearly consumption in kWh to which all profiles are brought (MaBiS' norm), so that whole Wh are exact enough."""

SeriesKey = tuple[str, str, bool, str]


@dataclass(frozen=True, slots=True)
class Series:
    """A unit's forecast has a MaStR number. One without is of a whole type: a profile for a yearly consumption of
    `norm_kwh_annum`, or, where that is None, the sum of all units of the type."""

    unit_type: str
    kind: Kind
    mastr_nr: str | None = None
    norm_kwh_annum: int | None = None

    @property
    def is_profile(self) -> bool:
        return self.norm_kwh_annum is not None

    @property
    def key(self) -> SeriesKey:
        """What a newer forecast replaces: of a unit by its number, whatever type a workbook calls it."""
        return (self.mastr_nr or "", "" if self.mastr_nr else self.unit_type, self.is_profile, self.kind)

    @property
    def words(self) -> str:
        """For people."""
        name = f"{self.unit_type} {self.mastr_nr}" if self.mastr_nr else self.unit_type
        return f"{name} ({self.kind}{', profile' if self.is_profile else ''})"


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive quarter hours of one series within a local day; None where nothing is said. In Wh."""

    series: Series
    start: int
    values: tuple[int | None, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.values) * QUARTER_S


@dataclass(frozen=True, slots=True)
class Issue:
    """Where a forecast comes from, and what it comes before or after: the latest issue wins, then the latest read."""

    issued_at: int
    sequence: int
    source: str

    @property
    def rank(self) -> tuple[int, int]:
        return (self.issued_at, self.sequence)


@dataclass(frozen=True, slots=True)
class IssuedBlock:
    """A block as it was read from a workbook."""

    block: Block
    issue: Issue


@dataclass(frozen=True, slots=True)
class Forecast:
    """One series for one quarter hour, with the issue that holds now (or held at the time that was asked for)."""

    slot: int
    series: Series
    energy_wh: int
    issue: Issue

    @property
    def order(self) -> tuple[int, str, str, str, bool]:
        """How lists are sorted: no two forecasts of a list have the same."""
        mastr_nr = self.series.mastr_nr or ""
        return (self.slot, self.series.unit_type, mastr_nr, self.series.kind, self.series.is_profile)


@dataclass(frozen=True)
class UnitTypes:
    """The codes of unit types: the utility's own words, told apart by what they do, with other names for the same."""

    generation: frozenset[str]
    consumption: frozenset[str]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def named(self, code: str) -> str:
        """The code by which a type is known here."""
        upper = code.upper()
        return self.aliases.get(upper, upper)

    def kind_of(self, code: str) -> Kind | None:
        """What units of a type do; None when it is not known here."""
        if code in self.generation:
            return "generation"
        return "consumption" if code in self.consumption else None


GENERATION_TYPES: Final = frozenset({"PV", "WIND", "BHKW", "KWK", "BIOMASSE", "WASSER", "SEE"})
CONSUMPTION_TYPES: Final = frozenset(
    {"H0", "H25", "G0", "G1", "G2", "G3", "G4", "G5", "G6", "G25", "L0", "L1", "L2", "L25", "WP", "E0", "SVE"}
    | {"TTP", "TBL", "TTZ", "TSB", "B0", "P25", "S25"}
)
RESIDUAL_TYPES: Final = frozenset({"P25", "S25"})
"""BDEW's profiles of 2025 for households with a plant, and with a battery too: what is left of the consumption after
their own generation. A generation beside them would be counted twice."""

ALIASES: Final = {
    "TH0": "H0",
    "HAUSHALT": "H0",
    "TWP": "WP",
    "WÄRMEPUMPE": "WP",
    "WAERMEPUMPE": "WP",
    "EM": "E0",
    "WALLBOX": "E0",
    "EMOBILITÄT": "E0",
    "SOLAR": "PV",
    "PHOTOVOLTAIK": "PV",
    "WEA": "WIND",
    "WKA": "WIND",
    "BIO": "BIOMASSE",
}
UNIT_TYPES: Final = UnitTypes(GENERATION_TYPES, CONSUMPTION_TYPES, ALIASES)


def scaled(profile_wh: int, norm_kwh_annum: int, kwh_annum: int) -> int:
    """What a profile says of a yearly consumption of `kwh_annum`, in whole Wh (halves up)."""
    return (2 * profile_wh * kwh_annum + norm_kwh_annum) // (2 * norm_kwh_annum)


def latest(blocks: list[IssuedBlock], begin: int, end: int) -> dict[SeriesKey, dict[int, Forecast]]:
    """The forecast that holds for each series and quarter hour from `begin` until before `end`.

    A blank says nothing, so it replaces nothing.
    """
    found: dict[SeriesKey, dict[int, Forecast]] = {}
    for issued in sorted(blocks, key=lambda one: one.issue.rank):
        slots = found.setdefault(issued.block.series.key, {})
        for slot, energy in _values(issued.block, begin, end):
            slots[slot] = Forecast(slot, issued.block.series, energy, issued.issue)
    return found


def _values(block: Block, begin: int, end: int) -> Iterator[tuple[int, int]]:
    first = max(0, -(-(begin - block.start) // QUARTER_S))
    last = max(first, min(len(block.values), -(-(end - block.start) // QUARTER_S)))
    for index, energy in enumerate(block.values[first:last], start=first):
        if energy is not None:
            yield block.start + index * QUARTER_S, energy

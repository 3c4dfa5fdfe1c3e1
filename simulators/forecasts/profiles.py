"""Load profiles: BDEW's of 1999 and of 2025 from their published tables; heat pumps' and cars' are drawn.

BDEW's figures come from the data files of demandlib (MIT), which this module reads as they are: demandlib's own
functions know no change of time. Every year of a profile sums to its norm.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import holidays

LOCAL: Final = ZoneInfo("Europe/Berlin")
QUARTER_S: Final = 900
STATE: Final = "RP"
"""Rhineland-Palatinate: whose public holidays count."""

DayKind = Literal["workday", "saturday", "sunday"]
Season = Literal["winter", "transition", "summer"]
_Shape = Callable[[datetime], float]

# fmt: off
_WP: Final = (118, 122, 126, 128, 126, 116, 96, 88, 86, 84, 80, 74,
     78, 86, 80, 78, 82, 94, 104, 106, 104, 108, 112, 116)
_E0: Final = (150, 120, 92, 68, 48, 34, 26, 30, 38, 42, 48, 54,
     58, 60, 64, 76, 110, 164, 208, 222, 212, 200, 190, 172)
# fmt: on
"""The shape of a day by local hour, in percent of its mean."""
_WP_SEASONS: Final[Mapping[Season, float]] = {"winter": 1.9, "transition": 0.9, "summer": 0.2}
_E0_SEASONS: Final[Mapping[Season, float]] = {"winter": 1.1, "transition": 1.0, "summer": 0.9}

_BDEW_1999: Final = ("G0", "G1", "G2", "G3", "G4", "G5", "G6", "H0", "L0", "L1", "L2")
_BDEW_2025: Final = ("G25", "H25", "L25", "P25", "S25")
_DYNAMISED: Final = frozenset({"H0", "H25", "P25", "S25"})
_COLUMN_2025: Final[Mapping[DayKind, str]] = {"workday": "WT", "saturday": "SA", "sunday": "FT"}

TYPES: Final = ("H0", "WP", "E0")
"""What a workbook has when nothing else is asked for."""
CODES: Final = (*_BDEW_1999, *_BDEW_2025, "WP", "E0")
"""All that there are."""


def energy_kwh(unit_type: str, quarter: int, norm_kwh: float) -> float:
    """What a yearly consumption of `norm_kwh` uses in a quarter hour (its start in seconds since the epoch)."""
    local = datetime.fromtimestamp(quarter, LOCAL)
    return norm_kwh * _weight(unit_type, local) / _year_weight(unit_type, local.year)


def season_of(day: date) -> Season:
    """As VDEW 1999 has it: winter from 1 November to 20 March, summer from 15 May to 14 September."""
    place = (day.month, day.day)
    if place >= (11, 1) or place <= (3, 20):
        return "winter"
    return "summer" if (5, 15) <= place <= (9, 14) else "transition"


@lru_cache(maxsize=4096)
def kind_of(day: date) -> DayKind:
    """Public holidays are Sundays; 24 and 31 December are Saturdays unless they are Sundays (VDEW 1999)."""
    if day.weekday() == 6 or day in _holidays(day.year):
        return "sunday"
    return "saturday" if day.weekday() == 5 or (day.month, day.day) in ((12, 24), (12, 31)) else "workday"


def dynamics(day: date) -> float:
    """How the day of the year raises or lowers households' profile (BDEW's polynomial of the fourth degree)."""
    t = day.timetuple().tm_yday
    return -3.92e-10 * t**4 + 3.20e-7 * t**3 - 7.02e-5 * t**2 + 2.10e-3 * t + 1.24


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv=STATE, years=year))


def _weight(unit_type: str, local: datetime) -> float:
    shape = _SHAPES.get(unit_type)
    if shape is None:
        raise ValueError(f"{unit_type} is no profile of the generator's; it has {', '.join(CODES)}")
    return shape(local) * (dynamics(local.date()) if unit_type in _DYNAMISED else 1.0)


@lru_cache(maxsize=64)
def _year_weight(unit_type: str, year: int) -> float:
    begin, end = (int(datetime(y, 1, 1, tzinfo=LOCAL).astimezone(UTC).timestamp()) for y in (year, year + 1))
    return sum(_weight(unit_type, datetime.fromtimestamp(quarter, LOCAL)) for quarter in range(begin, end, QUARTER_S))


def _drawn(hours: tuple[int, ...], seasons: Mapping[Season, float]) -> _Shape:
    def shape(local: datetime) -> float:
        part = (local.minute + 7.5) / 60
        level = hours[local.hour] * (1 - part) + hours[(local.hour + 1) % 24] * part
        return level * seasons[season_of(local.date())]

    return shape


def _of_1999(code: str) -> _Shape:
    """Three seasons, three kinds of days; a value a quarter hour."""

    def shape(local: datetime) -> float:
        day = local.date()
        return _table_1999()[code, season_of(day), kind_of(day)][_place(local)]

    return shape


def _of_2025(code: str) -> _Shape:
    """Twelve months, three kinds of days; a value a quarter hour."""

    def shape(local: datetime) -> float:
        return _table_2025(code)[local.month, _COLUMN_2025[kind_of(local.date())]][_place(local)]

    return shape


_SHAPES: Final[Mapping[str, _Shape]] = {
    **{code: _of_1999(code) for code in _BDEW_1999},
    **{code: _of_2025(code) for code in _BDEW_2025},
    "WP": _drawn(_WP, _WP_SEASONS),
    "E0": _drawn(_E0, _E0_SEASONS),
}


def _place(local: datetime) -> int:
    return local.hour * 4 + local.minute // 15


@cache
def _table_1999() -> Mapping[tuple[str, Season, DayKind], tuple[float, ...]]:
    """`selp_series.csv`: a week in each season, a row a quarter hour, a column a profile."""
    kinds: Mapping[str, DayKind] = {"1": "workday", "6": "saturday", "7": "sunday"}
    found: dict[tuple[str, Season, DayKind], list[float]] = {}
    with _data("selp_series.csv").open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            kind = kinds.get(row["weekday"])
            season: Season | None = next((s for s in _WP_SEASONS if s == row["period"]), None)
            if kind is not None and season is not None:
                for code in _BDEW_1999:
                    found.setdefault((code, season, kind), []).append(float(row[code.lower()]))
    return {key: tuple(values) for key, values in found.items()}


@cache
def _table_2025(code: str) -> Mapping[tuple[int, str], tuple[float, ...]]:
    """`h25.csv` and its like: a row a quarter hour, three columns a month."""
    with _data(f"{code.lower()}.csv").open(encoding="utf-8", newline="") as text:
        months, kinds, *rows = csv.reader(text)
    order = list(dict.fromkeys(months[1:]))
    return {
        (order.index(months[column]) + 1, kinds[column]): tuple(float(row[column]) for row in rows)
        for column in range(1, len(months))
    }


def _data(name: str) -> Path:
    return Path(str(distribution("demandlib").locate_file(f"demandlib/bdew/bdew_data/{name}")))

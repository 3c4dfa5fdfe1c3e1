"""Load profiles in the manner of BDEW's: three seasons, three kinds of days, a year that sums to the norm.

The shapes are drawn, not copied: a utility's own are licensed to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

LOCAL: Final = ZoneInfo("Europe/Berlin")
QUARTER_S: Final = 900
DayKind = Literal["workday", "saturday", "sunday"]
Season = Literal["winter", "transition", "summer"]

# fmt: off
_H0: Final[Mapping[DayKind, tuple[int, ...]]] = {
    "workday": (52, 40, 34, 32, 34, 46, 82, 110, 106, 98, 98, 110,
     128, 118, 98, 92, 100, 128, 168, 192, 182, 150, 112, 76),
    "saturday": (62, 48, 38, 34, 33, 38, 56, 92, 122, 136, 140, 148,
     152, 138, 118, 112, 118, 138, 168, 178, 162, 138, 112, 84),
    "sunday": (66, 50, 40, 34, 32, 34, 44, 74, 116, 146, 166, 190,
     188, 150, 122, 112, 112, 128, 158, 168, 156, 136, 108, 78),
}
_WP: Final = (118, 122, 126, 128, 126, 116, 96, 88, 86, 84, 80, 74,
     78, 86, 80, 78, 82, 94, 104, 106, 104, 108, 112, 116)
_E0: Final = (150, 120, 92, 68, 48, 34, 26, 30, 38, 42, 48, 54,
     58, 60, 64, 76, 110, 164, 208, 222, 212, 200, 190, 172)
# fmt: on
"""The shape of a day by local hour, in percent of its mean."""

_SEASONS: Final[Mapping[str, Mapping[Season, float]]] = {
    "H0": {"winter": 1.0, "transition": 1.0, "summer": 1.0},
    "WP": {"winter": 1.9, "transition": 0.9, "summer": 0.2},
    "E0": {"winter": 1.1, "transition": 1.0, "summer": 0.9},
}
TYPES: Final = tuple(_SEASONS)


def energy_kwh(unit_type: str, quarter: int, norm_kwh: float) -> float:
    """What a yearly consumption of `norm_kwh` uses in a quarter hour (its start in seconds since the epoch)."""
    year = datetime.fromtimestamp(quarter, LOCAL).year
    return norm_kwh * _weight(unit_type, quarter) / _year_weight(unit_type, year)


def season_of(day: date) -> Season:
    """As VDEW 1999 has it: winter from 1 November to 20 March, summer from 15 May to 14 September."""
    place = (day.month, day.day)
    if place >= (11, 1) or place <= (3, 20):
        return "winter"
    return "summer" if (5, 15) <= place <= (9, 14) else "transition"


def kind_of(day: date) -> DayKind:
    """24 and 31 December are Saturdays unless they are Sundays; public holidays with a fixed date are Sundays."""
    if day.weekday() == 6 or (day.month, day.day) in ((1, 1), (5, 1), (10, 3), (11, 1), (12, 25), (12, 26)):
        return "sunday"
    return "saturday" if day.weekday() == 5 or (day.month, day.day) in ((12, 24), (12, 31)) else "workday"


def dynamics(day: date) -> float:
    """How the day of the year raises or lowers households' profile (BDEW's polynomial of the fourth degree)."""
    t = day.timetuple().tm_yday
    return -3.92e-10 * t**4 + 3.20e-7 * t**3 - 7.02e-5 * t**2 + 2.10e-3 * t + 1.24


def _weight(unit_type: str, quarter: int) -> float:
    local = datetime.fromtimestamp(quarter, LOCAL)
    day = local.date()
    shape = {"WP": _WP, "E0": _E0}.get(unit_type) or _H0[kind_of(day)]
    part = (local.minute + 7.5) / 60
    level = shape[local.hour] * (1 - part) + shape[(local.hour + 1) % 24] * part
    return level * _SEASONS[unit_type][season_of(day)] * (dynamics(day) if unit_type == "H0" else 1.0)


@lru_cache(maxsize=16)
def _year_weight(unit_type: str, year: int) -> float:
    begin, end = (int(datetime(y, 1, 1, tzinfo=LOCAL).astimezone(UTC).timestamp()) for y in (year, year + 1))
    return sum(_weight(unit_type, quarter) for quarter in range(begin, end, QUARTER_S))

"""Time in one place: quarter hours by their start in UTC, days by Europe/Berlin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from services.shared.times import LOCAL, MAX_EPOCH, from_wall, iso, local_day, parse_epoch, parse_moment, slots_of

__all__ = [
    "LOCAL",
    "MAX_EPOCH",
    "QUARTER_S",
    "day_blocks",
    "from_wall",
    "iso",
    "local_candidates",
    "local_day",
    "parse_epoch",
    "parse_moment",
    "quarters_of",
]

QUARTER_S: Final = 900


def quarters_of(day: date) -> range:
    """The starts of a day's quarter hours: 96, on the days of the change of time 92 or 100."""
    return slots_of(day, QUARTER_S)


def local_candidates(day: date, minute: int) -> tuple[int, ...]:
    """The moments that a clock on the wall shows as `minute` (0 to 1440) of `day`.

    None in the hour that is left out in spring, two in the hour that comes twice in autumn, else one.
    """
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    found = []
    for fold in (0, 1):
        moment = naive.replace(tzinfo=LOCAL, fold=fold).astimezone(UTC)
        if moment.astimezone(LOCAL).replace(tzinfo=None) == naive:
            found.append(int(moment.timestamp()))
    return tuple(sorted(set(found)))


def day_blocks(quarters: Sequence[int]) -> list[tuple[int, int]]:
    """Cuts ascending quarter hours into runs without a gap, none longer than a local day: (first, after the last)
    as indexes."""
    blocks: list[tuple[int, int]] = []
    begin = 0
    for index in range(1, len(quarters) + 1):
        ends = index == len(quarters) or quarters[index] != quarters[index - 1] + QUARTER_S
        if ends or local_day(quarters[index]) != local_day(quarters[begin]):
            blocks.append((begin, index))
            begin = index
    return blocks

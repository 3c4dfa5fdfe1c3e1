"""Time in one place: quarter hours by their start in UTC, days by Europe/Berlin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

QUARTER_S: Final = 900
LOCAL: Final = ZoneInfo("Europe/Berlin")
MAX_EPOCH: Final = 4_102_444_800
"""1 January 2100: nothing is forecast for later, and everything before it fits the chain's 32 bits."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+ -]\d\d:?\d\d)?)?", re.ASCII)


def quarters_of(day: date) -> range:
    """The starts of a day's quarter hours: 96, on the days of the change of time 92 or 100."""
    return range(_midnight(day), _midnight(day + timedelta(days=1)), QUARTER_S)


def local_day(epoch: int) -> date:
    """The day in Europe/Berlin that holds a moment."""
    return datetime.fromtimestamp(epoch, LOCAL).date()


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


def parse_moment(text: str) -> datetime:
    """A time in UTC from ISO 8601; without an offset it means Europe/Berlin, a day alone its midnight.

    ValueError on anything else, and on a local time that does not exist or exists twice.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError("must be an ISO 8601 time such as 2026-11-22T10:15 or 2026-11-22T09:15:00Z")
    day, clock, offset = match.groups()
    # "+" arrives as a blank from clients that do not encode it
    written = f"{day}T{clock or '00:00'}{(offset or '').replace(' ', '+')}"
    try:
        moment = datetime.fromisoformat(written)
        found = moment.astimezone(UTC) if moment.tzinfo is not None else _from_wall(moment)
    except (ValueError, OverflowError) as error:
        raise ValueError(str(error) if str(error).startswith("is ") else "is not a time that exists") from error
    if not 0 <= found.timestamp() < MAX_EPOCH:
        raise ValueError("must lie between 1970 and 2100")
    return found


def parse_epoch(text: str) -> int:
    """`parse_moment` as whole seconds since the epoch. ValueError on a fraction of a second, too."""
    moment = parse_moment(text)
    if moment.microsecond:
        raise ValueError("must be a whole second")
    return int(moment.timestamp())


def from_wall(moment: datetime) -> datetime:
    """A naive time in Europe/Berlin as UTC. ValueError when it does not exist or exists twice."""
    return _from_wall(moment)


def iso(epoch: int) -> str:
    """`2026-11-22T09:15:00Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _from_wall(moment: datetime) -> datetime:
    first, second = (moment.replace(tzinfo=LOCAL, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        raise ValueError("is ambiguous or left out at the change of time: give it with an offset or Z")
    return first


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=LOCAL).timestamp())

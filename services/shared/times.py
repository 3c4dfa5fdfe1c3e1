"""Times at the edge: ISO 8601 in and out, days by Europe/Berlin."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LOCAL: Final = ZoneInfo("Europe/Berlin")
MAX_EPOCH: Final = 4_102_444_800
"""1 January 2100: nothing is traded or forecast for later, and everything before it fits the chain's 32 bits."""

WHEN: Final = r"^[0-9T:.+Z -]{10,40}$"
"""What a parameter that holds a time looks like; `parse_moment` says whether it is one."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+ -]\d\d:?\d\d)?)?", re.ASCII)


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
        found = moment.astimezone(UTC) if moment.tzinfo is not None else from_wall(moment)
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


def parse_day(text: str) -> date:
    """A day such as 2026-11-22, from 1970 to 2099. ValueError on anything else."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError("must be a day such as 2026-11-22")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is not a day that exists") from error
    if not 1970 <= day.year < 2100:
        raise ValueError("must lie between 1970 and 2099")
    return day


def from_wall(moment: datetime) -> datetime:
    """A naive time in Europe/Berlin as UTC. ValueError when it does not exist or exists twice."""
    first, second = (moment.replace(tzinfo=LOCAL, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        raise ValueError("is ambiguous or left out at the change of time: give it with an offset or Z")
    return first


def local_day(epoch: int) -> date:
    """The day in Europe/Berlin that holds a moment."""
    return datetime.fromtimestamp(epoch, LOCAL).date()


def slots_of(day: date, slot_s: int) -> range:
    """The starts of a day's slots: of quarter hours 96, on the days of the change of time 92 or 100."""
    return range(_midnight(day), _midnight(day + timedelta(days=1)), slot_s)


def iso(epoch: int) -> str:
    """`2026-11-22T09:15:00Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=LOCAL).timestamp())

"""The time column: what a cell says, and which quarter hours a column of them means.

A wall's clock shows some times twice in autumn and some never in spring. The order of the rows decides: each row is the
quarter hour after the one before it. Whatever does not fit that is refused, never guessed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from services.forecast_connector.domain.times import LOCAL, MAX_EPOCH, QUARTER_S, local_candidates, local_day

_DAY_MINUTES: Final = 1440
_TOLERANCE_S: Final = 1.0
"""Excel's times are fractions of a day: they lie a little beside the minute that they mean."""

_EXCEL_EPOCH: Final = date(1899, 12, 30)
_SERIALS: Final = range(20_000, 80_000)
"""Days of the years 1954 to 2119, as Excel counts them."""

DAYS_OF_1904: Final = 1462
"""By so many days the count of a workbook with Apple's old date system (1904) is behind Excel's usual one."""

_ISO_DAY = r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)"
_GERMAN_DAY = r"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})"
_CLOCK = r"(?P<h>\d\d?)(?P<a>[ABab])?:(?P<min>\d\d)(?::(?P<s>\d\d)(?:\.0+)?)? ?(?P<b>[ABab])?(?: ?Uhr)?"
_DAYS = [re.compile(form, re.ASCII) for form in (_ISO_DAY, _GERMAN_DAY)]
_CLOCK_ONLY = re.compile(_CLOCK, re.ASCII)
_MOMENTS = [re.compile(rf"{form}[T ]+{_CLOCK}", re.ASCII) for form in (_ISO_DAY, _GERMAN_DAY)]
_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.0+)?)?(Z|\+0[012]:?00)", re.ASCII)
_RANGE = re.compile(r"(.+?) ?[-\u2013] ?(\d\d?[ABab]?:\d\d(?::\d\d)?(?: ?Uhr)?)")


@dataclass(frozen=True, slots=True)
class Label:
    """What a cell shows: a minute (0 to 1440) of a day, or of the sheet's day when `day` is None.

    `fold` tells the two hours of autumn apart where the cell does (2A, 2B); `epoch` is set where it leaves no doubt.
    """

    minute: int = 0
    day: date | None = None
    fold: int | None = None
    epoch: int | None = None


def parse_label(value: object, serial_days: int = 0) -> Label:
    """Read a cell of the time column. ValueError says why it is none.

    `serial_days` are added to a bare number that is a date: DAYS_OF_1904 where the workbook counts from there.
    """
    if isinstance(value, datetime):
        return _of_datetime(value)
    if isinstance(value, time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
        return Label(_quarter(seconds))
    if isinstance(value, timedelta):
        return Label(_quarter(value.total_seconds()))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_serial(float(value), serial_days)
    if isinstance(value, str):
        return _of_text(" ".join(value.split()))
    raise ValueError(f"a {type(value).__name__} is no time")


def parse_day(value: object, serial_days: int = 0) -> date:
    """Read a day: an Excel date or a text such as 23.11.2026 or 2026-11-23. ValueError. `serial_days`: as above."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        if value == int(value) and int(value) + serial_days in _SERIALS:
            return _EXCEL_EPOCH + timedelta(days=int(value) + serial_days)
    elif isinstance(value, str):
        for form in _DAYS:
            if match := form.fullmatch(value.strip()):
                return _day(match)
    raise ValueError("no day such as 23.11.2026 or 2026-11-23")


def _of_datetime(moment: datetime) -> Label:
    if moment.tzinfo is not None:
        return Label(epoch=_on_quarter(moment.timestamp()))
    if moment.year <= 1904:
        # Excel's day 0 or 1: a time alone; its day 1 is the 24:00 that ends a list of times
        days = 1 if moment.date() in (date(1900, 1, 1), date(1899, 12, 31), date(1904, 1, 2)) else 0
        return Label(_quarter(days * 86400 + _seconds(moment)))
    return _on_day(moment.date(), _seconds(moment))


def _seconds(moment: datetime) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6


def parse_serial(value: float, serial_days: int = 0) -> datetime:
    """The time on the wall, to the second, that Excel's count of days means. ValueError."""
    days = math.floor(value + serial_days) if math.isfinite(value) else 0
    if days not in _SERIALS:
        raise ValueError(f"{value:g} is no time")
    midnight = datetime.combine(_EXCEL_EPOCH + timedelta(days=days), time())
    return midnight + timedelta(seconds=round((value + serial_days - days) * 86400))


def _of_serial(value: float, serial_days: int) -> Label:
    if not math.isfinite(value) or value < 0:
        raise ValueError("no time")
    if value <= 1:
        return Label(_quarter(value * 86400))
    moment = parse_serial(value, serial_days)
    return _on_day(moment.date(), _seconds(moment))


def _of_text(text: str) -> Label:
    if len(text) > 60:
        raise ValueError("too long for a time")
    if _OFFSET.fullmatch(text):
        try:
            return Label(epoch=_on_quarter(datetime.fromisoformat(text).timestamp()))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{text!r} is no time") from error
    if (match := _RANGE.fullmatch(text)) and (label := _of_clock(match[1])) is not None:
        end = _of_clock(match[2])
        # 02:45 to 02:00, to 03:00: across the change of time the clock says little about the length
        if end is None or (end.minute - label.minute) % _DAY_MINUTES not in (15, 75, _DAY_MINUTES - 45):
            raise ValueError(f"{text!r} is not a quarter hour")
        return label
    label = _of_clock(text)
    if label is None:
        raise ValueError(f"{text[:40]!r} is no time such as 10:15, 23.11.2026 10:15 or 2026-11-23T10:15")
    return label


def _of_clock(text: str) -> Label | None:
    for form in _MOMENTS:
        if match := form.fullmatch(text):
            label = _clock(match)
            return Label(label.minute, _day(match), label.fold)
    match = _CLOCK_ONLY.fullmatch(text)
    return None if match is None else _clock(match)


def _clock(match: re.Match[str]) -> Label:
    hour, minute, second = int(match["h"]), int(match["min"]), int(match["s"] or 0)
    if minute > 59 or second > 59:
        raise ValueError(f"{match[0]!r} is no time")
    mark = match["a"] or match["b"]
    return Label(_quarter(hour * 3600 + minute * 60 + second), fold="AB".index(mark.upper()) if mark else None)


def _day(match: re.Match[str]) -> date:
    try:
        return date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError as error:
        raise ValueError(f"{match[0]!r} is no day of the calendar") from error


def _on_day(day: date, seconds: float) -> Label:
    """A time shortly before midnight, by Excel's rounding, is the next day's 00:00."""
    minute = _quarter(seconds)
    return Label(0, day + timedelta(days=1)) if minute == _DAY_MINUTES else Label(minute, day)


def _quarter(seconds: float) -> int:
    """The minute of the day that is meant; a quarter hour begins then."""
    quarter = round(seconds / QUARTER_S)
    if abs(seconds - quarter * QUARTER_S) > _TOLERANCE_S or not 0 <= quarter <= 96:
        raise ValueError("no quarter hour begins at this time")
    return quarter * 15


def _on_quarter(timestamp: float) -> int:
    quarter = round(timestamp / QUARTER_S)
    if abs(timestamp - quarter * QUARTER_S) > _TOLERANCE_S:
        raise ValueError("no quarter hour begins at this time")
    return quarter * QUARTER_S


@dataclass(frozen=True, slots=True)
class Clock:
    """How a sheet's labels are to be read: `day` where they name none, `utc` instead of Europe/Berlin, and whether
    they are the ends of quarter hours."""

    day: date | None = None
    utc: bool = False
    ends: bool = False


Labelled = tuple[int, Label]
"""A row's number and its label."""


def resolve(labels: Sequence[Labelled], clock: Clock) -> Iterator[tuple[int, int | str]]:
    """The row and the quarter hour (its start, epoch) of each label in turn; a text instead where it is wrong."""
    shown = Counter((label.day, label.minute, label.fold) for _, label in labels)
    before: int | None = None
    for row, label in labels:
        try:
            repeats = shown[(label.day, label.minute, label.fold)] > 1
            slot = _follow(before, _candidates(label, clock), repeats)
        except ValueError as error:
            before = None
            yield row, str(error)
            continue
        before = slot
        yield row, slot


def _candidates(label: Label, clock: Clock) -> tuple[int, ...]:
    shift = QUARTER_S if clock.ends else 0
    if label.epoch is not None:
        return (_within(label.epoch - shift),)
    day = label.day or clock.day
    if day is None:
        raise ValueError("the time says no day, nor does the sheet: give it beside 'Datum', or as the sheet's name")
    minute = label.minute or (_DAY_MINUTES if clock.ends and label.day is None else 0)
    if minute == _DAY_MINUTES and not clock.ends:
        raise ValueError("24:00 begins no quarter hour; if these are ends, call the column 'Ende'")
    if clock.utc:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return (_within(int(midnight.timestamp()) + minute * 60 - shift),)
    found = local_candidates(day, minute)
    if not found:
        raise ValueError(f"this time does not exist on {day}: the clocks are put forward, the day has 92 quarter hours")
    if label.fold is not None:
        if len(found) == 1:
            raise ValueError("A and B tell the two hours from 2 to 3 of the last Sunday in October apart, no others")
        found = (found[label.fold],)
    return tuple(_within(moment - shift) for moment in found)


def _within(epoch: int) -> int:
    if not 0 <= epoch < MAX_EPOCH:
        raise ValueError("the time does not lie between 1970 and 2100")
    return epoch


def _follow(before: int | None, candidates: tuple[int, ...], repeats: bool) -> int:
    """Which of the candidates it is, after the row `before`."""
    if before is not None and before + QUARTER_S in candidates:
        return before + QUARTER_S
    if len(candidates) == 2:
        if before is None and repeats:
            return candidates[0]
        raise ValueError("this time comes twice on this day: give both hours, as 2A and 2B or one after the other")
    slot = candidates[0]
    if before is None:
        return slot
    if slot <= before:
        raise ValueError("this time does not come after the one in the row before")
    if _begins_a_day(slot) and _begins_a_day(before + QUARTER_S):
        return slot
    raise ValueError(_hole(before, slot))


def _begins_a_day(slot: int) -> bool:
    moment = datetime.fromtimestamp(slot, LOCAL)
    return (moment.hour, moment.minute) == (0, 0)


def _hole(before: int, slot: int) -> str:
    missing = (slot - before) // QUARTER_S - 1
    text = f"{missing} quarter hours are missing before this row; give each a row and leave blank what is not known"
    day = local_day(slot)
    offsets = {datetime.fromtimestamp(moment, LOCAL).utcoffset() for moment in (before, slot)}
    if len(offsets) == 2:
        return f"{text} ({day} has 100 quarter hours: the hour from 2 to 3 comes twice)"
    return text

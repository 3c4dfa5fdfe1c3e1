"""What a sheet says above its table, and where the table begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from services.forecast_connector.domain.times import from_wall, parse_moment
from services.forecast_connector.workbook import words
from services.forecast_connector.workbook.findings import Findings, cell_name
from services.forecast_connector.workbook.labels import parse_day, parse_serial
from services.forecast_connector.workbook.words import NOTHING, Head

Row = tuple[Any, ...]
_SEARCHED_ROWS: Final = 40
_GERMAN_MOMENTS: Final = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y, %H:%M")


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for a whole sheet; None where it says nothing. `issued_at` is in seconds since the epoch."""

    issued_at: int | None = None
    day: date | None = None
    utc: bool | None = None
    head: Head = NOTHING

    def over(self, general: Facts) -> Facts:
        """With what the workbook's notes say in general."""
        head = Head(unit=self.head.unit or general.head.unit, norm=_first(self.head.norm, general.head.norm))
        return Facts(
            _first(self.issued_at, general.issued_at),
            _first(self.day, general.day),
            _first(self.utc, general.utc),
            head,
        )


def _first(own: Any, other: Any) -> Any:
    return own if own is not None else other


def is_blank(value: object) -> bool:
    """Whether a cell says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def find_table(rows: Sequence[Row]) -> int | None:
    """The index of the row with the table's heads: times first, and nothing but words."""
    for index, row in enumerate(rows[:_SEARCHED_ROWS]):
        cells = [cell for cell in row if not is_blank(cell)]
        if len(cells) < 2 or not all(isinstance(cell, str) for cell in cells) or _is_fact(cells):
            continue
        if any(words.word(cell) in words.DAY_WORDS | words.START_WORDS | words.END_WORDS for cell in cells[:2]):
            return index
    return None


def _is_fact(cells: Sequence[str]) -> bool:
    """`Datum: 23.11.2026` is no head."""
    if len(cells) != 2 or words.word(cells[0]) not in words.DAY_WORDS:
        return False
    try:
        parse_day(cells[1])
    except ValueError:
        return False
    return True


def read_facts(sheet: str, rows: Sequence[Row], findings: Findings, serial_days: int = 0) -> Facts:
    """What rows of a name and a value say: issue time, day, time zone, unit of measure, norm. Others say nothing.

    `serial_days`: as `parse_label` takes it.
    """
    facts = Facts()
    for number, row in enumerate(rows[:_SEARCHED_ROWS], start=1):
        cells = [(column, cell) for column, cell in enumerate(row) if not is_blank(cell)]
        if len(cells) < 2:
            continue
        name, (column, value) = words.word(cells[0][1]), cells[1]
        try:
            facts = _with(facts, name, value, serial_days)
        except ValueError as error:
            findings.add(f"{cells[0][1]}: {error}", sheet, cell_name(number, column))
    return facts


def _with(facts: Facts, name: str, value: object, serial_days: int) -> Facts:
    if name in words.ISSUE_WORDS:
        return replace(facts, issued_at=_moment(value, serial_days))
    if name in words.DAY_WORDS:
        return replace(facts, day=parse_day(value, serial_days))
    if name in words.ZONE_WORDS:
        return replace(facts, utc=_is_utc(value))
    if name in words.UNIT_WORDS:
        return replace(facts, head=replace(facts.head, unit=words.read_unit(value)))
    if name in words.NORM_WORDS:
        return replace(facts, head=replace(facts.head, norm=words.read_norm(value)))
    return facts


def _moment(value: object, serial_days: int) -> int:
    """A time of issue: an Excel date or a text, in Europe/Berlin where it names no offset."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = parse_serial(float(value), serial_days)
    if isinstance(value, str):
        text = " ".join(value.split()).removesuffix(" Uhr")
        for form in _GERMAN_MOMENTS:
            try:
                value = datetime.strptime(text, form)
                break
            except ValueError:
                continue
        else:
            return int(parse_moment(text).timestamp())
    if not isinstance(value, datetime):
        raise ValueError("must be a time such as 22.11.2026 06:00 or 2026-11-22T06:00")
    if value.tzinfo is not None:
        return int(value.timestamp())
    rounded = (value + timedelta(milliseconds=500)).replace(microsecond=0)
    return int(from_wall(rounded).timestamp())


def _is_utc(value: object) -> bool:
    name = value.strip().lower() if isinstance(value, str) else ""
    if name in ("utc", "gmt", "z"):
        return True
    if name in ("europe/berlin", "mez/mesz", "cet/cest", "lokal", "local", "ortszeit"):
        return False
    raise ValueError("a time zone that is known here is UTC or Europe/Berlin")


def day_in_name(sheet: str) -> date | None:
    """The day that a sheet's name is, or ends with."""
    for part in (sheet, sheet.rpartition(" ")[2], sheet.rpartition("_")[2]):
        try:
            return parse_day(part.strip())
        except ValueError:
            continue
    return None


def docs_time(moment: datetime | None) -> int | None:
    """A time among a workbook's properties, which are in UTC."""
    return None if moment is None else int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())

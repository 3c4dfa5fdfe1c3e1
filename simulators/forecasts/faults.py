"""Workbooks as they must not be: each with one fault that has happened to somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from simulators.forecasts.region import Column, DayForecast, Plant, forecast
from simulators.forecasts.workbooks import rows_of, write

PLANT = Plant("SEE900000000119", 9.9)
DAY = date(2026, 11, 23)
_HEADS, _UNITS, _NORMS, _FIRST = 4, 5, 6, 7
"""Rows of the sheet, counted from 0."""

Rows = list[list[Any]]


def _edited(edit: Callable[[Rows], object], day: date = DAY) -> bytes:
    rows = rows_of(forecast(day, (PLANT,)))
    edit(rows)
    return write({"Prognose": rows})


def _cell(row: int, column: int, value: Any) -> bytes:
    def edit(rows: Rows) -> None:
        rows[row][column] = value

    return _edited(edit)


def _all_rows(day: date, missing_fold: bool) -> bytes:
    """96 rows, whatever the day: as a sheet that knows no change of time has them."""
    plain = forecast(day, (PLANT,))
    midnight = datetime(day.year, day.month, day.day)
    rows = rows_of(plain)[:_FIRST]
    rows += [[midnight + timedelta(minutes=15 * slot), 0.1, 20.0, 20.0, 20.0] for slot in range(96)]
    assert missing_fold == (len(plain.quarters) == 100)  # noqa: S101 - a wrong day would be no fault at all
    return write({"Prognose": rows})


def _truncated() -> bytes:
    whole = write({"Prognose": rows_of(forecast(DAY, (PLANT,)))})
    return whole[: len(whole) // 2]


def _twice(rows: Rows) -> None:
    for row in rows[_HEADS:]:
        row.append(row[1])


def _no_units(rows: Rows) -> None:
    del rows[_UNITS]


def _no_norms(rows: Rows) -> None:
    del rows[_NORMS]


def _hole(rows: Rows) -> None:
    del rows[_FIRST + 40]


def _swapped(rows: Rows) -> None:
    rows[_FIRST + 3], rows[_FIRST + 4] = rows[_FIRST + 4], rows[_FIRST + 3]


def _hourly(rows: Rows) -> None:
    rows[_FIRST:] = rows[_FIRST::4]


def _blank(rows: Rows) -> None:
    for row in rows[_FIRST:]:
        row[1:] = [None] * (len(row) - 1)


def _future() -> bytes:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return write({"Prognose": rows_of(forecast(DAY, (PLANT,), issued_at=tomorrow))})


def _unknown_type() -> bytes:
    plain: DayForecast = forecast(DAY, (PLANT,))
    strange = Column("XY7", plain.columns[0].values)
    return write({"Prognose": rows_of(replace(plain, columns=(*plain.columns, strange)))})


FAULTS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "truncated": (_truncated, "no workbook that can be read", ""),
    "no_zip": (lambda: b"Datum;Wert\n23.11.2026;1,5\n", "no workbook that can be read", ""),
    "empty": (lambda: b"", "no workbook that can be read", ""),
    "no_table": (lambda: write({"Prognose": [["Guten Tag"], ["anbei", "die Prognose"]]}), "no table", ""),
    "no_unit": (lambda: _edited(_no_units), "no unit of measure", "B5"),
    "no_norm": (lambda: _edited(_no_norms), "says no norm", "C5"),
    "wrong_unit": (lambda: _cell(_UNITS, 1, "PS"), "no unit of measure that is known", "B6"),
    "two_units": (lambda: _cell(_HEADS, 1, "PV SEE900000000119 [kW]"), "two things are said", "B6"),
    "mistyped_number": (lambda: _cell(_HEADS, 1, "PV SEE900000000110"), "check digit", "B5"),
    "unknown_type": (_unknown_type, "not known", "F5"),
    "garbage": (lambda: _cell(_FIRST + 5, 1, "viel"), "is no number", "B13"),
    "error_cell": (lambda: _cell(_FIRST + 5, 1, "#DIV/0!"), "formula gives the error", "B13"),
    "thousands": (lambda: _cell(_FIRST + 5, 1, "1.234"), "thousands or a decimal point", "B13"),
    "negative": (lambda: _cell(_FIRST + 5, 1, -0.5), "not negative", "B13"),
    "too_large": (lambda: _cell(_FIRST + 5, 1, 1e12), "too large", "B13"),
    "truth": (lambda: _cell(_FIRST + 5, 1, True), "truth value", "B13"),
    "no_time": (lambda: _cell(_FIRST + 5, 0, None), "without a time", "A13"),
    "odd_time": (lambda: _cell(_FIRST + 5, 0, datetime(2026, 11, 23, 1, 20)), "no quarter hour begins", "A13"),
    "hole": (lambda: _edited(_hole), "1 quarter hours are missing", "A48"),
    "swapped": (lambda: _edited(_swapped), "missing before this row", "A11"),
    "hourly": (lambda: _edited(_hourly), "3 quarter hours are missing", "A9"),
    "twice": (lambda: _edited(_twice), "stands twice", ""),
    "blank": (lambda: _edited(_blank), "not a single value", ""),
    "future": (_future, "lies in the future", ""),
    "spring_96": (lambda: _all_rows(date(2026, 3, 29), False), "does not exist", "A16"),
    "autumn_96": (lambda: _all_rows(date(2026, 10, 25), True), "100 quarter hours", "A20"),
}
"""Name -> how to make it, what the refusal says, and the first cell that it names ("" where it is the whole)."""

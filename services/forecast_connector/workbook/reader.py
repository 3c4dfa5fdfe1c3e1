"""A workbook's bytes into blocks, by openpyxl. All of it is read or nothing."""

from __future__ import annotations

import gc
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from services.forecast_connector.domain.series import Block, SeriesKey, UnitTypes
from services.forecast_connector.domain.times import QUARTER_S
from services.forecast_connector.workbook import container, words
from services.forecast_connector.workbook.columns import TimeColumns
from services.forecast_connector.workbook.findings import (
    Finding,
    Findings,
    TooManyFindingsError,
    WorkbookRefused,
    cell_name,
)
from services.forecast_connector.workbook.frame import (
    Facts,
    Row,
    day_in_name,
    docs_time,
    find_table,
    is_blank,
    read_facts,
)
from services.forecast_connector.workbook.labels import DAYS_OF_1904
from services.forecast_connector.workbook.tables import Table

MAX_ROWS: Final = 200_000
"""A year is 35,040 quarter hours; a list holds some series of it."""

MAX_COLUMNS: Final = 5000
MAX_CELLS: Final = 5_000_000
"""Some 400 MB of numbers."""

MAX_AHEAD_S: Final = 3600
"""A clock that is wrong by more would make a forecast that no later one replaces."""


@dataclass(frozen=True)
class Workbook:
    """What a workbook says. `issued_at` in seconds since the epoch."""

    issued_at: int
    blocks: tuple[Block, ...]

    @property
    def values(self) -> int:
        """How many quarter hours of any series it says something about."""
        return sum(1 for block in self.blocks for value in block.values if value is not None)

    @property
    def series(self) -> int:
        """How many series it says something about."""
        return len({block.series.key for block in self.blocks})


@dataclass(frozen=True)
class _Sheet:
    """`serial_days`: what a bare number that is a date lacks to Excel's usual count of days."""

    name: str
    rows: list[Row]
    part: str
    marks: container.Sheet
    serial_days: int


def read_workbook(content: bytes, *, types: UnitTypes, now: int, file_time: int) -> Workbook:
    """Raises WorkbookRefused.

    Its time of issue stands in a cell beside 'Ausgegeben am' (or the like), else among the workbook's properties
    (last modified); `file_time`, that of the file, is the last resort.
    """
    findings = Findings()
    try:
        with _without_collection():
            sheets, modified = _open(content)
        issued_at, blocks = _read(content, sheets, types, findings)
        if not findings.items and not blocks:
            findings.add(
                "not a single value; if they are formulas, open and save it in Excel, so that results are kept"
            )
        issued = issued_at if issued_at is not None else modified if modified is not None else file_time
        if issued > now + MAX_AHEAD_S:
            findings.add(
                "its time of issue lies in the future: a later forecast could not replace it; correct the clock"
            )
    except TooManyFindingsError:
        raise WorkbookRefused(findings.items) from None
    if findings.items:
        raise WorkbookRefused(findings.items)
    return Workbook(issued, tuple(blocks))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Cells are millions of objects without a cycle among them: looking for some costs a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _open(content: bytes) -> tuple[list[_Sheet], int | None]:
    """The sheets that people see; what the others hold counts for nothing, and a table among them is refused."""
    marks = container.inspect(content)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it leaves out: no value is among them
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            days = DAYS_OF_1904 if book.epoch == CALENDAR_MAC_1904 else 0
            sheets = []
            budget = MAX_CELLS
            for sheet in book.worksheets:
                rows = _rows(sheet, budget)
                budget -= sum(map(len, rows))
                if sheet.sheet_state == "visible":
                    part: str = getattr(sheet, "_worksheet_path")  # noqa: B009 - the stub knows no read-only sheets
                    sheets.append(_Sheet(sheet.title, rows, part, marks.get(part, container.Sheet(False, ())), days))
                elif find_table(rows) is not None:
                    text = "a hidden sheet with a table: nobody sees whether it counts; show or delete it"
                    raise WorkbookRefused([Finding(text, sheet.title)])
            return sheets, docs_time(book.properties.modified)
    except WorkbookRefused:
        raise
    except Exception as error:
        # a broken file may break openpyxl or its XML parser anywhere
        raise container.broken(error) from error


def _rows(sheet: Any, budget: int) -> list[Row]:
    # a size that the sheet states wrongly would cut rows off
    sheet.reset_dimensions()
    rows: list[Row] = []
    blank = cells = 0
    for padded in sheet.iter_rows(values_only=True):
        width = len(padded)
        while width and padded[width - 1] is None:
            width -= 1
        if not width:
            blank += 1
            continue
        cells += width
        rows += [()] * blank
        blank = 0
        rows.append(padded[:width])
        if len(rows) > MAX_ROWS:
            raise WorkbookRefused([Finding(f"more than {MAX_ROWS} rows; split it by days", sheet.title)])
        if width > MAX_COLUMNS:
            raise WorkbookRefused([Finding(f"more than {MAX_COLUMNS} columns; split it", sheet.title)])
        if cells > budget:
            raise WorkbookRefused([Finding(f"more than {MAX_CELLS} cells; split it by days", sheet.title)])
    return rows


def _read(
    content: bytes, sheets: Sequence[_Sheet], types: UnitTypes, findings: Findings
) -> tuple[int | None, list[Block]]:
    general = Facts()
    tables: list[tuple[_Sheet, int]] = []
    for sheet in sheets:
        head = find_table(sheet.rows)
        if head is not None:
            tables.append((sheet, head))
        elif sheet.name.strip().lower() in words.NOTE_SHEETS:
            general = general.over(read_facts(sheet.name, sheet.rows, findings, sheet.serial_days))
        elif any(not is_blank(cell) for row in sheet.rows for cell in row):
            findings.add("no table: a row of heads whose first is 'Zeit', 'Datum' or the like", sheet.name)
    blocks: list[Block] = []
    seen: dict[SeriesKey, list[tuple[Block, str]]] = {}
    issued: dict[int, str] = {} if general.issued_at is None else {general.issued_at: "notes"}
    for sheet, head in tables:
        _refuse_what_is_not_said(content, sheet, head, findings)
        own = read_facts(sheet.name, sheet.rows[:head], findings, sheet.serial_days)
        facts = own.over(general)
        if facts.issued_at is not None:
            issued.setdefault(facts.issued_at, sheet.name)
        if facts.day is None:
            facts = replace(facts, day=day_in_name(sheet.name))
        table = Table(
            sheet.name, sheet.rows[head], head + 1, sheet.rows[head + 1 :], facts, types, findings, sheet.serial_days
        )
        blocks += _once(table.blocks(), sheet.name, seen, findings)
    if len(issued) > 1:
        findings.add("its sheets say different times of issue; make a workbook of each issue")
    return next(iter(issued), None), blocks


def _refuse_what_is_not_said(content: bytes, sheet: _Sheet, head: int, findings: Findings) -> None:
    """Cells that look filled to people and are blank in the file: they would be lost without a word."""
    if sheet.marks.has_formulas:
        for cell in container.formulas_without_result(content, sheet.part):
            findings.add("a formula without a result; open the workbook in Excel and save it", sheet.name, cell)
    time = TimeColumns.among(sheet.rows[head])
    days = frozenset() if time is None else time.idle | ({time.day} if time.day is not None else set())
    for merged in sheet.marks.merged:
        left, top, right, bottom = (number or 0 for number in range_boundaries(merged))
        if bottom > head and not (left == right and left - 1 in days):
            text = f"the cells {merged} are merged: only the first of them has a value; unmerge them"
            findings.add(text, sheet.name, cell_name(top, left - 1))


def _once(
    blocks: Sequence[Block], sheet: str, seen: dict[SeriesKey, list[tuple[Block, str]]], findings: Findings
) -> Iterator[Block]:
    """Of two values for the same quarter hour of the same series, nobody knows which holds."""
    for block in blocks:
        known = seen.setdefault(block.series.key, [])
        other = next((name for before, name in known if _clash(before, block)), None)
        if other is not None:
            findings.add(f"{block.series.words} stands twice for a quarter hour, also in sheet {other!r}", sheet)
        known.append((block, sheet))
        yield block


def _clash(one: Block, other: Block) -> bool:
    if one.end <= other.start or other.end <= one.start:
        return False
    said = {one.start + index * QUARTER_S for index, value in enumerate(one.values) if value is not None}
    return any(
        value is not None and other.start + index * QUARTER_S in said for index, value in enumerate(other.values)
    )

"""A workbook's bytes into blocks, by openpyxl. All of it is read or nothing."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from services.forecast_connector.domain.series import Block, SeriesKey, UnitTypes
from services.forecast_connector.domain.times import QUARTER_S
from services.forecast_connector.workbook import words
from services.forecast_connector.workbook.findings import Finding, Findings, TooManyFindingsError, WorkbookRefused
from services.forecast_connector.workbook.frame import (
    Facts,
    Row,
    day_in_name,
    docs_time,
    find_table,
    is_blank,
    read_facts,
)
from services.forecast_connector.workbook.tables import Table

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MAX_ROWS: Final = 200_000
"""A year is 35,040 quarter hours; a list holds some series of it."""

MAX_COLUMNS: Final = 5000
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


@dataclass(frozen=True)
class _Sheet:
    name: str
    rows: list[Row]


def read_workbook(content: bytes, *, types: UnitTypes, now: int, file_time: int) -> Workbook:
    """Raises WorkbookRefused.

    Its time of issue stands in a cell beside 'Ausgegeben am' (or the like), else among the workbook's properties
    (last modified); `file_time`, that of the file, is the last resort.
    """
    findings = Findings()
    try:
        sheets, modified = _open(content)
        issued_at, blocks = _read(sheets, types, findings)
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


def _open(content: bytes) -> tuple[list[_Sheet], int | None]:
    _check_size(content)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it leaves out: no value is among them
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            sheets = [_Sheet(sheet.title, _rows(sheet)) for sheet in book.worksheets]
            return sheets, docs_time(book.properties.modified)
    except WorkbookRefused:
        raise
    except (InvalidFileException, zipfile.BadZipFile, OSError) as error:
        raise _broken(error) from error
    except Exception as error:
        # a broken file may break openpyxl or its XML parser anywhere
        raise _broken(error) from error


def _broken(error: Exception) -> WorkbookRefused:
    return WorkbookRefused([Finding(f"no workbook that can be read ({type(error).__name__}); save it as .xlsx again")])


def _check_size(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise WorkbookRefused([Finding(f"larger than {MAX_BYTES // 2**20} MiB; split it by days")])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise _broken(error) from error
    if unpacked > MAX_UNPACKED_BYTES:
        raise WorkbookRefused(
            [Finding(f"larger than {MAX_UNPACKED_BYTES // 2**20} MiB when unpacked; split it by days")]
        )


def _rows(sheet: Any) -> list[Row]:
    # a size that the sheet states wrongly would cut rows off
    sheet.reset_dimensions()
    rows: list[Row] = []
    for row in sheet.iter_rows(values_only=True):
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise WorkbookRefused([Finding(f"more than {MAX_ROWS} rows; split it by days", sheet.title)])
        if len(row) > MAX_COLUMNS:
            raise WorkbookRefused([Finding(f"more than {MAX_COLUMNS} columns; split it", sheet.title)])
    return rows


def _read(sheets: Sequence[_Sheet], types: UnitTypes, findings: Findings) -> tuple[int | None, list[Block]]:
    general = Facts()
    tables: list[tuple[_Sheet, int]] = []
    for sheet in sheets:
        head = find_table(sheet.rows)
        if head is not None:
            tables.append((sheet, head))
        elif sheet.name.strip().lower() in words.NOTE_SHEETS:
            general = general.over(read_facts(sheet.name, sheet.rows, findings))
        elif any(not is_blank(cell) for row in sheet.rows for cell in row):
            findings.add("no table: a row of heads whose first is 'Zeit', 'Datum' or the like", sheet.name)
    blocks: list[Block] = []
    seen: dict[SeriesKey, list[tuple[Block, str]]] = {}
    issued: dict[int, str] = {} if general.issued_at is None else {general.issued_at: "notes"}
    for sheet, head in tables:
        own = read_facts(sheet.name, sheet.rows[:head], findings)
        facts = own.over(general)
        if facts.issued_at is not None:
            issued.setdefault(facts.issued_at, sheet.name)
        if facts.day is None:
            facts = Facts(facts.issued_at, day_in_name(sheet.name), facts.utc, facts.head)
        table = Table(sheet.name, sheet.rows[head], head + 1, sheet.rows[head + 1 :], facts, types, findings)
        blocks += _once(table.blocks(), sheet.name, seen, findings)
    if len(issued) > 1:
        findings.add("its sheets say different times of issue; make a workbook of each issue")
    return next(iter(issued), None), blocks


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

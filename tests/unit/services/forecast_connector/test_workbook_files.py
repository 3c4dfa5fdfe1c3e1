"""Workbooks that no reader should trust: what they are is said, nothing is lost, and memory is bounded."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet

from services.forecast_connector.domain.series import UNIT_TYPES
from services.forecast_connector.workbook.findings import WorkbookRefused
from services.forecast_connector.workbook.reader import Workbook, read_workbook
from simulators.forecasts.faults import DAY, PLANT
from simulators.forecasts.files import BOMBS, FILES, edited, with_result
from simulators.forecasts.region import forecast

NOW = max(int(time.time()), int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()))
"""Workbooks that are changed here say this machine's time."""

MEMORY_MIB = 600
"""Of a reader's whole address space; Python with openpyxl has some 300."""


def read(content: bytes) -> Workbook:
    return read_workbook(content, types=UNIT_TYPES, now=NOW, file_time=NOW - 5)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_is_no_plain_workbook_is_refused_for_what_it_is(name: str) -> None:
    make, text, cell = FILES[name]
    with pytest.raises(WorkbookRefused) as refused:
        read(make())
    finding = refused.value.findings[0]
    assert text in finding.text
    assert finding.cell == cell
    assert not cell or finding.sheet == "Prognose"


def test_bombs_are_refused_in_little_memory() -> None:
    """In a process of its own, which the system holds to the limit."""
    program = f"""
import resource
from services.forecast_connector.domain.series import UNIT_TYPES
from services.forecast_connector.workbook.findings import WorkbookRefused
from services.forecast_connector.workbook.reader import read_workbook
from simulators.forecasts.files import BOMBS
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_MIB} << 20,) * 2)
for name, (make, _) in BOMBS.items():
    try:
        read_workbook(make(), types=UNIT_TYPES, now={NOW}, file_time=0)
    except WorkbookRefused as refusal:
        print(name, refusal, sep=": ")
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=400, check=False)
    found = dict(line.split(": ", 1) for line in told.stdout.splitlines())
    assert set(found) == set(BOMBS), told.stderr
    assert [name for name, (_, text) in BOMBS.items() if text not in found[name]] == []


def test_a_formulas_result_counts_and_one_that_gave_an_empty_text_is_blank() -> None:
    (block,) = read(with_result("n", 4)).blocks
    assert block.values == (4000,)
    with pytest.raises(WorkbookRefused, match="not a single value"):
        read(with_result("str", ""))
    with pytest.raises(WorkbookRefused, match="formula without a result"):
        read(with_result("n", ""))


def test_merged_cells_of_a_title_or_of_the_day_lose_nothing_and_a_hidden_list_says_nothing() -> None:
    def edit(book: Book, sheet: Worksheet) -> None:
        sheet.merge_cells("A1:E1")
        lists = book.create_sheet("Listen")
        lists.append(["kW", "kWh"])
        lists.sheet_state = "veryHidden"

    made = forecast(DAY, (PLANT,))
    assert read(edited(edit)).values == len(made.columns) * len(made.quarters)

    def by_day(book: Book, sheet: Worksheet) -> None:
        del book["Prognose"]
        days = book.create_sheet("Tage")
        for row in (["Datum", "von", f"{PLANT.mastr_nr} [kWh]"], [DAY, "10:00", 1], [None, "10:15", 2]):
            days.append(row)
        days.merge_cells("A2:A3")

    (block,) = read(edited(by_day)).blocks
    assert block.values == (1000, 2000)


@pytest.mark.parametrize("epoch", [CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904])
@pytest.mark.parametrize("dated", [True, False], ids=["dates", "bare numbers"])
def test_dates_are_read_by_the_workbooks_own_date_system(epoch: datetime, dated: bool) -> None:
    """1900 and 1904 (ECMA-376, 18.17.4.1), as dates and as the bare numbers that a lost format leaves."""
    issued = datetime(2026, 11, 22, 6)
    begin = datetime(DAY.year, DAY.month, DAY.day, 10)

    def edit(book: Book, _sheet: Worksheet) -> None:
        book.epoch = epoch
        del book["Prognose"]
        sheet = book.create_sheet("P")

        def shown(moment: datetime) -> object:
            return moment if dated else (moment - epoch).total_seconds() / 86_400 + 2e-7

        sheet.append(["Stand", shown(issued)])
        sheet.append(["Zeit", f"{PLANT.mastr_nr} [kWh]"])
        for quarter in range(4):
            sheet.append([shown(begin + timedelta(minutes=15 * quarter)), quarter])

    found = read(edited(edit))
    (block,) = found.blocks
    assert found.issued_at == int(datetime(2026, 11, 22, 5, tzinfo=UTC).timestamp())
    assert (block.start, block.values) == (
        int(datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()),
        (0, 1000, 2000, 3000),
    )

"""Whatever lies in the folder: it is read or refused, and nothing else happens."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.forecast_connector.domain.series import UNIT_TYPES
from services.forecast_connector.workbook.findings import WorkbookRefused
from services.forecast_connector.workbook.reader import read_workbook
from simulators.forecasts.faults import DAY, PLANT
from simulators.forecasts.region import forecast
from simulators.forecasts.workbooks import Rows, rows_of, workbook, write

NOW = 1_800_000_000
GOOD = workbook(forecast(DAY, (PLANT,)))
WORDS = st.sampled_from(
    [
        *("Zeit", "Datum", "bis", "H0 [kWh]", "PV", "Wert [kW]", "Typ", "MaStR-Nr", "Einheit", "Norm", "Stand", "Art"),
        *("23.11.2026", "10:00", "10:15", "2A:00", "24:00", "1000 kWh/a", "absolut", "1,5", "1.234", "Summe", "UTC"),
        PLANT.mastr_nr,
    ]
)
CELLS = st.one_of(
    WORDS,
    st.none(),
    st.integers(-5, 50_000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.datetimes(datetime(1900, 3, 1), datetime(2200, 1, 1)),
    st.times(time(0, 0)),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=12),
)
GRIDS = st.lists(st.lists(CELLS, max_size=5), max_size=8)


def is_read_or_refused(content: bytes) -> bool:
    try:
        found = read_workbook(content, types=UNIT_TYPES, now=NOW, file_time=NOW)
    except WorkbookRefused as refused:
        return bool(refused.findings)
    return found.values > 0


@settings(max_examples=150, deadline=None)
@given(GRIDS, st.sampled_from(["Prognose", "Info", "23.11.2026"]))
def test_any_grid_is_read_or_refused(grid: list[list[Any]], name: str) -> None:
    assert is_read_or_refused(write({name: grid}))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 12), st.integers(0, 4), CELLS)
def test_any_cell_of_a_good_workbook_may_be_replaced(row: int, column: int, cell: Any) -> None:
    rows: list[list[Any]] = [list(one) for one in rows_of(forecast(DAY, (PLANT,)))]
    rows[row] = (rows[row] + [None] * 5)[:5]
    rows[row][column] = cell
    changed: Rows = rows
    assert is_read_or_refused(write({"Prognose": changed}))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.booleans())
def test_any_broken_byte_or_cut_is_read_or_refused(place: int, change: int, cut: bool) -> None:
    broken = bytearray(GOOD)
    broken[place] ^= change
    assert is_read_or_refused(bytes(broken[:place] if cut else broken))

"""Workbooks as utilities write them, and as they must not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from services.forecast_connector.domain.series import NORM_KWH, UNIT_TYPES, Block, Series, UnitTypes
from services.forecast_connector.domain.times import quarters_of
from services.forecast_connector.workbook.findings import MOST, WorkbookRefused, cell_name
from services.forecast_connector.workbook.reader import Workbook, read_workbook
from simulators.forecasts.faults import DAY, FAULTS, PLANT
from simulators.forecasts.region import Column, forecast
from simulators.forecasts.workbooks import STYLES, Rows, rows_of, workbook
from simulators.forecasts.workbooks import write as write_at

NOW = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
NR = PLANT.mastr_nr
write = partial(write_at, modified=datetime(2026, 11, 22, 8, tzinfo=UTC))
"""Not now: this machine's clock goes on, NOW does not."""

TIMES = [datetime(2026, 11, 23, 10), datetime(2026, 11, 23, 10, 15)]


def read(content: bytes, types: UnitTypes = UNIT_TYPES) -> Workbook:
    return read_workbook(content, types=types, now=NOW, file_time=NOW - 5)


def blocks(*rows: list[Any], sheet: str = "Prognose") -> dict[Series, tuple[int | None, ...]]:
    return {block.series: block.values for block in read(write({sheet: rows})).blocks}


def refusal(*rows: list[Any], **others: Rows) -> str:
    with pytest.raises(WorkbookRefused) as refused:
        read(write({"Prognose": rows, **others}))
    return str(refused.value)


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 3, 29), date(2026, 10, 25)])
def test_all_styles_say_the_same_on_days_of_96_92_and_100_quarter_hours(style: str, day: date) -> None:
    made = forecast(day, (PLANT,))
    found = read(workbook(made, STYLES[style]))
    assert found.issued_at == int(made.issued_at.timestamp())
    assert {block.series for block in found.blocks} == {
        Series("PV", "generation", NR),
        *(Series(code, "consumption", norm_kwh_annum=NORM_KWH) for code in ("H0", "WP", "E0")),
    }
    expected = {
        column.unit_type: tuple(round(value * 1000) for value in column.values if value is not None)
        for column in made.columns
    }
    for block in found.blocks:
        assert (block.start, len(block.values)) == (made.quarters[0], len(quarters_of(day)))
        wanted = expected[block.series.unit_type]
        assert all(abs((value or 0) - other) <= 1 for value, other in zip(block.values, wanted, strict=True))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_faulty_workbook_is_refused_with_sheet_and_cell(name: str) -> None:
    make, text, cell = FAULTS[name]
    with pytest.raises(WorkbookRefused) as refused:
        read(make())
    finding = refused.value.findings[0]
    assert text in finding.text
    assert finding.cell == cell
    assert not cell or finding.sheet == "Prognose"
    assert len(refused.value.findings) <= MOST


def test_blank_cells_are_not_zero() -> None:
    found = blocks(["Zeit", f"{NR} [kWh]"], [TIMES[0], 0], [TIMES[1], None], [TIMES[1] + timedelta(minutes=15), " "])
    assert found == {Series("SEE", "generation", NR): (0, None, None)}


def test_the_norm_of_a_profile_may_stand_in_the_head_in_a_row_or_above_the_table() -> None:
    wanted = {Series("H0", "consumption", norm_kwh_annum=NORM_KWH): (28_000,)}
    assert blocks(["Zeit", "H0 (kWh, 1.000 kWh/a)"], [TIMES[0], 0.028]) == wanted
    assert blocks(["Zeit", "H0 [Wh] je 1 MWh/a"], [TIMES[0], 28]) == wanted
    assert blocks(["Zeit", "H0 kW"], ["Norm", "1000000"], [TIMES[0], 112]) == wanted
    assert blocks(
        ["Norm:", 1000], ["Einheit", "kWh"], [], ["Zeit", "Haushalt", f"PV {NR}"], [TIMES[0], "0,028", 1]
    ) == {
        **wanted,
        Series("PV", "generation", NR): (1000,),
    }


def test_the_sum_of_a_type_is_no_profile() -> None:
    assert blocks(["Zeit", "H0 [kWh]", "PV [kWh]"], ["Norm", "absolut", None], [TIMES[0], 5, 7]) == {
        Series("H0", "consumption"): (5000,),
        Series("PV", "generation"): (7000,),
    }


def test_notes_speak_for_the_whole_workbook_and_sheets_are_days() -> None:
    notes: Rows = [["Stand", "22.11.2026 06:00"], ["Einheit", "kW"], ["Ansprechpartner", "Handel"]]
    table: Rows = [["Uhrzeit", f"PV {NR}"], ["10:00", 4], ["10:15", 8]]
    found = read(write({"Info": notes, "23.11.2026": table, "Tag 2026-11-24": table}))
    assert found.issued_at == int(datetime(2026, 11, 22, 5, tzinfo=UTC).timestamp())
    assert [(block.values, block.start % 86_400) for block in found.blocks] == [((1000, 2000), 9 * 3600)] * 2


def test_a_day_stands_once_and_a_sum_at_the_end_says_nothing() -> None:
    found = blocks(
        ["Nr.", "Datum", "von", "bis", f"PV {NR} in kWh"],
        [1, "23.11.2026", "10:00", "10:15", 1],
        [2, None, "10:15", "10:30", 2],
        [None, None, "Summe", None, 3],
    )
    assert found == {Series("PV", "generation", NR): (1000, 2000)}


def test_ends_are_ends() -> None:
    found = read(write({"Prognose": [["Datum", "bis", f"PV {NR} [kWh]"], ["23.11.2026", "10:15", 1]]})).blocks
    assert found[0].start == int(datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp())


def test_without_a_time_of_issue_the_properties_or_the_file_tell_it() -> None:
    rows: Rows = [["Zeit", f"{NR} [kWh]"], [TIMES[0], 1]]
    modified = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    assert read(write({"P": rows}, modified=modified)).issued_at == int(modified.timestamp())


def test_what_is_not_said_is_not_guessed() -> None:
    assert "stands twice" in refusal(["Zeit", f"{NR} [kWh]", f"PV {NR} [kWh]"], [TIMES[0], 1, 2])
    assert "more than one of its unit types" in refusal(["Zeit", "H0 WP [kWh]"], [TIMES[0], 1])
    assert "more than one of its units of measure" in refusal(["Zeit", "H0 kW kWh"], [TIMES[0], 1])
    assert "column without a head" in refusal(["Zeit", f"{NR} [kWh]"], [TIMES[0], 1, 2])
    assert "neither a unit type" in refusal(["Zeit", "[kWh]"], [TIMES[0], 1])
    assert "a norm belongs to a profile" in refusal(["Zeit", "PV [kWh]"], ["Norm", 1000], [TIMES[0], 1])
    assert "time zone" in refusal(["Zeitzone", "Mars"], ["Zeit", f"{NR} [kWh]"], [TIMES[0], 1])
    assert "different times of issue" in refusal(
        ["Stand", "22.11.2026 06:00"],
        ["Zeit", f"{NR} [kWh]"],
        [TIMES[0], 1],
        Info=[["Stand", "22.11.2026 07:00"], ["a", "b"]],
    )


def test_an_ambiguous_time_of_issue_is_refused() -> None:
    text = refusal(["Stand", "25.10.2026 02:30"], ["Zeit", f"{NR} [kWh]"], [TIMES[0], 1])
    assert "B1" in text
    assert "ambiguous" in text


def test_a_list_is_refused_where_it_does_not_say_what_a_row_is() -> None:
    heads = ["Zeit", "MaStR-Nr", "Typ", "Wert", "Einheit", "Art"]
    good = [TIMES[0], NR, "PV", 1, "kWh", "Erzeugung"]
    assert blocks(heads, good) == {Series("PV", "generation", NR): (1000,)}
    assert "E2: no unit of measure" in refusal(heads, [*good[:4], "PS", None])
    assert "F2: neither Erzeugung nor" in refusal(heads, [*good[:5], "beides"])
    assert "C2: no unit type's code" in refusal(heads, [*good[:2], 7, *good[3:]])
    assert "not known in a list" in refusal([*heads, "Farbe"], [*good, "rot"])


def test_types_of_the_utilitys_own_are_told_by_configuration_or_by_the_sheet() -> None:
    rows: Rows = [["Zeit", "NM [kWh]"], ["Norm", 1000], [TIMES[0], 1]]
    with pytest.raises(WorkbookRefused, match="NM is not known"):
        read(write({"P": rows}))
    types = UnitTypes(UNIT_TYPES.generation, UNIT_TYPES.consumption | {"NM"}, {"EP1": "WP"})
    assert read(write({"P": rows}), types).blocks[0].series.unit_type == "NM"
    told: Rows = [["Zeit", "NM [kWh]"], ["Norm", 1000], ["Art", "Verbrauch"], [TIMES[0], 1]]
    assert read(write({"P": told})).blocks[0].series.kind == "consumption"


def test_blocks_are_cut_at_local_midnight() -> None:
    made = forecast(DAY, (PLANT,))
    following = forecast(DAY + timedelta(days=1), (PLANT,))
    both = replace(
        made,
        quarters=made.quarters + following.quarters,
        columns=tuple(
            Column(one.unit_type, one.values + other.values, one.mastr_nr, one.norm_kwh)
            for one, other in zip(made.columns, following.columns, strict=True)
        ),
    )
    found: tuple[Block, ...] = read(write({"P": rows_of(both)})).blocks
    assert sorted({block.start for block in found}) == [made.quarters[0], following.quarters[0]]


def test_cells_are_named_as_people_see_them() -> None:
    assert [cell_name(1, column) for column in (0, 25, 26, 701, 702)] == ["A1", "Z1", "AA1", "ZZ1", "AAA1"]

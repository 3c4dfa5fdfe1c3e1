"""What an export has beside units: how records become rows, which of them a region keeps, and what is counted."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from services.mastr_connector import beside
from services.mastr_connector.comparing import dangling, distinct
from services.mastr_connector.domain import Region
from services.mastr_connector.packs import FOUND_BY, packed, rank
from services.mastr_connector.quick import is_wanted
from services.mastr_connector.streams import Member, root_of
from services.mastr_connector.tables import ALL, GONE_TABLE, TABLES, Task, Told, documents

STORAGE = "AnlagenStromSpeicher"
KEPT = {"MaStRNummer": "SSE900000000011", "VerknuepfteEinheitenMaStRNummern": "SEE900000000011, SEE900000000029"}


def made(
    table: str, records: list[dict[str, str]], wanted: dict[str, frozenset[str]] | None = None
) -> tuple[Any, Told]:
    """The documents of these records, and what is told of them."""
    told = Told()
    member = Member(f"{table}.xml", table, 0, 1, 0)
    task = Task(ALL[table], member, Region(), wanted or {})
    return list(documents(task, records, told)), told


def test_a_plant_has_its_capacity_and_its_units() -> None:
    record = KEPT | {"NutzbareSpeicherkapazitaet": "7.5", "AnlageBetriebsstatus": "35", "Neu": "x", "Frist_nv": "1"}
    ((row,), _) = made(STORAGE, [record])
    assert row == {
        "_id": "SSE900000000011",
        "kind": "storage",
        "units": ["SEE900000000011", "SEE900000000029"],
        "capacity_kwh": 7.5,
        "operating_status": "in_operation",
        "more": {"Neu": "x"},
    }


@pytest.mark.parametrize("text", ["x", "-1", "nan", "1e99", "inf"])
def test_what_is_no_amount_is_left_out(text: str) -> None:
    ((row,), _) = made(STORAGE, [KEPT | {"NutzbareSpeicherkapazitaet": text}])
    assert "capacity_kwh" not in row


def test_a_record_without_a_number_is_counted() -> None:
    for number in ("", " ", "S" * 41):
        ((row,), told) = made(STORAGE, [KEPT | {"MaStRNummer": number}])
        assert (row, told.seen["without_number"]) == (None, 1)


def test_every_table_makes_rows_that_are_found_by_their_fields() -> None:
    for table in TABLES:
        if table.collection == "actors":
            continue
        numbers = ("MastrNummer", "MaStRNummer", "NetzanschlusspunktMastrNummer", *(each for each, _ in table.linked))
        record = dict.fromkeys(numbers, "SNE900000000011") | {"Id": "7", "KatalogKategorieId": "1", "Wert": "b"}
        ((row,), _) = made(table.name, [record])
        by = FOUND_BY[table.collection]
        assert not by or [field for field in by if field in row], table.name
        assert row["_id"]


def test_a_region_keeps_what_belongs_to_one_of_its_units() -> None:
    element = "VerknuepfteEinheitenMaStRNummern"
    for kept in ("SEE900000000011", "SEE900000000029"):
        assert is_wanted(KEPT, {element: frozenset({kept})})
    assert not is_wanted(KEPT, {element: frozenset({"SEE900000000037"})})
    assert not is_wanted(KEPT, {element: frozenset()})
    ((row,), _) = made(STORAGE, [KEPT], {element: frozenset({"SEE900000000029"})})
    assert row is not None


def test_changes_of_one_unit_are_told_apart_by_their_content() -> None:
    change = {"EinheitMastrNummer": "SEE900000000011", "Netzbetreiberzuordnungsaenderungsdatum": "2025-01-01"}
    other = change | {"Netzbetreiberzuordnungsaenderungsdatum": "2026-01-01"}
    (rows, _) = made("EinheitenAenderungNetzbetreiberzuordnungen", [change, other, change])
    assert rows[0]["_id"] == rows[2]["_id"] != rows[1]["_id"]
    assert {row["unit_mastr_nr"] for row in rows} == {"SEE900000000011"}
    assert beside.operator_change({"LokationMastrNummer": "SEL900000000011"}) is None


def test_small_ids_of_different_lists_do_not_meet() -> None:
    names = ("Katalogwerte", "Einheitentypen", "Lokationstypen", "Marktfunktionen", "Marktrollen")
    rows = [made(name, [{"Id": "1", "Wert": name}])[0][0] for name in names]
    assert len({row["_id"] for row in rows}) == len(names)


def test_units_that_are_gone_are_told_by_number() -> None:
    (_, told) = made(GONE_TABLE.name, [{"EinheitMastrNummer": "SEE900000000011", "EinheitSystemstatus": "572"}])
    assert told.gone == ["SEE900000000011"]


def test_packs_hold_all_rows_in_order_under_different_names() -> None:
    rows = [{"_id": str(number)} for number in range(250)]
    packs = list(packed(rows, "file/0"))
    assert [len(pack["rows"]) for pack in packs] == [100, 100, 50]
    assert [row for pack in packs for row in pack["rows"]] == rows
    assert len({pack["_id"] for pack in packs}) == 3


def test_of_two_rows_of_one_number_the_later_one_counts_whoever_comes_first() -> None:
    old, new = {"_id": "a", "stamp": "2025"}, {"_id": "a", "stamp": "2026"}
    same = {"_id": "a", "stamp": "2026", "b": 1}
    assert rank(old) < rank(new)
    assert rank(new) != rank(same)
    assert rank({"stamp": "2026", "_id": "a"}) == rank(new)


@pytest.mark.parametrize("parts", [1, 5])
def test_distinct_and_dangling_numbers_are_counted_exactly(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.mastr_connector.comparing._AT_ONCE", 1000 // parts)
    ids = array("q", [hash(f"SEE{number}") for number in range(1000)])
    assert distinct(ids) == 1000
    assert distinct(ids + ids[:7]) == 1000
    assert dangling(array("q", [hash(f"SEE{number}") for number in range(990, 1015)]), ids) == 15
    assert dangling(array("q", [1, 2]), array("q")) == 2
    assert distinct(array("q")) == 0


@pytest.mark.parametrize(
    ("head", "root"),
    [
        ('\ufeff<?xml version="1.0" encoding="utf-16"?>\r\n<Netze>'.encode("utf-16-le"), "Netze"),
        ("\ufeff<!-- a <b> --><Netze/>".encode("utf-16-be"), "Netze"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Netze x='1'>", "Netze"),
        (b"<Netze", None),
        (b"", None),
        (b"PK\x03\x04", None),
        (b"\xff\xfe<", None),
    ],
)
def test_a_root_is_read_of_the_begin_of_a_file(head: bytes, root: str | None) -> None:
    assert root_of(head) == root


def test_the_tables_are_those_of_the_schemas() -> None:
    assert len([name for name in ALL if not name.startswith("EinheitenGeoSolar")]) == 38

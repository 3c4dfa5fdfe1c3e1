"""Imports of exports that are as they should be, and what is read afterwards."""

from __future__ import annotations

import json

import pytest

from simulators.mastr.defects import HARMLESS, TEST_NUMBER
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.kinds import KINDS, SOLAR
from simulators.mastr.numbers import mastr_number
from simulators.mastr.register import Register
from simulators.mastr.tables import GRID, GRID_OPERATOR
from tests.integration.mastr.stage import SMALL, Stage

PLANT = PLANTS[0]


@pytest.fixture(scope="module", autouse=True)
def imported(stage: Stage) -> dict[str, object]:
    return stage.done("/init", {"source": stage.export()})


def test_an_import_counts_every_unit_once(stage: Stage, imported: dict[str, object]) -> None:
    counted = imported["counts"]
    assert isinstance(counted, dict)
    generated = SMALL.counts()
    assert sum(counted.values()) == sum(generated.values()) + len(PLANTS) - 1  # one stands among the deleted too
    assert counted["storage"] == generated[KINDS[1]]
    seen = imported["seen"]
    assert isinstance(seen, dict)
    assert seen["twice"] == 2  # solar has three parts: the last of one is the first of the next
    assert seen["gone"] == 1
    assert seen["new_elements"] > 0
    assert "duplicate_at_border" in HARMLESS
    stored = imported["stored"]
    assert isinstance(stored, dict)
    assert stored["units"] == sum(counted.values())
    assert stored["locations"] == stored["connections"] == sum(generated.values()) + len(PLANTS)
    assert stored["grids"] == stored["areas"] == 1


def test_a_unit_is_given_in_the_connectors_words(stage: Stage) -> None:
    assert stage.get(f"/unit/{PLANT.mastr_nr}") == {
        "mastr_nr": PLANT.mastr_nr,
        "last_updated": "2026-09-10T22:00:11Z",  # midnight in Berlin
        "name": PLANT.name,
        "unit_type": "solar",
        "postcode": "54296",
        "town": "Trier",
        "gross_power_kw": 9.9,
        "operating_status": "in_operation",
        "operator_mastr_nr": PLANT.operator_nr,
        "municipality_key": "07211000",
        "longitude": None,  # so small a unit's is not published
        "latitude": None,
    }


def test_a_unit_is_given_with_its_connection_and_balancing_area(stage: Stage) -> None:
    found = stage.get(f"/unit/{PLANT.mastr_nr}/grid")
    assert found["unit"]["mastr_nr"] == PLANT.mastr_nr
    location = PLANT.mastr_nr.replace("SEE", "SEL")
    assert found["location"] == {"mastr_nr": location, "name": None, "kind": "electricity_generation"}
    (connection,) = found["connections"]
    assert connection["mastr_nr"].startswith("SAN")
    assert connection["voltage_level"] == "low"
    assert connection["grid"] == {"mastr_nr": GRID, "name": "Netz Trier"}
    assert connection["grid_operator"] == {"mastr_nr": GRID_OPERATOR, "name": None}
    assert connection["balancing_area"] == {"y_eic": "11Y0-0000-0901-X", "name": "Trier", "control_area": "Amprion"}
    assert "Bundesnetzagentur" in found["source"]
    assert "dl-de/by-2-0" in found["source"]


def test_a_unit_that_is_nowhere_or_unknown_says_so(stage: Stage) -> None:
    stage.db["extra_units"].insert_one({"_id": "WP-00000000000", "stamp": "", "unit_type": "WP"})
    found = stage.get("/unit/WP-00000000000/grid")
    stage.db["extra_units"].delete_one({"_id": "WP-00000000000"})
    assert (found["location"], found["connections"]) == (None, [])
    assert stage.call("GET", "/unit/WP-00000000000/grid").status_code == 404
    assert stage.call("GET", "/unit/nonsense/grid").status_code == 400


def test_a_reference_that_leads_nowhere_keeps_its_number(stage: Stage) -> None:
    locations = stage.db[stage.live()["locations"]]
    number = PLANTS[1].mastr_nr.replace("SEE", "SEL")
    removed = locations.find_one_and_delete({"_id": number})
    assert removed is not None
    try:
        found = stage.get(f"/unit/{PLANTS[1].mastr_nr}/grid")
    finally:
        locations.insert_one(removed)
    assert found["location"] == {"mastr_nr": number, "name": None, "kind": None}
    assert found["connections"] == []


def test_every_kind_of_unit_is_there(stage: Stage) -> None:
    for kind in KINDS:
        number = SMALL.unit_number(kind, 0)
        assert stage.get(f"/unit/{number}")["mastr_nr"] == number


def test_a_unit_that_is_not_in_the_register_is_a_404(stage: Stage) -> None:
    nobodys = mastr_number("SEE", 999)
    answer = stage.call("GET", f"/unit/{nobodys}")
    assert answer.status_code == 404
    assert nobodys in answer.get_json()["detail"]


def test_a_deleted_unit_is_not_in_the_copy(stage: Stage) -> None:
    assert stage.call("GET", f"/unit/{SMALL.unit_number(SOLAR, 5)}").status_code == 404


def test_an_operators_units_come_page_by_page(stage: Stage) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = stage.get(f"/marktakteur/{TEST_NUMBER}/units?limit=1{cursor}")
        seen += [unit["mastr_nr"] for unit in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) >= 3
    assert seen == sorted(set(seen))
    whole = stage.get(f"/marktakteur/{TEST_NUMBER}/units")
    assert [unit["mastr_nr"] for unit in whole["items"]] == seen


def test_an_operator_without_units_has_an_empty_list_and_an_unknown_one_is_a_404(stage: Stage) -> None:
    assert stage.get(f"/marktakteur/{PLANT.operator_nr}/units")["items"][0]["mastr_nr"] == PLANT.mastr_nr
    live = stage.live()
    owners = set(stage.db[live["units"]].distinct("operator_mastr_nr"))
    lonely = next(number for number in stage.db[live["actors"]].distinct("_id") if number not in owners)
    assert stage.get(f"/marktakteur/{lonely}/units") == {"items": [], "next_cursor": None}
    assert stage.call("GET", "/marktakteur/ABR999999999999/units").status_code == 404


def test_the_status_tells_of_the_import(stage: Stage, imported: dict[str, object]) -> None:
    status = stage.get("/status")
    assert status["counts"] == imported["counts"]
    assert status["last_init"]["export_day"] == "2026-09-11"
    assert status["last_update"] is None
    assert status["quota"] is None


def test_a_second_import_of_the_same_export_changes_nothing(stage: Stage) -> None:
    before, live = stage.documents(), stage.live()
    assert stage.done("/init", {"source": stage.export()})["unchanged"] is True
    assert stage.documents() == before
    assert stage.live() == live


def test_the_same_export_built_anew_gives_the_same_documents(stage: Stage) -> None:
    before, live = stage.documents(), stage.live()
    stage.db["state"].update_one({"_id": "live"}, {"$set": {"init.fingerprint": "another"}})
    assert stage.done("/init", {"source": stage.export()})["unchanged"] is False
    assert stage.documents() == before
    assert stage.live()["units"] != live["units"]


def test_a_folder_in_other_parts_holds_the_same(stage: Stage) -> None:
    before = stage.documents()
    folder = stage.export(per_file=1000, name="Gesamtdatenexport_20260911_26.1")
    assert stage.done("/init", {"source": folder})["seen"]["twice"] == 0
    assert json.loads(json.dumps(stage.documents(), default=str)) == json.loads(json.dumps(before, default=str))


def test_a_filter_keeps_the_region_and_its_operators(stage: Stage) -> None:
    result = stage.done(
        "/init", {"source": stage.export(), "filter": {"postcodes": ["54296"], "municipality_keys": ["07235068"]}}
    )
    expected = {
        unit["EinheitMastrNummer"]
        for kind in KINDS
        for unit in SMALL.units(kind)
        if unit["Postleitzahl"] == "54296" or unit["Gemeindeschluessel"] == "07235068"
    } - {SMALL.unit_number(SOLAR, 5)}
    live = stage.live()
    units = {unit["_id"]: unit for unit in stage.db[live["units"]].find()}
    assert set(units) == expected
    assert sum(result["counts"].values()) == len(expected)
    places = {unit["location_mastr_nr"] for unit in units.values()} | {SMALL.unit(SOLAR, 5)["LokationMaStRNummer"]}
    assert set(stage.db[live["locations"]].distinct("_id")) <= places
    assert stage.db[live["connections"]].count_documents({"location_mastr_nr": {"$nin": sorted(places)}}) == 0
    assert stage.get(f"/unit/{PLANT.mastr_nr}/grid")["connections"][0]["balancing_area"]["name"] == "Trier"
    actors = {actor["_id"] for actor in stage.db[live["actors"]].find()}
    assert PLANT.operator_nr in actors
    # the operator of the unit that is deleted was one when the units were read
    assert actors <= {unit["operator_mastr_nr"] for unit in units.values()} | {SMALL.operator_of(SOLAR, 5)}


def test_a_newer_export_replaces_the_copy_and_the_one_before_is_swept_up(stage: Stage) -> None:
    newer = Register(seed=8, size=120)
    stage.done("/init", {"source": stage.export(newer, name="other.zip")})
    assert stage.call("GET", f"/unit/{SMALL.unit_number(SOLAR, 3)}").status_code == 404
    assert stage.get(f"/unit/{newer.unit_number(SOLAR, 3)}")["unit_type"] == "solar"
    stage.done("/init", {"source": stage.export()})
    kept = [name for name in stage.db.list_collection_names() if name.startswith(("units_", "actors_"))]
    assert len(kept) == 4  # the live copy and the one before

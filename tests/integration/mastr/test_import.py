"""Imports of exports that are as they should be, and what is read afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.mastr_connector.bulk import Export
from services.mastr_connector.domain import Region
from services.mastr_connector.packs import found as found_rows
from services.mastr_connector.service import importing
from simulators.mastr import plants
from simulators.mastr.defects import HARMLESS, TEST_NUMBER
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.export import UNKNOWN_FILE
from simulators.mastr.kinds import KINDS, SOLAR, STORAGE
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
    assert stored["units"] == sum(counted.values())  # what is in two files is one thing
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
    recorded = {"_id": "WP-00000000000", "stamp": "", "unit_type": "WP", "last_updated": datetime.now(UTC)}
    stage.db["extra_units"].insert_one(recorded)
    found = stage.get("/unit/WP-00000000000/grid")
    stage.db["extra_units"].delete_one({"_id": "WP-00000000000"})
    assert (found["location"], found["connections"]) == (None, [])
    assert stage.call("GET", "/unit/WP-00000000000/grid").status_code == 404
    assert stage.call("GET", "/unit/nonsense/grid").status_code == 400


def test_a_reference_that_leads_nowhere_keeps_its_number_and_is_counted(
    stage: Stage, imported: dict[str, object]
) -> None:
    # the generator's defects, by their place in the file of solar units, which begins with the demonstration's
    found = stage.get(f"/unit/{SMALL.unit_number(SOLAR, 41 - len(PLANTS))}/grid")
    assert found["location"]["mastr_nr"].startswith("SEL")
    assert (found["location"]["kind"], found["connections"]) == (None, [])
    dangling = imported["dangling"]
    assert isinstance(dangling, dict)
    solar = len(PLANTS) + SMALL.counts()[SOLAR]
    assert dangling["location"] == len(range(41, solar, 97)) + len(range(41, SMALL.counts()[STORAGE], 97))
    assert dangling["eeg_plant"] == len(range(43, solar, 97))
    # test numbers are in no file of actors either
    assert dangling["operator"] == len(range(13, solar, 97)) + len(range(37, solar, 97)) + sum(
        len(range(first, SMALL.counts()[kind], 97)) for first in (13, 37) for kind in KINDS[1:]
    )


def rows(stage: Stage, collection: str, values: list[str], field: str = "_id") -> list[dict[str, Any]]:
    return found_rows(stage.db, stage.live()[collection], values, field)


def test_plants_are_found_by_their_units(stage: Stage, imported: dict[str, Any]) -> None:
    battery = SMALL.unit(STORAGE, 10)
    (storage, eeg) = rows(stage, "plants", [battery["EinheitMastrNummer"]], "units")[::-1]
    assert storage["_id"] == battery["SpeMastrNummer"]
    assert storage["capacity_kwh"] == pytest.approx(float(battery["Bruttoleistung"]) * 1.5, rel=1e-4)
    assert (storage["kind"], eeg["kind"]) == ("storage", "eeg_storage")
    wind = SMALL.unit(KINDS[2], 0)
    (plant,) = rows(stage, "plants", [wind["EegMaStRNummer"]])
    assert (plant["kind"], plant["installed_kw"]) == ("eeg_wind", float(wind["Bruttoleistung"]))
    number = wind["EinheitMastrNummer"]
    assert stage.db[stage.live()["units"]].count_documents({"_id": number, "eeg_mastr_nr": plant["_id"]}) == 1
    kinds = {row["kind"] for pack in stage.db[stage.live()["plants"]].find() for row in pack["rows"]}
    assert kinds == {
        *("eeg_solar", "eeg_wind", "eeg_biomass", "eeg_hydro", "eeg_storage"),
        *("chp", "storage", "gas_storage"),
    }


def test_permits_upgrades_roles_and_changes_are_found_by_what_they_belong_to(stage: Stage) -> None:
    wind, hydro = SMALL.unit(KINDS[2], 0), SMALL.unit(KINDS[4], 0)
    (permit,) = rows(stage, "permits", [wind["EinheitMastrNummer"]], "units")
    assert permit["_id"] == wind["GenMastrNummer"]
    (upgrade,) = rows(stage, "upgrades", [hydro["EegMaStRNummer"]], "eeg_mastr_nr")
    assert upgrade["power_increase"] == "10"
    (role,) = rows(stage, "roles", [GRID_OPERATOR], "actor_mastr_nr")
    assert role["role"] == "Anschlussnetzbetreiber"
    changed = rows(stage, "operator_changes", [SMALL.unit_number(STORAGE, 0)], "unit_mastr_nr")
    assert [change["at"][:4] for change in sorted(changed, key=lambda change: change["at"])] == ["2023", "2025"]


def test_small_ids_of_different_lists_are_different_entries(stage: Stage) -> None:
    entries = rows(
        stage, "catalogue", [f"{name}/1" for name in ("Einheitentypen", "Lokationstypen", "Marktfunktionen")]
    )
    assert [entry["value"] for entry in entries] == ["Solareinheit", "Stromerzeugungslokation", "Stromnetzbetreiber"]
    (status,) = rows(stage, "catalogue", ["Katalogwerte/35"])
    (category,) = rows(stage, "catalogue", [status["category"]])
    assert (status["value"], category["value"]) == ("In Betrieb", "EinheitBetriebsstatus")


def test_what_is_gone_is_kept_as_a_list(stage: Stage, imported: dict[str, Any]) -> None:
    (unit,) = rows(stage, "gone_units", [SMALL.unit_number(SOLAR, 5)])
    assert unit["system_status"] == "473"
    assert imported["stored"]["gone_units"] == imported["stored"]["gone_actors"] + 1 == 2


def test_a_file_is_known_by_its_root_and_an_unknown_one_is_named(stage: Stage, imported: dict[str, Any]) -> None:
    assert imported["renamed"] == ["EinheitenWasserkraft.xml"]
    assert imported["unknown"] == [UNKNOWN_FILE]
    assert imported["counts"]["hydro"] == SMALL.counts()[KINDS[4]]


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


def test_an_export_that_an_earlier_release_stored_otherwise_is_built_anew_with_the_same_documents(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, live = stage.documents(), stage.live()
    monkeypatch.setattr(importing, "_STORED_AS", importing._STORED_AS - 1)
    with Export(stage.exports / stage.export()) as export:
        earlier = importing._fingerprint(export, Region())
    stage.db["state"].update_one({"_id": "live"}, {"$set": {"init.fingerprint": earlier}})
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
    assert set(stage.db[live["locations"]].distinct("rows._id")) <= places
    assert set(stage.db[live["connections"]].distinct("rows.location_mastr_nr")) <= places
    assert set(stage.db[live["plants"]].distinct("rows.units")) == {
        linked for linked in expected | {SMALL.unit_number(SOLAR, 5)} if linked in plant_units()
    }
    assert set(stage.db[live["gone_units"]].distinct("rows._id")) <= {SMALL.unit_number(SOLAR, 5)}
    assert stage.db[live["catalogue"]].count_documents({"rows._id": "Einheitentypen/1"}) == 1
    assert stage.get(f"/unit/{PLANT.mastr_nr}/grid")["connections"][0]["balancing_area"]["name"] == "Trier"
    actors = {actor["_id"] for actor in stage.db[live["actors"]].find()}
    assert PLANT.operator_nr in actors
    # the operator of the unit that is deleted was one when the units were read
    assert actors <= {unit["operator_mastr_nr"] for unit in units.values()} | {SMALL.operator_of(SOLAR, 5)}


def plant_units() -> set[str]:
    """The units that have a plant of some kind."""
    return {
        record["VerknuepfteEinheitenMaStRNummern"]
        for root, _, records in plants.tables(SMALL)
        if root.startswith("Anlagen")
        for record in records
    }


def test_a_newer_export_replaces_the_copy_and_the_one_before_is_swept_up(stage: Stage) -> None:
    newer = Register(seed=8, size=120)
    stage.done("/init", {"source": stage.export(newer, name="other.zip")})
    assert stage.call("GET", f"/unit/{SMALL.unit_number(SOLAR, 3)}").status_code == 404
    assert stage.get(f"/unit/{newer.unit_number(SOLAR, 3)}")["unit_type"] == "solar"
    stage.done("/init", {"source": stage.export()})
    kept = [name for name in stage.db.list_collection_names() if name.startswith(("units_", "actors_"))]
    assert len(kept) == 4  # the live copy and the one before

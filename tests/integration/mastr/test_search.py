"""Reading the register as an integrator does, on a real import in a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import pytest

from services.mastr_connector.catalogue import UNIT_TYPES
from services.mastr_connector.domain import EXTRA_TYPES
from services.mastr_connector.errors import TooWide
from services.mastr_connector.problems import PROBLEMS
from services.mastr_connector.repository import Repository
from services.mastr_connector.search import SORTS, Box, Search
from simulators.mastr.demonstration import PLANTS
from simulators.mastr.numbers import mastr_number
from tests.integration.mastr.stage import Stage

SOURCE = "DL-DE-BY-2.0"
HOUSEHOLD = {"unit_type": "WP", "name": "Wärmepumpe Görres", "postcode": "54296", "gross_power_kw": 8.5}


@pytest.fixture(scope="module")
def filled(stage: Stage) -> Stage:
    stage.done("/init", {"source": stage.export()})
    stage.extra = stage.call("POST", "/unit", HOUSEHOLD).get_json()  # type: ignore[attr-defined]
    return stage


@pytest.fixture(scope="module")
def units(filled: Stage) -> list[dict[str, Any]]:
    return list(all_of(filled, "/units"))


def all_of(stage: Stage, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        told = stage.get(f"{path}?{urlencode({**query, **({'cursor': cursor} if cursor else {})})}")
        assert SOURCE in told["source"]
        yield from told.get("items", told.get("features"))
        cursor = told["next_cursor"]
        if cursor is None:
            return


def numbers(found: Any) -> list[str]:
    return [one["mastr_nr"] for one in found]


def test_all_units_are_listed_once_by_number_page_by_page(filled: Stage, units: list[dict[str, Any]]) -> None:
    assert numbers(units) == sorted(set(numbers(units)))
    assert len(units) == sum(filled.get("/status")["counts"].values())
    assert numbers(all_of(filled, "/units", limit=777)) == numbers(units)
    assert filled.extra["mastr_nr"] in numbers(units)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "query",
    [
        {"postcode": "54296"},
        {"municipality_key": "07211000"},
        {"unit_type": "wind"},
        {"unit_type": "solar", "operating_status": "planned"},
        {"operator_mastr_nr": PLANTS[0].operator_nr},
        {"min_kw": "100", "max_kw": "1000.5"},
        {"postcode": "54296", "unit_type": "WP"},
        {"bbox": "6.6,49.7,6.7,49.8"},
    ],
)
def test_a_filter_finds_what_fits_and_all_of_it(
    filled: Stage, units: list[dict[str, Any]], query: dict[str, str]
) -> None:
    def fits(unit: dict[str, Any]) -> bool:
        plain = {name: value for name, value in query.items() if name not in ("min_kw", "max_kw", "bbox")}
        power = unit["gross_power_kw"]
        west, south, east, north = map(float, query.get("bbox", "-180,-90,180,90").split(","))
        return (
            all(unit[name] == value for name, value in plain.items())
            and ("min_kw" not in query or (power is not None and 100 <= power <= 1000.5))
            and ("bbox" not in query or (unit["latitude"] is not None and south <= unit["latitude"] <= north))
            and ("bbox" not in query or west <= unit["longitude"] <= east)
        )

    expected = numbers(unit for unit in units if fits(unit))
    assert expected
    assert numbers(all_of(filled, "/units", limit=50, **query)) == expected


@pytest.mark.parametrize("sort", SORTS)
def test_a_list_is_in_its_order_and_holds_each_once(filled: Stage, units: list[dict[str, Any]], sort: str) -> None:
    field = sort.removeprefix("-")
    found = list(all_of(filled, "/units", sort=sort, limit=500))
    assert len(set(numbers(found))) == len(found)
    assert set(numbers(found)) == set(numbers(unit for unit in units if unit[field] is not None))
    places = [(unit[field], unit["mastr_nr"]) for unit in found]
    shown = [place[0] for place in places]
    assert shown == sorted(shown, reverse=sort.startswith("-"))


def test_a_name_is_found_by_the_beginnings_of_its_words(filled: Stage) -> None:
    for name in ("waermepumpe goerres", "WÄRME", "gör wär"):
        assert filled.extra["mastr_nr"] in numbers(all_of(filled, "/units", name=name, unit_type="WP")), name  # type: ignore[attr-defined]
    assert numbers(all_of(filled, "/units", name="pumpe goerres")) == []
    assert numbers(all_of(filled, "/units", name="--")) == []
    assert numbers(all_of(filled, "/units", name=".*")) == []


def test_a_map_shows_what_has_a_place(filled: Stage, units: list[dict[str, Any]]) -> None:
    placed = {unit["mastr_nr"]: unit for unit in units if unit["latitude"] is not None}
    features = list(all_of(filled, "/units/geojson", limit=300))
    assert [feature["id"] for feature in features] == sorted(placed)
    for feature in features:
        unit = placed[feature["id"]]
        assert feature["geometry"] == {"type": "Point", "coordinates": [unit["longitude"], unit["latitude"]]}
        assert feature["properties"]["unit_type"] == unit["unit_type"]
    assert filled.call("GET", "/units/geojson?limit=1").headers["Content-Type"] == "application/geo+json"


def test_market_actors_are_found_by_name_and_number(filled: Stage) -> None:
    actors = list(all_of(filled, "/marktakteure", limit=500))
    named = next(actor for actor in actors if actor["name"])
    assert filled.get(f"/marktakteur/{named['mastr_nr']}") == {**named, "roles": []}
    assert named in list(all_of(filled, "/marktakteure", name=named["name"].split()[0][:4]))
    assert any(actor["name"] is None for actor in actors)  # natural persons
    unknown = filled.call("GET", "/marktakteur/ABR999999999999")
    assert (unknown.status_code, "check digit is wrong" in unknown.get_json()["detail"]) == (404, True)


def test_changes_since_a_time_are_told_with_what_was_taken_back(stage: Stage, filled: Stage) -> None:
    everything = list(all_of(filled, "/units", sort="last_updated", unit_type="solar", limit=1000))
    middle = everything[len(everything) // 2]["last_updated"]
    found = list(all_of(filled, "/changes", since=middle, limit=200))
    assert {one["mastr_nr"] for one in found} >= {u["mastr_nr"] for u in everything if u["last_updated"] >= middle}
    assert all(one["last_updated"] >= middle for one in found)
    assert filled.get(f"/changes?since={middle}")["removed"] == []


def test_a_list_goes_on_where_it_was_when_the_copy_is_switched(filled: Stage, units: list[dict[str, Any]]) -> None:
    first = filled.get("/units?limit=900")
    filled.done("/init", {"source": filled.export()})
    rest = []
    cursor = first["next_cursor"]
    while cursor:
        page = filled.get(f"/units?limit=900&cursor={cursor}")
        rest += page["items"]
        cursor = page["next_cursor"]
    assert numbers([*first["items"], *rest]) == numbers(units)


def test_a_number_that_cannot_be_is_told_from_one_that_is_not_there(filled: Stage) -> None:
    mistyped = filled.call("GET", "/unit/SEE900000000118")
    assert (mistyped.status_code, "check digit is wrong" in mistyped.get_json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("postcode=5429", "postcode"), ("unit_type=coal", "unit_type"), ("min_kw=-1", "min_kw")),
        *(("min_kw=5&max_kw=4", "max_kw"), ("bbox=1,2,3", "bbox"), ("bbox=7,49,6,50", "bbox")),
        *(("sort=name", "sort"), ("limit=0", "limit"), ("cursor=***", "cursor"), ("colour=red", "colour")),
    ],
)
def test_a_bad_filter_is_named_with_what_it_may_be(filled: Stage, query: str, field: str) -> None:
    answer = filled.call("GET", f"/units?{query}")
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, [field])


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", ""])
def test_a_time_that_is_none_is_refused(filled: Stage, since: str) -> None:
    assert filled.call("GET", f"/changes?since={since}").status_code == 400


FILTERS: dict[str, Any] = {
    **{"postcode": "54296", "municipality_key": "07211000", "unit_type": "wind", "operating_status": "planned"},
    **{"operator_mastr_nr": PLANTS[0].operator_nr, "min_kw": 500.0, "box": Box(6.6, 49.7, 6.7, 49.8), "name": "solar"},
}


@pytest.mark.parametrize("sort", SORTS)
def test_every_list_is_read_along_an_index_and_sorted_in_little_memory(filled: Stage, sort: str) -> None:
    """All 256 combinations of filters. Sorted is only what an index finds, and of that no more than a page is kept."""
    units = filled.db[filled.live()["units"]]
    field, descending = SORTS[sort]
    direction = -1 if descending else 1
    order = [("_id", direction)] if field == "_id" else [(field, direction), ("_id", direction)]
    for count in range(len(FILTERS) + 1):
        for names in combinations(FILTERS, count):
            query = Search(**{name: FILTERS[name] for name in names}).query(field)
            told = units.find(query).sort(order).limit(101).explain()["queryPlanner"]["winningPlan"]
            stages = {stage["stage"]: stage for stage in stages_of(told)}
            assert "COLLSCAN" not in stages, names
            if not names:
                assert "SORT" not in stages
            elif "SORT" in stages:
                assert stages["SORT"]["limitAmount"] == 101, names


@pytest.mark.parametrize("named", ["postcode", "municipality_key", "unit_type", "operator_mastr_nr"])
def test_lists_by_number_beside_a_filter_are_not_sorted(filled: Stage, named: str) -> None:
    query = Search(**{named: FILTERS[named]}).query()
    told = filled.db[filled.live()["units"]].find(query).sort("_id", 1).limit(101).explain()
    stages = {stage["stage"]: stage for stage in stages_of(told["queryPlanner"]["winningPlan"])}
    assert "SORT" not in stages
    assert stages["IXSCAN"]["keyPattern"] == {named: 1, "_id": 1}


@pytest.mark.parametrize("sort", ["last_updated", "-last_updated", "gross_power_kw", "-gross_power_kw"])
@pytest.mark.parametrize("kind", ["wind", "solar", None])
def test_a_kind_of_unit_in_another_order_is_not_sorted_however_rare_it_is(
    filled: Stage, sort: str, kind: str | None
) -> None:
    field, descending = SORTS[sort]
    direction = -1 if descending else 1
    asked = filled.db[filled.live()["units"]].find(Search(unit_type=kind).query(field))
    told = asked.sort([(field, direction), ("_id", direction)]).limit(101).explain()
    stages = {stage["stage"]: stage for stage in stages_of(told["queryPlanner"]["winningPlan"])}
    assert not {"SORT", "COLLSCAN"} & set(stages)
    assert stages["IXSCAN"]["keyPattern"] == {"unit_type": 1, field: 1, "_id": 1}
    assert told["executionStats"]["totalKeysExamined"] <= 101 + len(UNIT_TYPES) + len(EXTRA_TYPES)


def stages_of(part: Any) -> Iterator[dict[str, Any]]:
    """The stages of MongoDB's plan."""
    if isinstance(part, dict):
        if "stage" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for value in part:
            yield from stages_of(value)


def test_a_list_that_would_take_too_long_is_refused_with_what_would_make_it_narrow(filled: Stage) -> None:
    units = filled.db[filled.live()["units"]]
    one = {**next(units.find({"unit_type": "solar"})), "operating_status": "in_operation"}
    copies = [{**one, "_id": f"SEE9{number:011d}"} for number in range(20_000)]
    db = filled.db.client[f"{filled.name}wide"]
    db["units_0"].insert_many(copies)
    db["state"].insert_one({"_id": "live", "units": "units_0"})
    impatient = Repository(db, lambda: datetime.now(UTC), budget_ms=1)
    try:
        with pytest.raises(TooWide) as refused:
            impatient.copy().search(Search(operating_status="planned"), "mastr_nr", 100, None)
        answer = PROBLEMS[TooWide](refused.value)
        assert (answer.status, "add postcode, municipality_key or" in answer.detail) == (400, True)
        assert "postcode" in answer.errors
    finally:
        db.client.drop_database(db.name)


def test_what_belongs_to_a_unit_comes_in_one_call(filled: Stage, units: list[dict[str, Any]]) -> None:
    battery = next(unit for unit in units if unit["unit_type"] == "storage")
    told = filled.get(f"/unit/{battery['mastr_nr']}/plants")
    assert told["unit"] == battery
    assert told["operator"]["mastr_nr"] == battery["operator_mastr_nr"]
    assert told["capacity_kwh"] == pytest.approx(1.5 * battery["gross_power_kw"], rel=1e-4)
    storage = next(plant for plant in told["plants"] if plant["kind"] == "storage")
    assert (storage["capacity_kwh"], storage["units"]) == (told["capacity_kwh"], [battery["mastr_nr"]])
    assert SOURCE in told["source"]


def test_upgrades_and_permits_and_changes_of_the_grid_operator_are_told(filled: Stage) -> None:
    live = filled.live()

    def one(collection: str) -> dict[str, Any]:
        pack = filled.db[live[collection]].find_one()
        assert pack is not None
        row: dict[str, Any] = pack["rows"][0]
        return row

    def told_of(unit: str) -> dict[str, Any]:
        told: dict[str, Any] = filled.get(f"/unit/{unit}/plants")
        return told

    permit, change = one("permits"), one("operator_changes")
    permitted = told_of(permit["units"][0])["permits"]
    assert [(each["mastr_nr"], each["authority"]) for each in permitted] == [(permit["_id"], permit["authority"])]
    changed = told_of(change["unit_mastr_nr"])["grid_operator_changes"]
    assert changed[0]["grid_operator_mastr_nr"] == mastr_number("SNB", 901)
    assert [each["at"] for each in changed] == sorted(each["at"] for each in changed)
    hydro = next(all_of(filled, "/units", unit_type="hydro"))
    plants = told_of(hydro["mastr_nr"])["plants"]
    assert [plant["kind"] for plant in plants] == ["eeg_hydro"]
    assert plants[0]["upgrades"][0]["needs_permit"] is False


def test_a_unit_that_the_register_lacks_has_no_plants(filled: Stage) -> None:
    told = filled.get(f"/unit/{filled.extra['mastr_nr']}/plants")  # type: ignore[attr-defined]
    assert (told["plants"], told["capacity_kwh"], told["permits"], told["operator"]) == ([], None, [], None)
    assert filled.call("GET", f"/unit/{mastr_number('SEE', 999_002)}/plants").status_code == 404


def test_a_market_actor_comes_with_his_roles(filled: Stage) -> None:
    grid = filled.get(f"/unit/{PLANTS[0].mastr_nr}/grid")
    operator = grid["connections"][0]["grid_operator"]["mastr_nr"]
    roles = filled.get(f"/marktakteur/{operator}")["roles"]
    assert [(role["mastr_nr"], role["role"]) for role in roles] == [(f"{operator}AN", "Anschlussnetzbetreiber")]

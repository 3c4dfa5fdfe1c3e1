"""Reading the register as an integrator does, on a real import in a real database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from services.mastr_connector.search import SORTS, Box, Search
from simulators.mastr.demonstration import PLANTS
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
    assert filled.get(f"/marktakteur/{named['mastr_nr']}") == named
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


@pytest.mark.parametrize(
    ("search", "sort"),
    [
        (Search(), "_id"),
        (Search(), "gross_power_kw"),
        (Search(), "last_updated"),
        (Search(postcode="54296"), "_id"),
        (Search(municipality_key="07211000"), "_id"),
        (Search(unit_type="wind"), "_id"),
        (Search(operator_mastr_nr=PLANTS[0].operator_nr), "_id"),
    ],
)
def test_lists_are_read_along_an_index_without_sorting(filled: Stage, search: Search, sort: str) -> None:
    stages = plan_of(filled, search, sort)
    assert "COLLSCAN" not in stages
    assert "SORT" not in stages


@pytest.mark.parametrize("search", [Search(box=Box(6.6, 49.7, 6.7, 49.8)), Search(name="solar"), Search(min_kw=500)])
def test_places_names_and_powers_are_looked_up_in_an_index(filled: Stage, search: Search) -> None:
    assert "COLLSCAN" not in plan_of(filled, search, "_id")


def plan_of(stage: Stage, search: Search, sort: str) -> set[str]:
    """The stages of MongoDB's plan."""
    live = stage.db["state"].find_one({"_id": "live"})
    assert live is not None
    order = [("_id", 1)] if sort == "_id" else [(sort, 1), ("_id", 1)]
    told = stage.db[live["units"]].find(search.query(sort)).sort(order).limit(101).explain()
    found: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "stage" in part:
                found.add(part["stage"])
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(told["queryPlanner"]["winningPlan"])
    return found

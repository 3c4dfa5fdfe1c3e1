"""The routes: lists with filters and pages, maxima by participant record, and every bad question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.box.processes import Program, free_port, module
from tests.integration.forecast.pool import Pool
from tests.integration.forecast.records import Records
from tests.integration.forecast.system import OWNER, PLANT, SECOND, System, day_of
from tests.integration.mongo import Mongo

DAY = date(2026, 11, 20)
NOON = "2026-11-20T12:00"


@pytest.fixture(scope="module")
def filled(
    mongo: Mongo, redis_url: str, pool: Pool, records: Records, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system with two days of forecasts, which no test here changes."""
    made = System(tmp_path_factory.mktemp("filled"), mongo, redis_url, pool, records)
    try:
        made.start()
        made.put("first.xlsx", day_of(DAY))
        made.put("second.xlsx", day_of(DAY + timedelta(days=1)))
        made.update()
        yield made
    finally:
        made.stop()


def at_noon(system: System, unit_type: str, mastr_nr: str | None = None) -> dict[str, Any]:
    (slot,) = system.get("/timeslots", timestamp=NOON).json()["items"]
    (found,) = [f for f in slot["forecasts"] if (f["unit_type"], f.get("mastr_nr")) == (unit_type, mastr_nr)]
    return dict(found)


def test_forecasts_are_given_page_by_page_each_once_and_in_order(filled: System) -> None:
    whole = filled.all("/forecasts", limit=1000)
    small = filled.all("/forecasts", limit=37)
    assert small == whole
    assert len(whole) == 2 * 96 * 5
    places = [(one["slot_start"], one["unit_type"], one.get("mastr_nr", "")) for one in whole]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_forecasts_are_filtered_by_unit_type_and_period(filled: System) -> None:
    hour = {"from": NOON, "to": "2026-11-20T13:00"}
    assert len(filled.all("/forecasts", **hour)) == 20
    assert {one["mastr_nr"] for one in filled.all("/forecasts", unit_type="pv", **hour)} == {
        PLANT.mastr_nr,
        SECOND.mastr_nr,
    }
    (profile,) = filled.all("/forecasts", unit_type="H0", **{"from": NOON, "to": "2026-11-20T12:15"})
    assert (profile["kind"], profile["norm_kwh_annum"]) == ("consumption", 1_000_000)
    assert "mastr_nr" not in profile
    assert filled.all("/forecasts", mastr_nr="SEE900000000317") == []


def test_a_moment_within_a_slot_means_the_slot(filled: System) -> None:
    (slot,) = filled.get("/timeslots", timestamp="2026-11-20T12:07").json()["items"]
    assert slot["start"] == "2026-11-20T11:00:00Z"
    assert filled.get("/timeslots", timestamp="2030-01-01T12:07").json() == {"items": []}


def test_an_owner_gets_his_own_maximum_deducted_once_for_his_point(system: System) -> None:
    system.put("first.xlsx", day_of(DAY))
    system.update()
    own = system.pool.header("User", sub=OWNER)
    parts = [
        system.get("/max-offer", own, mastr_nr=plant.mastr_nr, slot_start=NOON).json() for plant in (PLANT, SECOND)
    ]
    assert all("max_energy_wh" in part for part in parts), parts
    whole, household = parts[0]["point_generation_wh"], parts[0]["consumption_wh"]
    assert household > 0
    assert whole == sum(part["generation_wh"] for part in parts)
    assert sum(part["max_energy_wh"] for part in parts) == whole - household
    by_service = system.get(
        "/max-offer", mastr_nr=PLANT.mastr_nr, slot_start=NOON, kwh_annum=3500, point_units=SECOND.mastr_nr
    ).json()
    assert by_service == parts[0] == system.get("/max-offer", mastr_nr=PLANT.mastr_nr, slot_start=NOON).json()

    stranger = system.pool.header("User", sub="somebody else")
    assert system.get("/max-offer", stranger, mastr_nr=PLANT.mastr_nr, slot_start=NOON).status_code == 403
    cheat = system.get("/max-offer", own, mastr_nr=PLANT.mastr_nr, slot_start=NOON, kwh_annum=0)
    assert cheat.status_code == 403


def test_where_no_forecast_covers_the_slot_there_is_no_maximum(filled: System) -> None:
    beyond = filled.get("/max-offer", mastr_nr=PLANT.mastr_nr, slot_start="2026-12-24T12:00", kwh_annum=3500)
    unknown = filled.get("/max-offer", mastr_nr="SEE900000000317", slot_start=NOON, kwh_annum=3500)
    assert (beyond.status_code, unknown.status_code) == (404, 404)
    assert beyond.headers["Content-Type"] == "application/problem+json"
    assert "covers the slot 2026-12-24T11:00:00Z" in beyond.json()["detail"]


def test_a_slot_of_a_short_market_is_given_its_quarter_hours_energy(filled: System) -> None:
    query = {"mastr_nr": PLANT.mastr_nr, "kwh_annum": 3500}
    whole = filled.get("/max-offer", slot_start=NOON, **query).json()
    assert filled.get("/max-offer", slot_start="2026-11-20T12:00:20", slot_s=20, **query).json() == whole
    assert filled.get("/max-offer", slot_start="2026-11-20T12:00:20", **query).status_code == 400


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/timeslots", {"timestamp": "yesterday!!"}),
        ("/timeslots", {"timestamp": "2026-10-25T02:30"}),
        ("/timeslots", {"timestamp": "2026-03-29T02:30"}),
        ("/timeslots", {"timestamp": NOON, "from": NOON}),
        ("/timeslots", {"from": NOON, "to": "2026-11-19T12:00"}),
        ("/timeslots", {"limit": 0}),
        ("/timeslots", {"limit": 1001}),
        ("/timeslots", {"cursor": "bm90aGluZw"}),
        ("/timeslots", {"cursor": "W10"}),
        ("/timeslots", {"cursor": "LTE"}),
        ("/forecasts", {"mastr_nr": "SEE900000000118"}),
        ("/forecasts", {"mastr_nr": "11"}),
        ("/forecasts", {"unit_type": "PV;"}),
        ("/forecasts", {"cursor": "!!"}),
        ("/forecasts", {"cursor": "WzEsMiwzLDQsNV0"}),
        ("/forecasts", {"colour": "red"}),
        ("/forecasts", {"as_of": "2200-01-01T00:00Z"}),
        ("/max-offer", {}),
        ("/max-offer", {"mastr_nr": PLANT.mastr_nr}),
        ("/max-offer", {"mastr_nr": PLANT.mastr_nr, "slot_start": "2026-11-20T12:01", "kwh_annum": 1}),
        ("/max-offer", {"mastr_nr": PLANT.mastr_nr, "slot_start": NOON, "kwh_annum": -1}),
        ("/max-offer", {"mastr_nr": PLANT.mastr_nr, "slot_start": NOON, "kwh_annum": 1, "point_units": "SEE9" * 5}),
    ],
)
def test_a_bad_question_is_a_400_that_names_the_parameter(filled: System, path: str, query: dict[str, Any]) -> None:
    answer = filled.get(path, **query)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"]


def test_what_is_not_there_is_a_404(filled: System) -> None:
    assert filled.get("/job/none").status_code == 404
    assert filled.get("/nothing").status_code == 404
    assert filled.http.post(f"{filled.url}/forecasts", headers=filled.pool.service(), timeout=5).status_code == 405


ROUTES = [("GET", "/timeslots"), ("GET", "/forecasts"), ("GET", "/max-offer"), ("POST", "/update"), ("GET", "/job/x")]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_who_may_call_what(filled: System, method: str, path: str) -> None:
    def status(headers: dict[str, str]) -> int:
        return filled.http.request(method, f"{filled.url}{path}", headers=headers, timeout=10).status_code

    assert status({}) == 401
    assert status({"Authorization": "Bearer nonsense"}) == 401
    assert status(filled.pool.header()) == 403
    only_operators = path in ("/update", "/job/x")
    for group in ("User", "EVU"):
        assert (status(filled.pool.header(group)) == 403) is only_operators
    for headers in (filled.pool.header("Admin"), filled.pool.service()):
        assert status(headers) in (200, 202, 400, 404)


def test_an_idempotency_key_that_is_none_is_refused(filled: System) -> None:
    headers = {**filled.pool.service(), "Idempotency-Key": "a b"}
    assert filled.http.post(f"{filled.url}/update", headers=headers, timeout=5).status_code == 400


def test_health_names_what_stands_behind(filled: System) -> None:
    health = filled.http.get(f"{filled.url}/health", timeout=5).json()
    assert health["status"] == "ok"
    assert set(health["checks"]) == {"mongodb", "redis", "forecasts", "participants"}
    assert "2 workbooks" in health["checks"]["forecasts"]["detail"]


def test_without_database_and_queue_it_says_so_and_does_not_break(
    mongo: Mongo, redis_url: str, pool: Pool, records: Records, tmp_path: Path
) -> None:
    alone = System(tmp_path, mongo, redis_url, pool, records)
    alone.environment |= {
        "MONGO_URI": f"mongodb://tbi@127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=300",
        "TBI_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    service = Program(module("services.forecast_connector"), alone.environment, tmp_path / "alone.log", alone.answers)
    try:
        service.start()
        health = alone.http.get(f"{alone.url}/health", timeout=10).json()
        assert health["status"] == "degraded"
        assert {name for name, check in health["checks"].items() if check["status"] == "failed"} == {
            *("mongodb", "redis", "forecasts")
        }
        update = alone.http.post(f"{alone.url}/update", headers=pool.service(), timeout=10)
        for answer in (update, alone.get("/forecasts"), alone.get("/timeslots"), alone.get("/job/x")):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            assert answer.headers["Content-Type"] == "application/problem+json"
    finally:
        service.end()
        alone.http.close()

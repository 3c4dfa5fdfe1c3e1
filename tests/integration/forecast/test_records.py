"""Maxima by participant record, which the Background-Manager-Logic has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import requests

from services.shared.wait import wait_until
from tests.integration.forecast.pool import Pool
from tests.integration.forecast.records import Household, Records
from tests.integration.forecast.system import HOUSEHOLD, OWNER, PLANT, System, day_of
from tests.integration.mongo import Mongo

NOON = "2026-11-20T12:00"
OTHER = "SEE900000000317"


@pytest.fixture(scope="module")
def one_day(
    mongo: Mongo, redis_url: str, pool: Pool, records: Records, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    made = System(tmp_path_factory.mktemp("records"), mongo, redis_url, pool, records)
    try:
        made.start()
        made.put("first.xlsx", day_of(date(2026, 11, 20)))
        made.update()
        yield made
    finally:
        made.stop()


@pytest.fixture
def filled(one_day: System) -> System:
    """A service that knows nobody yet."""
    one_day.service.end()
    one_day.records.tell(HOUSEHOLD)
    one_day.service.start()
    return one_day


@pytest.fixture
def without_manager(filled: System) -> Iterator[System]:
    filled.records.program.kill()
    yield filled
    filled.records.program.start()


def told(filled: System, *households: Household, until: str) -> None:
    """The records change, and what the service has known for some seconds with them."""
    filled.records.tell(*households)
    wait_until(lambda: until in most(filled, None).text, 10, what=f"the records to be known: {until}")


def most(system: System, sub: str | None = OWNER, mastr_nr: str = PLANT.mastr_nr, **query: Any) -> requests.Response:
    """GET /max-offer as a user, or as a service."""
    header = None if sub is None else system.pool.header("User", sub=sub)
    return system.get("/max-offer", header, mastr_nr=mastr_nr, slot_start=NOON, **query)


def test_without_a_record_a_service_says_what_is_consumed(filled: System) -> None:
    told(filled, until="no participant record knows")
    (slot,) = filled.get("/timeslots", timestamp=NOON).json()["items"]
    found = {(one["unit_type"], one.get("mastr_nr")): one for one in slot["forecasts"]}
    generation, profile = found["PV", PLANT.mastr_nr]["energy_wh"], found["H0", None]
    consumption = int(profile["energy_wh"] * 3500 / profile["norm_kwh_annum"] + 0.5)
    told_most = most(filled, None, kwh_annum=3500).json()
    parts = told_most.pop("parts")
    assert f"scaled to 3500 kWh a year; first.xlsx, issued {slot['forecasts'][0]['issued_at']}" in told_most.pop(
        "explanation"
    )
    assert told_most == {
        "max_energy_wh": generation - consumption,
        "generation_wh": generation,
        "consumption_wh": consumption,
        "point_generation_wh": generation,
        "point_feed_in_wh": generation - consumption,
    }
    assert [(one["kind"], one["energy_wh"], one.get("kwh_annum"), one.get("profile_wh")) for one in parts] == [
        ("generation", generation, None, None),
        ("consumption", consumption, 3500, profile["energy_wh"]),
    ]
    missing = most(filled, None)
    assert missing.status_code == 400
    assert set(missing.json()["errors"]) == {"kwh_annum"}


def test_who_has_just_been_added_is_known_at_once(filled: System) -> None:
    assert most(filled).status_code == 200
    assert most(filled, "second", OTHER).status_code == 403
    filled.records.tell(HOUSEHOLD, Household("second", HOUSEHOLD.salt, "1TBI2", (OTHER,)))
    wait_until(lambda: most(filled, "second", OTHER).status_code == 404, 2, what="the new record")  # no forecast
    assert most(filled, "second").status_code == 403


def test_a_meters_own_consumption_goes_before_the_participants(filled: System) -> None:
    told(filled, replace(HOUSEHOLD, kwh_annum_of_meter=0), until='"consumption_wh":0')
    found = most(filled).json()
    assert (found["consumption_wh"], found["max_energy_wh"]) == (0, found["generation_wh"])


def test_a_disabled_participant_gets_none(filled: System) -> None:
    filled.records.tell(replace(HOUSEHOLD, disabled=True))
    wait_until(lambda: most(filled).status_code == 403, 10, what="the record to be known")
    assert "disabled" in most(filled).json()["detail"]
    assert most(filled, None).status_code == 200  # his plant still feeds in


def test_while_the_manager_is_away_the_last_known_records_count(without_manager: System) -> None:
    assert most(without_manager).status_code == 200
    assert most(without_manager, "second", OTHER).status_code == 403
    assert without_manager.get("/health").json()["checks"]["participants"]["status"] == "ok"


def test_records_that_were_never_had_are_503_with_a_time_to_come_again(without_manager: System) -> None:
    without_manager.service.kill()
    without_manager.service.start()
    refused = most(without_manager)
    assert refused.status_code == 503
    assert "background-manager-logic" in refused.json()["detail"]
    assert "Retry-After" in refused.headers
    assert without_manager.get("/health").json()["checks"]["participants"]["status"] == "failed"
    assert most(without_manager, None, kwh_annum=3500).status_code == 503

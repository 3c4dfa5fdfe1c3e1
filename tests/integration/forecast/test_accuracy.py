"""Forecasts against the read model's measured values, through both services."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from simulators.forecasts.region import quarters_of
from tests.integration.forecast.pool import Pool
from tests.integration.forecast.records import Records
from tests.integration.forecast.system import HOUSEHOLD, OWNER, PLANT, SECOND, System, day_of
from tests.integration.mongo import Mongo

DAY = date(2026, 11, 20)
QUARTERS = quarters_of(DAY)
ASKED = {"mastr_nr": PLANT.mastr_nr, "date": DAY.isoformat()}


@pytest.fixture(scope="module")
def measured(
    mongo: Mongo, redis_url: str, pool: Pool, records: Records, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A day of which all but the last hour was measured: 40 Wh a quarter hour less than forecast."""
    made = System(tmp_path_factory.mktemp("measured"), mongo, redis_url, pool, records)
    try:
        made.start()
        forecast = day_of(DAY)
        made.put("day.xlsx", forecast)
        made.update()
        values = [round((value or 0) * 1000) for value in forecast.columns[0].values]
        produced = {slot: wh - 40 for slot, wh in zip(QUARTERS[:-4], values, strict=False)}
        records.measure(HOUSEHOLD, PLANT.mastr_nr, produced)
        yield made
    finally:
        made.stop()


def test_the_day_is_told_per_issue_with_what_is_missing(measured: System) -> None:
    found = measured.get("/accuracy", **ASKED).json()
    (issue,) = found["issues"]
    assert (issue["horizon"], issue["source"], issue["issued_at"]) == ("day_ahead", "day.xlsx", "2025-01-01T06:00:00Z")
    for figures in (issue, found["day_ahead"], found["latest"]):
        assert {name: figures[name] for name in ("slots", "mae_wh", "rmse_wh", "bias_wh", "nrmse")} == {
            **{"slots": 92, "mae_wh": 40.0, "rmse_wh": 40.0, "bias_wh": 40.0},
            "nrmse": None,  # there is no register here
        }
        assert figures["forecast_wh"] - figures["measured_wh"] == 92 * 40
    assert found["slots"] == 96
    assert found["missing"] == [
        {"slot_start": f"2026-11-20T22:{minute}:00Z", "lacks": ["measurement"]} for minute in ("00", "15", "30", "45")
    ]


def test_the_utility_sees_every_unit_and_a_user_his_own(measured: System) -> None:
    whole = measured.get("/accuracy", **ASKED).json()
    assert measured.get("/accuracy", measured.pool.header("EVU", sub="dispatcher"), **ASKED).json() == whole
    assert measured.get("/accuracy", measured.pool.header("User", sub=OWNER), **ASKED).json() == whole
    stranger = measured.get("/accuracy", measured.pool.header("User", sub="somebody"), **ASKED)
    assert (stranger.status_code, measured.get("/accuracy", {}, **ASKED).status_code) == (403, 401)


def test_what_cannot_be_told_says_which_side_is_missing(measured: System) -> None:
    unforecast = measured.get("/accuracy", mastr_nr=PLANT.mastr_nr, date="2026-11-21")
    assert unforecast.status_code == 404
    assert "no forecast" in unforecast.json()["detail"].lower()
    unknown = measured.get("/accuracy", mastr_nr=SECOND.mastr_nr, date=DAY.isoformat())
    assert unknown.status_code == 503  # only the chain, which is not there, could tell whether it is on the market
    assert "the measured values cannot be had" in unknown.json()["detail"].lower()
    assert unknown.headers["Retry-After"]


@pytest.mark.parametrize("wrong", ["2026-02-30", "1970-01-01", "2100-01-01", "0001-01-01", "9999-12-31", "20-11-2026"])
def test_a_day_that_is_none_is_a_400(measured: System, wrong: str) -> None:
    assert measured.get("/accuracy", mastr_nr=PLANT.mastr_nr, date=wrong).status_code == 400

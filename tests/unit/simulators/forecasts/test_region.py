"""The generator: the same seed the same forecast, physics and norms where they can be checked."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from simulators.forecasts import profiles, sun
from simulators.forecasts.__main__ import main
from simulators.forecasts.region import Plant, forecast, quarters_of

PLANT = Plant("SEE900000000119", 9.9)
DAY = date(2026, 6, 21)


def test_the_same_seed_is_the_same_forecast_and_another_is_another() -> None:
    assert forecast(DAY, (PLANT,), seed=3) == forecast(DAY, (PLANT,), seed=3)
    assert forecast(DAY, (PLANT,), seed=3).columns[0] != forecast(DAY, (PLANT,), seed=4).columns[0]


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100), (DAY, 96)])
def test_days_of_the_change_of_time_have_92_and_100_quarter_hours(day: date, slots: int) -> None:
    made = forecast(day, (PLANT,))
    assert {len(column.values) for column in made.columns} == {len(made.quarters)} == {slots}


HEIGHTS = {
    "2026-03-29T12:00": 43.508,
    "2026-06-21T05:00": 12.290,
    "2026-06-21T11:36": 63.686,
    "2026-06-21T18:00": 13.875,
    "2026-09-23T09:00": 31.176,
    "2026-12-21T08:30": 6.486,
    "2026-12-21T11:30": 16.810,
}
"""Degrees over Trier by time in UTC, from pvlib 0.16.1: `solarposition.get_solarposition(times, 49.75, 6.64)`."""


@pytest.mark.parametrize("utc", sorted(HEIGHTS))
def test_the_sun_stands_where_pvlib_has_it(utc: str) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()
    assert math.degrees(math.asin(sun.sine_of_elevation(moment))) == pytest.approx(HEIGHTS[utc], abs=0.45)


def test_the_sun_is_highest_at_noon() -> None:
    heights = [sun.sine_of_elevation(quarter) for quarter in quarters_of(DAY)]
    assert heights.index(max(heights)) in range(53, 56)


def test_a_plant_gives_nothing_by_night_and_never_more_than_its_peak() -> None:
    for day in (DAY, date(2026, 12, 21)):
        made = forecast(day, (PLANT,))
        for quarter, energy in zip(made.quarters, made.columns[0].values, strict=True):
            assert energy is not None
            assert 0 <= energy <= PLANT.peak_kw / 4
            dark = max(sun.sine_of_elevation(quarter + s) for s in (0, 450, 900)) < -0.01
            assert not dark or energy == 0


def test_summer_gives_more_than_winter() -> None:
    def yield_kwh(month: int) -> float:
        days = [date(2026, month, 1) + timedelta(days=n) for n in range(28)]
        return sum(value or 0 for day in days for value in forecast(day, (PLANT,)).columns[0].values)

    assert yield_kwh(6) > 3 * yield_kwh(12)


@pytest.mark.parametrize("code", profiles.TYPES)
def test_a_year_of_a_profile_sums_to_its_norm(code: str) -> None:
    begin, end = (int(datetime(year, 1, 1, tzinfo=profiles.LOCAL).timestamp()) for year in (2026, 2027))
    year = sum(profiles.energy_kwh(code, quarter, 1000) for quarter in range(begin, end, 900))
    assert year == pytest.approx(1000)


def test_households_use_more_in_the_evening_than_at_night_and_heat_pumps_more_in_winter() -> None:
    noon = {month: int(datetime(2026, month, 12, 11, tzinfo=UTC).timestamp()) for month in (1, 7)}
    night, evening = noon[1] - 9 * 3600, noon[1] + 7 * 3600
    assert profiles.energy_kwh("H0", evening, 1000) > 3 * profiles.energy_kwh("H0", night, 1000)
    assert profiles.energy_kwh("WP", noon[1], 1000) > 5 * profiles.energy_kwh("WP", noon[7], 1000)


def test_seasons_and_kinds_of_days_are_those_of_the_profiles() -> None:
    assert [profiles.season_of(date(2026, *day)) for day in ((3, 20), (3, 21), (5, 15), (9, 14), (9, 15), (11, 1))] == [
        *("winter", "transition", "summer", "summer", "transition", "winter")
    ]
    assert profiles.kind_of(date(2026, 12, 24)) == "saturday"
    assert profiles.kind_of(date(2026, 12, 25)) == profiles.kind_of(date(2026, 11, 22)) == "sunday"
    assert profiles.kind_of(date(2026, 11, 23)) == "workday"


def test_the_command_writes_a_workbook_a_day_and_leaves_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--folder", str(tmp_path), "--from", "2026-10-24", "--days", "2", "--plant", "SEE900000000119=9900"]
    assert main(arguments) == 0
    names = ["prognose_2026-10-24.xlsx", "prognose_2026-10-25.xlsx"]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in names]


@pytest.mark.parametrize("wrong", ["SEE900000000119", "=5", "SEE900000000119=viel"])
def test_a_plant_that_is_none_is_refused(wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path), "--plant", wrong])
    assert "is no plant" in capsys.readouterr().err

"""The generator: the same seed the same forecast, physics and norms where they can be checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from demandlib import bdew

from simulators.forecasts import profiles, sun
from simulators.forecasts.__main__ import main
from simulators.forecasts.region import ISSUES, Plant, forecast, quarters_of

PLANT = Plant("SEE900000000119", 9.9)
DAY = date(2026, 6, 21)


def test_the_same_seed_is_the_same_forecast_and_another_is_another() -> None:
    assert forecast(DAY, (PLANT,), seed=3) == forecast(DAY, (PLANT,), seed=3)
    assert forecast(DAY, (PLANT,), seed=3).columns[0] != forecast(DAY, (PLANT,), seed=4).columns[0]


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100), (DAY, 96)])
def test_days_of_the_change_of_time_have_92_and_100_quarter_hours(day: date, slots: int) -> None:
    made = forecast(day, (PLANT,))
    assert {len(column.values) for column in made.columns} == {len(made.quarters)} == {slots}


def test_the_sun_is_highest_at_noon() -> None:
    heights = sun.elevation_deg(quarters_of(DAY))
    assert heights.index(max(heights)) in range(53, 56)
    assert max(heights) == pytest.approx(63.7, abs=0.1)


def test_a_plant_gives_nothing_by_night_and_never_more_than_its_peak() -> None:
    for day in (DAY, date(2026, 12, 21)):
        made = forecast(day, (PLANT,))
        for quarter, energy in zip(made.quarters, made.columns[0].values, strict=True):
            assert energy is not None
            assert 0 <= energy <= PLANT.peak_kw / 4
            dark = max(sun.elevation_deg([quarter + s for s in (0, 450, 900)])) < -1
            assert not dark or energy == 0


def test_summer_gives_more_than_winter() -> None:
    def yield_kwh(month: int) -> float:
        days = [date(2026, month, 1) + timedelta(days=n) for n in range(28)]
        return sum(value or 0 for day in days for value in forecast(day, (PLANT,)).columns[0].values)

    assert yield_kwh(6) > 3 * yield_kwh(12)


@pytest.mark.parametrize("code", profiles.CODES)
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


def test_public_holidays_of_the_state_are_sundays() -> None:
    assert profiles.kind_of(date(2026, 6, 4)) == "sunday", "Corpus Christi is one in Rhineland-Palatinate"
    assert profiles.kind_of(date(2026, 8, 15)) == "saturday", "the Assumption is none there"


def test_households_of_2025_are_what_demandlib_makes_of_the_same_table() -> None:
    day = date(2026, 11, 25)
    theirs = bdew.H25(pd.date_range("2026-11-25", periods=96, freq="15min")).to_numpy() / 4
    ours = [profiles.energy_kwh("H25", quarter, 1_000_000) for quarter in quarters_of(day)]
    assert ours == pytest.approx(list(theirs), rel=5e-4), "but for the norm, which the table misses by 0.36 per mille"


def test_the_hour_that_comes_twice_has_its_profile_twice() -> None:
    day = next(column for column in forecast(date(2026, 10, 25), ()).columns if column.unit_type == "H0")
    assert day.values[8:12] == day.values[12:16]


def test_a_later_issue_knows_the_weather_better_and_says_nothing_of_what_has_been() -> None:
    first, *_, last = ISSUES
    comes = forecast(DAY, (PLANT,), issued_at=last.at(DAY)).columns[0].values
    early = forecast(DAY, (PLANT,), issued_at=first.at(DAY), outlook=first.outlook).columns[0].values
    late = forecast(DAY, (PLANT,), issued_at=last.at(DAY), outlook=last.outlook).columns[0].values
    assert late[:41] == (None,) * 41
    off = [
        sum(abs((seen or 0) - (real or 0)) for seen, real in zip(values[41:], comes[41:], strict=True))
        for values in (early, late)
    ]
    assert off[0] > 3 * off[1] > 0


def test_the_command_writes_each_issue_that_is_due(tmp_path: Path) -> None:
    options = ["--folder", str(tmp_path), "--from", "2026-10-24", "--days", "1", "--issues", "3", "--profile", "H25"]
    assert main(options) == 0
    assert sorted(file.stem for file in tmp_path.iterdir()) == [f"prognose_2026-10-24{n}" for n in ("", "_2", "_3")]
    tomorrow = datetime.now(profiles.LOCAL).date() + timedelta(days=2)
    assert main(["--folder", str(tmp_path / "b"), "--from", tomorrow.isoformat(), "--days", "1", "--issues", "4"]) == 0
    assert [file.stem for file in (tmp_path / "b").iterdir()] == [f"prognose_{tomorrow}"]


def test_a_profile_that_the_generator_lacks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path), "--profile", "H9"])
    assert "is none of G0" in capsys.readouterr().err


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

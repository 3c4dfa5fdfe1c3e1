"""Forecasts against measured values: the sums by hand, and no hindsight."""

from __future__ import annotations

from datetime import date

import pytest

from services.forecast_connector.domain.accuracy import DayAccuracy, Missing, day_accuracy, figures
from services.forecast_connector.domain.series import Block, Issue, IssuedBlock, Series
from services.forecast_connector.domain.times import QUARTER_S, quarters_of

DAY = quarters_of(date(2026, 11, 20))
BEGIN = DAY[0]
NOON = DAY[48]
UNIT = Series("PV", "generation", "SEE900000000119")


def issue(issued_at: int, *values: int | None, start: int = BEGIN, number: int = 1) -> IssuedBlock:
    return IssuedBlock(Block(UNIT, start, values), Issue(issued_at, number, f"{number}.xlsx"))


def accuracy(blocks: list[IssuedBlock], measured: dict[int, int], rated_kw: float | None = None) -> DayAccuracy:
    return day_accuracy(DAY, blocks, measured, rated_kw)


def test_the_measures_are_those_of_the_field() -> None:
    found = figures({0: 100, 900: 300, 1800: 50, 2700: 9}, {0: 110, 900: 260, 1800: 50}, rated_kw=10)
    assert found is not None
    assert (found.slots, found.forecast_wh, found.measured_wh) == (3, 450, 420)
    assert found.mae_wh == pytest.approx(50 / 3)
    assert found.bias_wh == pytest.approx(10)
    assert found.rmse_wh == pytest.approx(((100 + 1600) / 3) ** 0.5)
    assert found.nrmse == pytest.approx(found.rmse_wh / 2500)


def test_without_rated_power_there_is_no_part_of_it_and_without_values_no_figure() -> None:
    found = figures({0: 1}, {0: 1}, None)
    assert found is not None
    assert found.nrmse is None
    assert figures({0: 1}, {900: 1}, None) is None


def test_day_ahead_is_what_was_known_when_the_day_began_and_latest_what_was_known_at_each_quarter_hour() -> None:
    measured = dict.fromkeys(DAY, 100)
    early = issue(BEGIN - 3600, *[140] * 96, number=1)
    late = issue(NOON, *[110] * 96, number=2)
    found = accuracy([late, early], measured)
    assert found.day_ahead is not None
    assert found.latest is not None
    assert (found.day_ahead.slots, found.day_ahead.mae_wh) == (96, 40)
    assert (found.latest.slots, found.latest.mae_wh) == (96, 25)
    assert [(one.horizon, one.figures.slots, one.figures.mae_wh) for one in found.issues] == [
        ("day_ahead", 96, 40),
        ("intraday", 48, 10),
    ]
    assert found.missing == ()


def test_what_was_issued_afterwards_is_no_forecast() -> None:
    found = accuracy([issue(DAY[-1] + QUARTER_S, *[100] * 96)], dict.fromkeys(DAY, 100))
    assert (found.day_ahead, found.latest, found.issues) == (None, None, ())
    assert len(found.missing) == 96


def test_quarter_hours_that_lack_something_are_named() -> None:
    found = accuracy([issue(BEGIN, *[1] * 94, None)], {slot: 1 for slot in DAY if slot not in (DAY[5], DAY[95])})
    assert found.missing == (
        Missing(DAY[5], ("measurement",)),
        Missing(DAY[94], ("forecast",)),
        Missing(DAY[95], ("forecast", "measurement")),
    )

"""What a unit may offer: consumption is deducted once per metering point, never once per unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.forecast_connector.domain.explanation import explanation
from services.forecast_connector.domain.maximum import Load, NotCovered, Point, point_maximum
from services.forecast_connector.domain.series import NORM_KWH, Forecast, Issue, Series, SeriesKey

A, B = "SEE900000000119", "SEE900000000226"
ISSUE = Issue(1, 1, "a.xlsx")


def forecasts(
    generation: dict[str, int], h0: int | None = 40_000, own_use: int | None = None
) -> dict[SeriesKey, Forecast]:
    said = [(Series("PV", "generation", nr), energy) for nr, energy in generation.items()]
    if h0 is not None:
        said.append((Series("H0", "consumption", norm_kwh_annum=NORM_KWH), h0))
    if own_use is not None:
        said.append((Series("E0", "consumption", A), own_use))
    return {series.key: Forecast(0, series, energy, ISSUE) for series, energy in said}


HOUSEHOLD = (Load("H0", 3500),)


def test_generation_less_the_households_consumption() -> None:
    whole = point_maximum(Point((A,), HOUSEHOLD), forecasts({A: 456}))
    assert (whole.of(A).max_wh, whole.of(A).generation_wh, whole.consumption_wh) == (456 - 140, 456, 140)


def test_never_below_zero() -> None:
    assert point_maximum(Point((A,), HOUSEHOLD), forecasts({A: 100})).of(A).max_wh == 0


def test_two_units_of_a_point_share_one_household() -> None:
    whole = point_maximum(Point((B, A), HOUSEHOLD), forecasts({A: 300, B: 100}))
    assert whole.of(A).max_wh + whole.of(B).max_wh == 400 - 140
    assert (whole.of(A).max_wh, whole.of(B).max_wh) == (195, 65)


def test_what_a_unit_uses_itself_and_other_loads_count_too() -> None:
    loads = (*HOUSEHOLD, Load("H0", 1000))
    assert point_maximum(Point((A,), loads), forecasts({A: 1000}, own_use=60)).of(A).max_wh == 1000 - 140 - 40 - 60


def test_nothing_is_known_without_a_forecast_of_generation_or_a_profile() -> None:
    with pytest.raises(NotCovered, match=f"generation of {B}"):
        point_maximum(Point((A, B), HOUSEHOLD), forecasts({A: 500})).of(B)
    with pytest.raises(NotCovered, match="profile H0"):
        point_maximum(Point((A,), HOUSEHOLD), forecasts({A: 500}, h0=None))


def test_who_consumes_nothing_needs_no_profile() -> None:
    assert point_maximum(Point((A,), (Load("H0", 0),)), forecasts({A: 500}, h0=None)).of(A).max_wh == 500


@given(
    st.dictionaries(st.sampled_from([f"SEE9{number:011d}" for number in range(8)]), st.integers(0, 10**6), max_size=8),
    st.integers(0, 10**6),
)
def test_the_shares_add_up_to_what_the_point_feeds_in(generation: dict[str, int], kwh_annum: int) -> None:
    whole = point_maximum(Point(tuple(generation), (Load("H0", kwh_annum),)), forecasts(generation))
    assert sum(unit.max_wh for unit in whole.units) == max(0, sum(generation.values()) - whole.consumption_wh)
    assert all(0 <= unit.max_wh <= unit.generation_wh for unit in whole.units)


def test_a_maximum_says_what_it_is_the_sum_of() -> None:
    whole = point_maximum(Point((B, A), HOUSEHOLD), forecasts({A: 300, B: 100}, own_use=60))
    parts = [(part.kind, part.forecast.series.mastr_nr, part.energy_wh, part.load) for part in whole.parts]
    assert parts == [
        ("generation", A, 300, None),
        ("consumption", A, 60, None),
        ("generation", B, 100, None),
        ("consumption", None, 140, HOUSEHOLD[0]),
    ]
    text = explanation(whole.of(B), whole)
    assert "profile H0: 40000 Wh for 1000000 kWh a year, scaled to 3500 kWh a year; a.xlsx, issued 1970-01-01" in text
    assert "What is consumed, 200 Wh, is deducted once for the metering point: 400 Wh generated leave 200 Wh" in text
    assert f"{B} may offer 50 Wh: its share by generation (100 of 400 Wh)" in text


def test_a_single_unit_may_offer_all_that_is_fed_in() -> None:
    whole = point_maximum(Point((A,), HOUSEHOLD), forecasts({A: 100}))
    assert whole.feed_in_wh == 0
    assert explanation(whole.of(A), whole).endswith(f"{A} may offer all of it.")

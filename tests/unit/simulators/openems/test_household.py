"""The counters are the exact integral of the power that is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.openems.household import MARK_MS, WH, Battery, Household
from simulators.openems.profile import Profile
from simulators.openems.sources import Sources, Stretch

NOON = 1_782_036_000_000  # 21 June 2026, 10:00 UTC
PROFILE = Profile(seed=7, kwh_annum=3500, peak_w=9900)


def house(sources: Sources | None = None, battery: Battery | None = None) -> Household:
    return Household(sources or Sources(PROFILE), ("pvInverter0",), NOON, battery)


def test_a_constant_power_gives_power_times_time() -> None:
    home = house(Sources(PROFILE, (Stretch("pvInverter0", NOON, NOON + 900_000, 4000),)))
    home.advance(NOON + 900_000)
    assert home.wh("pvInverter0") == 1000
    assert home.wh("sell") == 1000
    assert home.wh("buy") == 0


def test_fractions_of_a_wh_are_kept() -> None:
    home = house(Sources(PROFILE, (Stretch("meter1", NOON, NOON + 3_600_000, 1),)))
    for second in range(1, 3601):
        home.advance(NOON + second * 1000)
        assert home.wh("buy") == second // 3600
    assert home.energy["buy"] == WH


def test_a_stretch_counts_from_its_first_to_its_last_ms_whatever_is_read_in_between() -> None:
    home = house(Sources(PROFILE, (Stretch("pvInverter0", NOON + 2_000, NOON + 18_000, 202_500),)))
    for at_ms in (NOON + 1, NOON + 1_999, NOON + 2_001, NOON + 17_999, NOON + 20_000):
        home.advance(at_ms)
    assert home.energy["pvInverter0"] == 202_500 * 16_000
    assert home.wh("pvInverter0") == 900


@given(cuts=st.lists(st.integers(0, 3 * MARK_MS), max_size=30), seed=st.integers(0, 5), battery=st.booleans())
def test_how_often_it_is_read_changes_nothing(cuts: list[int], seed: int, battery: bool) -> None:
    def fresh() -> Household:
        profile = Profile(seed=seed, kwh_annum=3500, peak_w=9900)
        return house(Sources(profile), Battery(200, 3000) if battery else None)

    once, often = fresh(), fresh()
    once.advance(NOON + 3 * MARK_MS)
    for cut in sorted(cuts):
        often.advance(NOON + cut)
    often.advance(NOON + 3 * MARK_MS)
    if battery:  # a full battery is left at the ms at which it is full, wherever a read falls
        assert abs(often.stored - once.stored) <= 2 * 3000 * (len(cuts) + 1)
        assert often.energy["pvInverter0"] == once.energy["pvInverter0"]
    else:
        assert often.energy == once.energy


STRETCHES = st.tuples(
    st.sampled_from(["pvInverter0", "meter1"]), st.integers(0, 1000), st.integers(1, 1000), st.integers(0, 9000)
)


@given(stretches=st.lists(STRETCHES, min_size=1, max_size=8), capacity=st.integers(1, 50))
def test_no_energy_appears_or_vanishes(stretches: list[tuple[str, int, int, int]], capacity: int) -> None:
    schedule = tuple(
        Stretch(name, NOON + begin * 1000, NOON + (begin + length) * 1000, power)
        for name, begin, length, power in stretches
    )
    home = house(Sources(PROFILE, schedule), Battery(capacity, 2500))
    home.advance(NOON + 2_100_000)
    energy = home.energy
    for name in ("pvInverter0", "meter1"):
        assert energy[name] == sum((s.to_ms - s.from_ms) * s.power_w for s in schedule if s.component == name)
    assert energy["buy"] - energy["sell"] == (
        energy["meter1"] - energy["pvInverter0"] + energy["charge"] - energy["discharge"]
    )
    assert home.stored == energy["charge"] - energy["discharge"]
    assert 0 <= home.stored <= capacity * WH


def test_time_that_goes_back_counts_nothing() -> None:
    home = house()
    home.advance(NOON + 60_000)
    before = dict(home.energy)
    home.advance(NOON)
    assert home.energy == before
    assert home.at_ms == NOON + 60_000


def test_marks_are_met_in_order_with_the_state_of_their_moment() -> None:
    home = house(Sources(PROFILE, (Stretch("meter1", 0, NOON * 2, 3600),)))
    seen: list[tuple[int, int]] = []
    home.advance(NOON + 3 * MARK_MS, lambda at_ms: seen.append((at_ms - NOON, home.wh("buy"))))
    assert seen == [(MARK_MS, 300), (2 * MARK_MS, 600), (3 * MARK_MS, 900)]


def test_a_written_value_drives_its_part_until_it_is_taken_back() -> None:
    sources = Sources(PROFILE).with_written("pvInverter0", NOON + 1000, 4500)
    assert sources.power_w("pvInverter0", NOON) == PROFILE.generation_w(NOON)
    assert sources.power_w("pvInverter0", NOON + 1000) == 4500
    taken_back = sources.with_written("pvInverter0", NOON + 9000, None)
    assert taken_back.power_w("pvInverter0", NOON + 8999) == 4500
    assert taken_back.power_w("pvInverter0", NOON + 9000) == PROFILE.generation_w(NOON + 9000)


def test_a_schedule_silences_everything_it_does_not_name() -> None:
    sources = Sources(PROFILE, (Stretch("pvInverter0", NOON, NOON + 1000, 10),))
    assert sources.power_w("meter1", NOON) == 0
    assert sources.power_w("pvInverter0", NOON + 1000) == 0


@pytest.mark.parametrize("counter", ["buy", "sell"])
def test_a_counter_goes_back_but_never_below_zero(counter: str) -> None:
    home = house()
    home.energy[counter] = 700 * WH + 5
    home.lose([counter], 200)
    assert home.energy[counter] == 500 * WH + 5
    home.lose([counter], 900)
    assert home.energy[counter] == 0

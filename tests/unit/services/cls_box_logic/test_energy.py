"""The energy of a slot from samples of a counter."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cls_box_logic.domain.clock import Judgement
from services.cls_box_logic.domain.energy import Energy, Missing, Pending, Sample, energy_of_slot, next_border

T0 = 1_795_305_600_000
QUARTER = 900_000
TOLERANCE = 1500


def energy(samples: list[tuple[int, int | None]], begin: int = 0, end: int = QUARTER) -> Energy | Missing | Pending:
    """Times relative to T0."""
    return energy_of_slot([Sample(T0 + at, wh) for at, wh in samples], T0 + begin, T0 + end, TOLERANCE)


def test_the_difference_of_the_samples_at_the_borders_is_exact() -> None:
    assert energy([(0, 1000), (QUARTER, 1250)]) == Energy(250)
    assert energy([(40, 1000), (QUARTER + TOLERANCE, 1250)]) == Energy(250)
    assert energy([(-TOLERANCE, 1000), (QUARTER, 1000)]) == Energy(0)


def test_of_several_samples_near_a_border_the_nearest_with_a_value_counts() -> None:
    assert energy([(-900, 990), (100, 1000), (800, 1010), (QUARTER, 1250)]) == Energy(250)
    assert energy([(0, None), (700, 1000), (QUARTER, 1250)]) == Energy(250)


def test_samples_of_shorter_slots_in_between_change_nothing() -> None:
    between = [(at * 20_000, 1000 + at) for at in range(46)]
    assert energy(list(between)) == Energy(45)


def test_a_missed_border_is_interpolated_and_marked() -> None:
    assert energy([(-QUARTER, 1000), (QUARTER, 1300)]) == Energy(150, substituted=True)
    assert energy([(0, 1000), (2 * QUARTER, 1300)]) == Energy(150, substituted=True)


def test_before_the_end_was_sampled_the_energy_is_pending() -> None:
    assert energy([]) == Pending()
    assert energy([(0, 1000)]) == Pending()
    assert energy([(0, 1000), (QUARTER - TOLERANCE - 1, 1200)]) == Pending()


def test_without_a_sample_before_the_begin_the_slot_is_missing() -> None:
    found = energy([(TOLERANCE + 1, 1000), (QUARTER, 1250)])
    assert isinstance(found, Missing)
    assert "no sample at or before" in found.reason


@pytest.mark.parametrize("at", [0, QUARTER, 300_000])
def test_a_counter_without_a_value_is_never_traded_on(at: int) -> None:
    samples: dict[int, int | None] = {0: 1000, 300_000: 1100, QUARTER: 1250}
    samples[at] = None
    found = energy(list(samples.items()))
    assert isinstance(found, Missing)
    assert "no value" in found.reason


@pytest.mark.parametrize("reset", [[(0, 5000), (QUARTER, 4900)], [(0, 5000), (300_000, 0), (QUARTER, 6000)]])
def test_a_counter_that_went_back_is_never_traded_on(reset: list[tuple[int, int | None]]) -> None:
    found = energy(reset)
    assert isinstance(found, Missing)
    assert "went back from 5000" in found.reason


def test_a_counter_that_went_back_across_a_missed_border_spoils_both_slots() -> None:
    samples: list[tuple[int, int | None]] = [(0, 5000), (QUARTER + 300_000, 40), (2 * QUARTER, 100)]
    assert isinstance(energy(samples), Missing)
    assert isinstance(energy(samples, QUARTER, 2 * QUARTER), Missing)


def test_a_counter_that_leapt_further_than_its_connection_can_carry_is_never_traded_on() -> None:
    """A meter was replaced by one that has counted more."""
    met = [Sample(T0, 1000), Sample(T0 + QUARTER, 1000 + 7501)]
    assert energy_of_slot(met, T0, T0 + QUARTER, TOLERANCE, 30_000) == Energy(7501)  # to the Wh, which counters round
    leapt = [Sample(T0, 1000), Sample(T0 + QUARTER, 1000 + 7502)]
    found = energy_of_slot(leapt, T0, T0 + QUARTER, TOLERANCE, 30_000)
    assert isinstance(found, Missing)
    assert "leapt by 7502 Wh" in found.reason
    assert energy_of_slot(leapt, T0, T0 + QUARTER, TOLERANCE) == Energy(7502)
    over_a_gap = [Sample(T0, 1000), Sample(T0 + 4 * QUARTER, 1000 + 30_002)]
    assert isinstance(energy_of_slot(over_a_gap, T0, T0 + QUARTER, TOLERANCE, 30_000), Missing)


def test_a_slot_after_a_reset_is_measured_anew() -> None:
    samples: list[tuple[int, int | None]] = [(0, 5000), (QUARTER, 40), (2 * QUARTER, 100)]
    assert energy(samples, QUARTER, 2 * QUARTER) == Energy(60)


def test_a_missed_border_next_to_no_value_is_missing() -> None:
    found = energy([(0, 1000), (QUARTER + 5000, None), (2 * QUARTER, 1300)])
    assert isinstance(found, Missing)
    assert "not sampled" in found.reason


def test_a_change_of_time_changes_nothing() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = int(datetime(2026, 10, 25, 2, 45, tzinfo=berlin).astimezone(UTC).timestamp()) * 1000
    borders = [begin + number * QUARTER for number in range(9)]
    samples = [Sample(at, 1000 + number * 10) for number, at in enumerate(borders)]
    for at in borders[:-1]:
        assert energy_of_slot(samples, at, at + QUARTER, TOLERANCE) == Energy(10)


def of_eras(*samples: tuple[int, int, int, Judgement]) -> Energy | Missing | Pending:
    """Of the first quarter: times relative to T0, counter, era, clock."""
    told = [Sample(T0 + at, wh, clock, era) for at, wh, era, clock in sorted(samples)]
    return energy_of_slot(told, T0, T0 + QUARTER, TOLERANCE)


def test_a_board_that_wakes_in_the_past_spoils_no_slot_that_was_measured_before() -> None:
    """Without a battery its clock says, until chrony is there, what it said before the power went."""
    measured = ((0, 1000, 0, "good"), (QUARTER + 90, 1250, 0, "good"), (2 * QUARTER, 1500, 0, "good"))
    woken = ((QUARTER + 10, 3000, 1, "unknown"), (3 * QUARTER, 3100, 1, "good"))
    assert of_eras(*measured, *woken) == Energy(250)  # type: ignore[arg-type] # literals
    nobody_knows = [(at, wh, era, "unknown") for at, wh, era, _ in (*measured, *woken)]
    found = of_eras(*nobody_knows)  # type: ignore[arg-type] # literals
    assert isinstance(found, Missing)
    assert "clock went back" in found.reason


def test_a_sample_from_a_future_that_was_none_is_no_neighbour() -> None:
    future = (10**10, 1100, 0, "unknown")
    met = ((0, 1000, 1, "unknown"), (QUARTER, 1250, 1, "unknown"))
    assert of_eras(*met, future) == Energy(250, clock="unknown")  # type: ignore[arg-type] # literals
    assert of_eras(met[0], future) == Pending()  # type: ignore[arg-type] # literals
    later = (2 * QUARTER, 1500, 1, "unknown")
    assert of_eras(met[0], later, future) == Energy(250, substituted=True, clock="unknown")  # type: ignore[arg-type]


def test_an_outage_in_which_the_clock_went_back_is_bridged_like_another() -> None:
    assert of_eras((-QUARTER, 1000, 0, "good"), (2 * QUARTER, 1300, 1, "good")) == Energy(100, substituted=True)


gaps = st.lists(st.tuples(st.integers(1, 4_000_000), st.integers(0, 50_000)), min_size=1, max_size=40)


@given(steps=gaps, begin=st.integers(0, 5), slots=st.integers(1, 20))
def test_slots_in_a_row_add_up_whatever_was_sampled(steps: list[tuple[int, int]], begin: int, slots: int) -> None:
    at, wh, samples = T0, 1000, [Sample(T0, 1000)]
    for ms, more in steps:
        at, wh = at + ms, wh + more
        samples.append(Sample(at, wh))
    first = T0 + begin * QUARTER
    found = [energy_of_slot(samples, first + n * QUARTER, first + (n + 1) * QUARTER, TOLERANCE) for n in range(slots)]
    whole = energy_of_slot(samples, first, first + slots * QUARTER, TOLERANCE)
    if isinstance(whole, Energy):
        parts = [part.wh for part in found if isinstance(part, Energy)]
        assert len(parts) == slots
        assert sum(parts) == whole.wh
        assert all(0 <= part <= whole.wh for part in parts)
    else:
        assert any(not isinstance(part, Energy) for part in found)


@given(now=st.integers(0, 2**45), lengths=st.sets(st.sampled_from([1, 20, 60, 900, 3600]), max_size=4))
def test_the_next_border_is_the_first_after_now(now: int, lengths: set[int]) -> None:
    found = next_border(now, lengths)
    if not lengths:
        assert found is None
        return
    assert found is not None
    assert found > now
    assert any(found % (length * 1000) == 0 for length in lengths)
    assert found - now <= min(lengths) * 1000

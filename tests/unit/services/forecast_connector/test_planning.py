"""What the oracle records: just in time, once, and never below what is offered."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from services.forecast_connector.domain.maximum import Load, Point
from services.forecast_connector.domain.planning import (
    MAX_POINTS,
    Market,
    PointRecord,
    Recording,
    RegisteredPoint,
    UnitRecord,
    expectation,
    plan,
    quarter_of,
    revised,
)
from tests.unit.services.forecast_connector.test_maximum import A, B, forecasts

LEM = Market("lem", 900, 7 * 86_400, 0, ((0, 900),))
SHORT = Market("demo", 20, 3600, 0, ((0, 6), (1_000_000, 10)))
NOW = 1_800_000_300
SLOT = 1_800_000_900


def record(maximum: int, *, offered: int = 0, generation: int = 500, unit: int = 1, point: int = 1) -> PointRecord:
    return PointRecord(point, 100, (UnitRecord(unit, generation, maximum, offered),))


def planned(wanted: PointRecord, standing: Iterable[PointRecord] = ()) -> list[Recording]:
    return list(plan("lem", {SLOT: [wanted]}, lambda _: standing))


def test_m_ram_03_only_the_next_slots_are_recorded_not_the_whole_horizon() -> None:
    slots = LEM.tradable(NOW, 192)
    assert len(slots) == 192
    assert slots == list(range(slots[0], slots[0] + 192 * 900, 900))


def test_m_for_02_the_first_slot_is_the_first_whose_gate_is_open() -> None:
    assert LEM.gate(SLOT) == SLOT - 900
    assert LEM.tradable(SLOT - 910, 1) == [SLOT]
    assert LEM.tradable(SLOT - 900, 1) == [SLOT + 900]
    assert LEM.tradable(SLOT - 902, 1) == [SLOT + 900]
    assert SHORT.tradable(1_000_000, 2) == [1_000_020, 1_000_040]


def test_m_off_08_nothing_is_recorded_beyond_the_markets_life_or_horizon() -> None:
    ending = Market("demo", 900, 7 * 86_400, SLOT + 900, ((0, 60),))
    assert ending.tradable(NOW, 10) == [SLOT]
    near = Market("demo", 900, 1000, 0, ((0, 60),))
    assert near.tradable(NOW, 10) == [SLOT]


def test_a_short_slot_stands_for_the_quarter_hour_it_lies_in() -> None:
    assert quarter_of(1_800_000_020) == 1_800_000_000


def test_the_same_plan_made_twice_is_empty_the_second_time() -> None:
    (first,) = planned(record(360))
    assert first.as_json()["data"] == {
        "market": "lem",
        "slot": SLOT,
        "points": [{"point": 1, "consumption_wh": 100, "units": [{"unit": 1, "generation_wh": 500, "max_wh": 360}]}],
    }
    assert planned(record(360), first.points) == []


def test_what_was_offered_since_changes_nothing_while_the_forecast_stays() -> None:
    assert planned(record(360), [record(360, offered=200)]) == []


def test_a_newer_forecast_revises_up_and_down() -> None:
    assert planned(record(500), [record(360)])[0].points[0].units[0].max_wh == 500
    assert planned(record(100), [record(360)])[0].points[0].units[0].max_wh == 100


def test_m_for_03_a_revision_stays_at_what_is_offered_already() -> None:
    (recording,) = planned(record(100, generation=150), [record(360, offered=200)])
    assert recording.points[0].units[0].max_wh == 200
    assert recording.points[0].units[0].generation_wh == 150
    assert planned(record(100, generation=150), [record(200, offered=200, generation=150)]) == []


def test_m_for_03_a_unit_with_an_offer_is_never_left_out() -> None:
    wanted = PointRecord(1, 100, (UnitRecord(2, 10, 10),))
    standing = PointRecord(1, 100, (UnitRecord(1, 500, 360, 200), UnitRecord(2, 10, 10)))
    assert [unit.unit for unit in revised(wanted, standing).units] == [1, 2]
    without_offer = PointRecord(1, 100, (UnitRecord(1, 500, 360), UnitRecord(2, 10, 10)))
    assert [unit.unit for unit in revised(wanted, without_offer).units] == [2]


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_m_for_03_holds_whatever_is_forecast_and_offered(wanted: int, recorded: int, offered: int) -> None:
    standing = record(max(recorded, offered), offered=offered)
    result = revised(record(wanted), standing).units[0].max_wh
    assert result == max(wanted, offered)


def test_m_ram_03_an_action_has_at_most_32_points_in_ascending_order() -> None:
    wanted = [record(1, point=number) for number in range(70, 0, -1)]
    recordings = list(plan("lem", {SLOT: wanted}, lambda _: []))
    assert [len(one.points) for one in recordings] == [MAX_POINTS, MAX_POINTS, 6]
    numbers = [point.point for one in recordings for point in one.points]
    assert numbers == sorted(numbers)


def test_units_are_recorded_by_their_ids_in_ascending_order() -> None:
    registered = RegisteredPoint(7, Point((A, B), (Load("H0", 3500),)), {A: 9, B: 4})
    expected = expectation(registered, forecasts({A: 300, B: 100}))
    assert expected == PointRecord(7, 140, (UnitRecord(4, 100, 65), UnitRecord(9, 300, 195)))


def test_a_consumers_point_is_recorded_for_the_pool_and_an_uncovered_one_not_at_all() -> None:
    consumer = RegisteredPoint(3, Point((), (Load("H0", 3500),)), {})
    assert expectation(consumer, forecasts({})) == PointRecord(3, 140, ())
    assert expectation(consumer, forecasts({}, h0=None)) is None
    assert expectation(RegisteredPoint(3, Point(()), {}), forecasts({})) is None


def test_a_unit_that_the_chain_does_not_know_is_not_recorded() -> None:
    registered = RegisteredPoint(7, Point((A, B)), {A: 9})
    expected = expectation(registered, forecasts({A: 300, B: 100}))
    assert expected is not None
    assert [unit.unit for unit in expected.units] == [9]


def test_rows_of_the_chain_are_read_as_they_stand() -> None:
    units = [{"unit": 1, "generation_wh": 500, "max_wh": 360, "offered_wh": 200, "offers": 1}]
    row = {"key": SLOT << 32 | 1, "consumption_wh": 100, "units": units}
    assert PointRecord.of(row) == record(360, offered=200)
    params = [{"from_slot": 50, "lead_s": 10}, {"from_slot": 0, "lead_s": 6}]
    market = {"market": "demo", "slot_s": 20, "horizon_s": 3600, "until": 0}
    assert Market.of(market, params).leads == ((0, 6), (50, 10))

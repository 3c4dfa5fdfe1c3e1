"""The readings of a box's points."""

from __future__ import annotations

import pytest

from market.values import EosName, Slot
from services.cls_box_logic.domain.delivery import OwnPoint, OwnUnit, PointReading, deliver_action, read_point
from services.cls_box_logic.domain.energy import Energy, Missing, Pending

PV0 = OwnUnit(7, "SEE900000000119", "pvInverter0")
PV1 = OwnUnit(4, "SEE900000000126", "pvInverter1")
BUY, SELL = "meter0/ActiveProductionEnergy", "meter0/ActiveConsumptionEnergy"
MADE0, MADE1 = "pvInverter0/ActiveProductionEnergy", "pvInverter1/ActiveProductionEnergy"

Found = Energy | Missing | Pending


def point(*units: OwnUnit) -> OwnPoint:
    return OwnPoint(3, "1TBI0000000011", "meter0", 0, units)


def read(at: OwnPoint, **counters: Found) -> PointReading | Missing | Pending:
    names = {"buy": BUY, "sell": SELL, "made0": MADE0, "made1": MADE1}
    found = {names[name]: energy for name, energy in counters.items()}
    return read_point(at, lambda channel: found[channel])


def test_bought_and_fed_in_come_from_the_channels_that_openems_names_so() -> None:
    found = read(point(PV0), buy=Energy(100), sell=Energy(900), made0=Energy(1200))
    assert isinstance(found, PointReading)
    expected = {"point": 3, "fed_in_wh": 900, "consumed_wh": 100, "units": [{"unit": 7, "produced_wh": 1200}]}
    assert found.to_action() == expected
    assert not found.substituted


def test_units_are_in_ascending_order_as_m_ram_03_wants_them() -> None:
    found = read(point(PV0, PV1), buy=Energy(0), sell=Energy(9), made0=Energy(5), made1=Energy(6))
    assert isinstance(found, PointReading)
    assert found.to_action()["units"] == [{"unit": 4, "produced_wh": 6}, {"unit": 7, "produced_wh": 5}]


def test_a_substituted_counter_marks_the_reading() -> None:
    found = read(point(PV0), buy=Energy(1), sell=Energy(2), made0=Energy(3, substituted=True))
    assert isinstance(found, PointReading)
    assert found.substituted


@pytest.mark.parametrize("which", ["buy", "sell"])
def test_an_invalid_grid_counter_makes_the_point_missing(which: str) -> None:
    counters: dict[str, Found] = {"buy": Energy(1), "sell": Energy(2), "made0": Energy(3)}
    counters[which] = Missing("the counter went back")
    found = read(point(PV0), **counters)
    assert isinstance(found, Missing)
    assert "1TBI0000000011" in found.reason


def test_what_is_pending_keeps_the_whole_point_waiting() -> None:
    assert read(point(PV0), buy=Energy(1), sell=Missing("x"), made0=Pending()) == Pending()


def test_m_del_06_an_unknown_production_matters_only_where_units_share_a_feed_in() -> None:
    asleep = Missing("the counter had no value")
    single = read(point(PV0), buy=Energy(1), sell=Energy(2), made0=asleep)
    assert isinstance(single, PointReading)
    assert single.produced_wh == ()
    assert "no value" in single.remarks[0]
    assert isinstance(read(point(PV0, PV1), buy=Energy(1), sell=Energy(2), made0=asleep, made1=Energy(2)), Missing)
    night = read(point(PV0, PV1), buy=Energy(1), sell=Energy(0), made0=asleep, made1=asleep)
    assert isinstance(night, PointReading)


def test_energy_that_no_contract_can_hold_is_missing() -> None:
    assert isinstance(read(point(), buy=Energy(2**32), sell=Energy(0)), Missing)


def test_a_delivery_has_its_points_in_ascending_order() -> None:
    readings = [{"point": 5, "fed_in_wh": 1}, {"point": 2, "fed_in_wh": 2}]
    action = deliver_action(EosName("lem"), EosName("box1"), Slot(900), readings)
    assert (action["account"], action["name"]) == ("tbimarket", "deliver")
    assert [reading["point"] for reading in action["data"]["readings"]] == [2, 5]

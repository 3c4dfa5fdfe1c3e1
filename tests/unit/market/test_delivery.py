"""Events and delivery."""

from dataclasses import replace

import pytest

from market import actions
from market.rows import ReadingStatus, UnitReading
from market.rules.delivery import split
from market.rules.watermarks import BITMAP_SLOTS
from tests.unit.market.scenario import DEADLINE_S, END, SLOT, SLOT_S, T0, Scenario, opening

READING = actions.PointReading(1, 900, 100, (actions.UnitProduction(1, 1000),))
DELIVERY = actions.Deliver("lem", "seller", SLOT, (READING,))


def test_m_evt_01_every_point_gets_its_event_after_the_slots_end(bare: Scenario) -> None:
    bare.refused("M-EVT-01", actions.SendData("lem", 10), now=T0 + SLOT_S - 1)
    bare.do(actions.SendData("lem", 10), T0 + SLOT_S)
    for name, point in (("seller", 1), ("anna", 2), ("bert", 3)):
        assert [(event.point, event.slot) for event in bare.model.world.box(name).events.values()] == [(point, T0)]
    bare.refused("M-EVT-01", actions.SendData("lem", 10))


def test_m_evt_01_goes_on_where_it_stopped(bare: Scenario) -> None:
    bare.do(actions.SendData("lem", 2), T0 + SLOT_S)
    assert not bare.model.world.box("bert").events.values()
    bare.do(actions.SendData("lem", 2))
    assert len(bare.model.world.box("bert").events) == 1
    assert bare.books.counters[0].event_slot == T0 + SLOT_S


def test_m_evt_01_a_point_gets_no_event_for_a_slot_before_its_registration(bare: Scenario) -> None:
    bare.do(actions.RegPoint("lem", "anna", "anna", "trier", "later"), T0 + 1)
    bare.do(actions.SendData("lem", 10), T0 + SLOT_S)
    assert [event.point for event in bare.model.world.box("anna").events.values()] == [2]


def test_m_evt_01_ends_with_the_market(bare: Scenario) -> None:
    bare.do(opening("short", until=T0 + SLOT_S))
    bare.do(actions.RegBox("short", "anna", "PUB_anna"))
    bare.do(actions.RegPoint("short", "anna", "anna", "trier", "m"))
    bare.do(actions.SendData("short", 10), T0 + SLOT_S)
    bare.refused("M-EVT-01", actions.SendData("short", 10), now=T0 + 5 * SLOT_S)


def test_m_evt_01_before_any_registration_there_is_nothing_to_raise(bare: Scenario) -> None:
    bare.do(opening("other"))
    bare.refused("M-EVT-01", actions.SendData("other", 10), now=END)


def by_hand(**changes: object) -> actions.Raise:
    return replace(actions.Raise("lem", "seller", "senddata", 1, SLOT, 500, "anna"), **changes)  # type: ignore[arg-type]


def test_m_evt_02_the_operator_raises_an_event_by_hand(bare: Scenario) -> None:
    bare.do(by_hand())
    event = bare.model.world.box("seller").events.values()[0]
    assert (event.by_hand, event.energy_wh, event.buyer) == (True, 500, "anna")
    bare.refused("M-EVT-02", by_hand(point=2, box="anna"), signed="anna")
    bare.refused("M-EVT-02", by_hand(kind="other"))
    bare.refused("M-EVT-02", by_hand(slot=SLOT + 1))
    bare.refused("M-EVT-02", by_hand(slot=T0 - SLOT_S))
    bare.refused("M-REG-02", by_hand(point=2))
    bare.refused("M-REG-02", by_hand(point=99))


def test_m_evt_03_an_event_is_raised_once(run: Scenario) -> None:
    run.do(by_hand())
    run.refused("M-EVT-03", by_hand())
    run.do(DELIVERY, END)
    run.refused("M-EVT-03", by_hand())
    while run.books.counters[0].event_slot <= SLOT:
        run.do(actions.SendData("lem", 10))
    assert SLOT not in [event.slot for event in run.model.world.box("seller").events.values()]
    assert SLOT in [event.slot for event in run.model.world.box("anna").events.values()]


def test_a_delivery_takes_the_event_off_the_boxs_list(run: Scenario) -> None:
    run.do(by_hand())
    run.do(DELIVERY, END)
    assert not run.model.world.box("seller").events.values()


def test_m_ram_01_an_event_nobody_answered_expires_after_the_deadline(bare: Scenario) -> None:
    bare.do(by_hand())
    bare.refused("M-RAM-01", actions.Expire("lem", "seller", 10), now=END + DEADLINE_S)
    bare.do(actions.Expire("lem", "seller", 10), END + DEADLINE_S + 1)
    assert not bare.model.world.box("seller").events.values()


@pytest.mark.parametrize("limit", [0, 257])
def test_m_ram_03_limits_are_bounded(bare: Scenario, limit: int) -> None:
    for action in (
        actions.SendData("lem", limit),
        actions.Expire("lem", "anna", limit),
        actions.Erase("lem", SLOT, limit),
    ):
        bare.refused("M-RAM-03", action)


def test_m_del_01_only_the_points_box_delivers(run: Scenario) -> None:
    run.refused("M-DEL-01", DELIVERY, now=END, signed="anna")
    run.refused("M-DEL-01", replace(DELIVERY, box="anna"), now=END)
    run.refused("M-DEL-01", replace(DELIVERY, readings=(replace(READING, point=99),)), now=END)


def test_m_del_02_a_replayed_delivery_is_refused(run: Scenario) -> None:
    run.do(DELIVERY, END)
    run.refused("M-DEL-02", DELIVERY)
    run.refused("M-DEL-02", replace(DELIVERY, readings=(replace(READING, fed_in_wh=1),)))


def test_m_del_02_slots_may_arrive_in_any_order_within_the_bitmap(run: Scenario) -> None:
    slots = [T0 + SLOT_S * n for n in (0, BITMAP_SLOTS - 1, 5, BITMAP_SLOTS + 3, 4)]
    late = slots[3] + SLOT_S
    for slot in slots:
        run.do(replace(DELIVERY, slot=slot), late)
    for slot in slots:
        run.refused("M-DEL-02", replace(DELIVERY, slot=slot))
    run.refused("M-DEL-02", replace(DELIVERY, slot=T0 + 3 * SLOT_S))
    run.do(replace(DELIVERY, slot=slots[3] + 5000 * SLOT_S), slots[3] + 5001 * SLOT_S)
    run.refused("M-DEL-02", replace(DELIVERY, slot=slots[3]))


def test_m_del_03_not_before_the_slots_end(run: Scenario) -> None:
    run.refused("M-DEL-03", DELIVERY, now=END - 1)
    run.refused("M-DEL-03", replace(DELIVERY, slot=SLOT + 1), now=END + SLOT_S)


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (END + SLOT_S, ReadingStatus.ON_TIME),
        (END + SLOT_S + 1, ReadingStatus.LATE),
        (END + DEADLINE_S, ReadingStatus.LATE),
        (END + DEADLINE_S + 1, ReadingStatus.RECORD_ONLY),
    ],
)
def test_m_del_04_late_is_marked_and_too_late_is_a_record_only(run: Scenario, now: int, status: ReadingStatus) -> None:
    before = [row.fed_in_wh for row in run.books.figures.values()]
    run.do(DELIVERY, now)
    assert run.books.readings.values()[0].status == status
    counted = [row.fed_in_wh for row in run.books.figures.values()] != before
    assert counted == (status != ReadingStatus.RECORD_ONLY)


def test_m_del_05_no_reading_from_before_the_registration(run: Scenario) -> None:
    run.refused("M-DEL-05", replace(DELIVERY, slot=T0 - SLOT_S), now=END)


def test_m_reg_02_a_reading_names_the_points_own_units(run: Scenario) -> None:
    foreign = replace(READING, units=(actions.UnitProduction(2, 1),))
    run.refused("M-REG-02", replace(DELIVERY, readings=(foreign,)), now=END)


def test_m_ram_03_readings_are_bounded_and_ascend(run: Scenario) -> None:
    run.refused("M-RAM-03", replace(DELIVERY, readings=()), now=END)
    run.refused("M-RAM-03", replace(DELIVERY, readings=(READING, READING)), now=END)
    twice = replace(READING, units=(actions.UnitProduction(1, 1), actions.UnitProduction(1, 1)))
    run.refused("M-RAM-03", replace(DELIVERY, readings=(twice,)), now=END)


def test_m_del_06_the_feed_in_is_split_by_production() -> None:
    produced = (actions.UnitProduction(3, 1), actions.UnitProduction(5, 2))
    assert split(100, (3, 5, 7), produced) == (UnitReading(3, 1, 33), UnitReading(5, 2, 67), UnitReading(7, 0, 0))
    assert split(100, (3, 5), ()) == (UnitReading(3, 0, 100), UnitReading(5, 0, 0))
    assert split(100, (), ()) == ()


def test_m_poo_01_measured_energy_and_residual(run: Scenario) -> None:
    run.deliver("seller", 900, 0)
    run.deliver("anna", 0, 1200)
    figures = run.books.figures.values()[0]
    assert (figures.fed_in_wh, figures.consumed_wh, figures.residual_wh) == (900, 1200, -300)

"""Passive contracts and what the EVU takes over. The EVU buys at 8 ct; the contract says 11 ct."""

from dataclasses import replace
from typing import Any

import pytest

from market import actions
from market.rows import PassiveContract, Takeover
from market.values import slot_key
from tests.unit.market.scenario import CT, DEADLINE_S, EUR, LEAD_S, PARAMS, RETAIN_S, SLOT_S, T0, Scenario, place

HORIZON_S = 7 * 86400
FIRST = T0 + HORIZON_S + SLOT_S
"""The first slot whose trading has not begun."""
LAST = FIRST + 4 * SLOT_S
PRICE = 11 * CT
PROPOSAL = actions.PassPropose("lem", 1, PRICE, FIRST, LAST)
YES = actions.PassAccept("lem", "seller", 1, PRICE, FIRST, LAST)


def end(slot: int, party: str = "seller") -> actions.PassEnd:
    return actions.PassEnd("lem", party, 1, FIRST, slot)


def deliver(run: Scenario, slot: int, fed_in_wh: int, *made: tuple[int, int]) -> None:
    units = tuple(actions.UnitProduction(*unit) for unit in made or ((1, fed_in_wh),))
    run.do(
        actions.Deliver("lem", "seller", slot, (actions.PointReading(1, fed_in_wh, 0, units),)),
        max(run.now, slot + SLOT_S),
    )


@pytest.fixture
def agreed(run: Scenario) -> Scenario:
    run.do(PROPOSAL)
    run.do(YES)
    return run


def test_m_pas_01_all_feed_in_is_sold_at_the_contracts_price(agreed: Scenario) -> None:
    before = agreed.account("seller").available
    deliver(agreed, FIRST, 1500)
    events = agreed.do(actions.Sweep("lem", FIRST, 1))
    assert events[0].data == (FIRST, 1, 1500, 165_000)
    assert agreed.account("seller").available == before + 165_000
    assert agreed.account("tbievu").available == -165_000


def test_m_pas_01_only_in_the_slots_of_the_contract(agreed: Scenario) -> None:
    for slot, worth in ((FIRST - SLOT_S, 80_000), (LAST - SLOT_S, 110_000), (LAST, 80_000)):
        deliver(agreed, slot, 1000)
        assert agreed.do(actions.Sweep("lem", slot, 1))[0].data == (slot, 1, 1000, worth)


def test_m_pas_01_the_points_other_units_feed_in_at_the_evus_price(agreed: Scenario) -> None:
    agreed.do(actions.RegUnit("lem", 1, "wind"))
    deliver(agreed, FIRST, 999, (1, 1000), (2, 500))  # shares 666 and 333
    assert agreed.do(actions.Sweep("lem", FIRST, 1))[0].data == (FIRST, 1, 999, 73_260 + 26_640)
    assert agreed.books.takeovers[FIRST] == Takeover(FIRST, swept_wh=333, passive_wh=666)


def test_m_pas_02_a_passive_unit_is_not_offered(agreed: Scenario) -> None:
    agreed.now = FIRST - LEAD_S - 1
    for slot in (FIRST, LAST):
        agreed.forecast(slot=slot)
    agreed.refused("M-PAS-02", place(slot=FIRST))
    agreed.do(place(slot=LAST))


def test_m_pas_03_the_evu_proposes_and_the_owner_accepts_the_same_terms(run: Scenario) -> None:
    run.refused("M-MKT-01", replace(PROPOSAL, market="nomarket"))
    run.refused("M-PAS-03", PROPOSAL, signed="seller")
    run.refused("M-REG-02", replace(PROPOSAL, unit=9))
    run.refused("M-PAS-03", YES)
    run.do(PROPOSAL)
    assert not run.books.passives.values()
    run.refused("M-PAS-03", YES, signed="tbievu")
    run.refused("M-MKT-01", replace(YES, market="nomarket"))
    for wrong in ({"owner": "anna"}, {"unit": 2}, {"price": PRICE + 1}, {"from_slot": LAST}, {"until_slot": 0}):
        run.refused("M-PAS-03", replace(YES, **wrong))
    run.do(YES)
    assert run.books.passives.values() == [PassiveContract(slot_key(1, FIRST), "seller", PRICE, LAST)]
    run.refused("M-PAS-03", YES)


def test_m_pas_03_a_new_proposal_replaces_the_old_one_and_either_may_drop_it(run: Scenario) -> None:
    for party in ("seller", "tbievu"):
        run.do(PROPOSAL)
        run.do(replace(PROPOSAL, price=1))
        run.refused("M-PAS-03", YES)
        drop = actions.PassDrop("lem", party, 1)
        run.refused("M-PAS-03", drop, signed="anna")
        run.refused("M-PAS-03", replace(drop, party="anna"))
        run.do(drop)
        run.refused("M-PAS-03", drop)
        run.refused("M-PAS-03", replace(YES, price=1))


def test_m_pas_04_a_contract_begins_and_ends_with_slots_whose_trading_has_not_begun(run: Scenario) -> None:
    mistakes: tuple[dict[str, Any], ...] = (
        {"from_slot": FIRST + 1},
        {"until_slot": LAST + 1},
        {"until_slot": FIRST},
        {"from_slot": FIRST - SLOT_S},
    )
    for wrong in mistakes:
        run.refused("M-PAS-04", replace(PROPOSAL, **wrong))
    run.do(PROPOSAL)
    run.refused("M-PAS-04", YES, now=T0 + SLOT_S)
    run.do(YES, now=T0 + SLOT_S - 1)


def test_m_pas_04_a_units_contracts_follow_each_other(agreed: Scenario) -> None:
    def follow(start: int, until: int) -> actions.PassAccept:
        agreed.do(replace(PROPOSAL, from_slot=start, until_slot=until))
        return replace(YES, from_slot=start, until_slot=until)

    agreed.refused("M-PAS-04", follow(LAST - SLOT_S, 0))
    agreed.do(follow(LAST, 0))
    agreed.refused("M-PAS-04", follow(LAST + SLOT_S, 0))


def test_m_ram_03_a_unit_has_at_most_eight_contracts(run: Scenario) -> None:
    for number in range(9):
        start = FIRST + number * SLOT_S
        terms: dict[str, Any] = {"from_slot": start, "until_slot": start + SLOT_S}
        run.do(replace(PROPOSAL, **terms))
        if number < 8:
            run.do(replace(YES, **terms))
        else:
            run.refused("M-RAM-03", replace(YES, **terms))


@pytest.mark.parametrize("party", ["seller", "tbievu"])
def test_m_pas_05_either_ends_it_from_a_slot_whose_trading_has_not_begun(agreed: Scenario, party: str) -> None:
    run, later = agreed, FIRST + SLOT_S
    run.refused("M-PAS-05", end(later, party), signed="anna")
    run.refused("M-PAS-05", replace(end(later, party), from_slot=LAST))
    run.refused("M-PAS-05", end(later, "anna"))
    for slot in (later + 1, FIRST - SLOT_S, LAST, LAST + SLOT_S):
        run.refused("M-PAS-05", end(slot, party))
    run.refused("M-PAS-05", end(later, party), now=T0 + 2 * SLOT_S)
    run.do(end(later, party), now=T0 + SLOT_S)
    assert run.books.passives.values()[0].until_slot == later
    deliver(run, later, 1000)
    assert run.do(actions.Sweep("lem", later, 1))[0].data == (later, 1, 1000, 80_000)


def test_m_pas_05_an_open_end_is_ended(run: Scenario) -> None:
    run.do(replace(PROPOSAL, until_slot=0))
    run.do(replace(YES, until_slot=0))
    run.do(end(LAST + SLOT_S))
    assert run.books.passives.values()[0].until_slot == LAST + SLOT_S


def test_m_pas_05_what_ends_before_it_begins_never_was(agreed: Scenario) -> None:
    agreed.do(end(FIRST))
    assert not agreed.books.passives.values()


def test_m_ram_01_a_contract_is_erased_when_nothing_can_be_paid_by_it_any_more(agreed: Scenario) -> None:
    clear = actions.PassClear("lem", 1, FIRST)
    agreed.refused("M-RAM-01", replace(clear, unit=2))
    deliver(agreed, FIRST, 10)
    agreed.refused("M-RAM-01", clear, now=LAST + RETAIN_S - 1)
    agreed.refused("M-RAM-01", clear, now=LAST + RETAIN_S)
    agreed.do(actions.Sweep("lem", FIRST, 1))
    agreed.do(actions.Erase("lem", FIRST, 256), LAST + RETAIN_S)
    deliver(agreed, LAST, 10)
    agreed.do(clear)
    assert not agreed.books.passives.values()


def test_m_ram_01_not_before_the_latest_deadline_within_the_contract(agreed: Scenario) -> None:
    longer = replace(PARAMS, from_slot=FIRST + SLOT_S, deadline_s=2 * RETAIN_S)
    agreed.do(actions.SetParams("lem", longer))
    agreed.do(actions.SetParams("lem", replace(PARAMS, from_slot=FIRST + 2 * SLOT_S)))
    clear = actions.PassClear("lem", 1, FIRST)
    agreed.refused("M-RAM-01", clear, now=LAST + 2 * RETAIN_S)
    agreed.do(clear, LAST + 2 * RETAIN_S + 1)


def test_m_ram_01_a_contract_without_an_end_or_with_too_many_parameters_stays(run: Scenario) -> None:
    run.do(replace(PROPOSAL, until_slot=0))
    run.do(replace(YES, until_slot=0))
    clear = actions.PassClear("lem", 1, FIRST)
    run.refused("M-RAM-01", clear, now=FIRST + 2 * RETAIN_S)
    run.now = T0
    for number in range(1, 33):
        run.books.params.put(FIRST + number * SLOT_S, replace(PARAMS, from_slot=FIRST + number * SLOT_S))
    run.do(end(FIRST + 33 * SLOT_S))
    late = FIRST + 33 * SLOT_S + RETAIN_S
    run.refused("M-RAM-01", clear, now=late)
    run.books.params.remove(FIRST + 7 * SLOT_S)
    run.do(clear, late)


def test_m_sec_02_what_the_evu_takes_over_is_counted(run: Scenario) -> None:
    slot = T0 + 8 * SLOT_S
    number = run.sell(1000)
    run.do(actions.Award("lem", number), slot)
    run.deliver("seller", 1300, 0)
    run.deliver("anna", 0, 400)
    run.do(actions.Settle("lem", number))
    assert run.books.takeovers[slot] == Takeover(slot, unused_wh=600)
    run.do(actions.Sweep("lem", slot, 1))
    run.do(actions.Sweep("lem", slot, 2))
    assert run.books.takeovers[slot] == Takeover(slot, swept_wh=300, unused_wh=600)
    run.do(actions.Erase("lem", slot, 256), slot + SLOT_S + RETAIN_S)
    assert not run.books.takeovers.values()


def test_m_sec_02_a_shortfall_that_nobody_used_is_not_taken_over(run: Scenario) -> None:
    slot = T0 + 8 * SLOT_S
    number = run.sell(1000)
    run.do(actions.Award("lem", number), slot)
    run.deliver("seller", 700, 0)
    run.deliver("anna", 0, 700)
    run.do(actions.Settle("lem", number))
    assert run.books.balances[number].surplus == 24_000
    assert not run.books.takeovers.values()


def test_m_sec_02_an_unfunded_surplus_is_not_taken_over_yet(agreed: Scenario) -> None:
    agreed.books.params.put(0, replace(PARAMS, credit_line=0))
    deliver(agreed, FIRST, 1000)
    agreed.do(actions.Sweep("lem", FIRST, 1))
    assert not agreed.books.takeovers.values()
    agreed.refused("M-LED-04", actions.Sweep("lem", FIRST, 1))
    agreed.deposit("tbievu", EUR)
    agreed.do(actions.Sweep("lem", FIRST, 1), FIRST + SLOT_S + DEADLINE_S)
    assert agreed.books.takeovers[FIRST].passive_wh == 1000


def test_m_ram_01_a_slot_in_which_nobody_offered_is_erased_with_what_was_taken_over(agreed: Scenario) -> None:
    deliver(agreed, FIRST, 1000)
    agreed.do(actions.Sweep("lem", FIRST, 1))
    erase = actions.Erase("lem", FIRST, 256)
    agreed.do(erase, FIRST + SLOT_S + RETAIN_S)
    assert not agreed.books.takeovers.values()
    agreed.refused("M-RAM-01", erase)

"""Peer-to-peer deals: the seller sells anna 1000 Wh at 25 ct. The EVU buys at 8 ct and sells at 32 ct."""

from dataclasses import replace
from typing import Any

import pytest

from market import actions
from market.rows import Balance, Deal, OfferStatus
from market.values import slot_key
from tests.unit.market.scenario import CT, END, EUR, GATE, PARAMS, RETAIN_S, SLOT, SLOT_S, Scenario, place

PRICE = 25 * CT
PROPOSAL = actions.P2pPropose("lem", "seller", "anna", 1, SLOT, 1000, PRICE, 77)
YES = actions.P2pAccept("lem", "anna", "seller", 1, SLOT, 1000, PRICE, 77)
DROP = actions.P2pDrop("lem", "anna", 1, SLOT)


def accept(run: Scenario, **changes: Any) -> list[Any]:
    return list(run.do(replace(YES, **changes), signed=changes.get("buyer", "anna")))


def refused(run: Scenario, rule: str, now: int | None = None, **changes: Any) -> None:
    run.refused(rule, replace(YES, **changes), now=now, signed=changes.get("buyer", "anna"))


def limit(run: Scenario, max_bids: int) -> None:
    run.books.params.put(0, replace(PARAMS, max_bids=max_bids))
    run.model.world.journal.keep()


@pytest.fixture
def agreed(run: Scenario) -> Scenario:
    run.do(PROPOSAL)
    accept(run)
    return run


def test_m_p2p_01_both_sign_and_it_is_an_awarded_offer(run: Scenario) -> None:
    run.do(PROPOSAL)
    assert run.account("seller").locked == run.account("anna").locked == 0
    events = accept(run)
    offer = run.offer(1)
    assert (offer.status, offer.bidder, offer.bid_price, offer.start_price) == (1, "anna", PRICE, PRICE)
    assert (offer.buyer_key, offer.closes_at, offer.client_key) == (slot_key(SLOT, 2), GATE, 77)
    assert [(event.name, event.data) for event in events] == [("logaward", (1, 1, "anna", PRICE))]
    assert (run.account("seller").locked, run.account("anna").locked, run.account("anna").bids) == (70_000, 250_000, 1)
    assert run.books.deals.values() == [Deal(slot_key(SLOT, 1), "seller", "anna", 1000, PRICE, 77, offer=1)]
    assert run.books.slots[SLOT].undecided == 0
    assert run.books.slots[SLOT].pending == 1
    assert run.books.figures.values()[0].traded_wh == 1000


def test_m_p2p_01_it_settles_as_a_sold_offer(agreed: Scenario) -> None:
    agreed.deliver("seller", 900, 0)
    agreed.deliver("anna", 0, 700)
    agreed.do(actions.Settle("lem", 1), END)
    wanted = Balance(1, "seller", "anna", SLOT, PRICE, 1000, 900, 900, 700, 200, 225_000, 25_000, 7_000, 24_000, END)
    assert agreed.books.balances[1] == wanted
    assert agreed.offer().status == OfferStatus.SETTLED
    assert agreed.account("anna").available == 10 * EUR - 250_000 + 24_000
    assert agreed.account("seller").available == 10 * EUR + 225_000 - 7_000


def test_m_p2p_01_nobody_is_bound_by_another(run: Scenario) -> None:
    run.refused("M-P2P-01", PROPOSAL, signed="anna")
    run.refused("M-MKT-01", replace(PROPOSAL, market="nomarket"))
    run.refused("M-OFF-01", replace(PROPOSAL, seller="bert"))
    for buyer in ("seller", "tbievu", "stranger"):
        run.refused("M-P2P-01", replace(PROPOSAL, buyer=buyer))
    refused(run, "M-P2P-01")
    run.do(PROPOSAL)
    run.refused("M-P2P-01", YES, signed="seller")
    refused(run, "M-MKT-01", market="nomarket")
    mistakes: tuple[dict[str, Any], ...] = (
        {"buyer": "bert"},
        {"seller": "bert"},
        {"unit": 2},
        {"slot": SLOT + SLOT_S},
        {"energy_wh": 999},
        {"price": PRICE - 1},
        {"key": 78},
    )
    for wrong in mistakes:
        refused(run, "M-P2P-01", **wrong)
    accept(run)
    refused(run, "M-P2P-01")


def test_m_p2p_01_the_rules_of_offers_and_bids_hold(run: Scenario) -> None:
    run.refused("M-REG-02", replace(PROPOSAL, unit=2))
    run.refused("M-OFF-02", PROPOSAL, now=GATE)
    run.refused("M-OFF-03", replace(PROPOSAL, energy_wh=0))
    run.refused("M-OFF-03", replace(PROPOSAL, energy_wh=2001))
    run.refused("M-OFF-04", replace(PROPOSAL, price=0))
    run.do(PROPOSAL)
    refused(run, "M-OFF-02", now=GATE)
    run.do(actions.Withdraw("lem", "seller", 10 * EUR - 69_999))
    refused(run, "M-OFF-06")
    run.deposit("seller", EUR)
    run.do(actions.Withdraw("lem", "anna", 10 * EUR - 249_999))
    refused(run, "M-BID-04")
    run.deposit("anna", 1)
    limit(run, 0)
    refused(run, "M-BID-08")
    limit(run, PARAMS.max_bids)
    run.do(actions.RegUnit("lem", 1, "second"))
    unit = actions.UnitMaximum
    both = (unit(1, 0, 1000), unit(2, 0, 1000))
    run.do(actions.RecordForecast("lem", SLOT, (actions.PointForecast(1, 0, both),)))
    run.do(place(unit=2, energy_wh=1, key=77))
    refused(run, "M-OFF-07")


def test_m_p2p_02_a_unit_has_one_deal_for_a_slot(agreed: Scenario) -> None:
    agreed.refused("M-PAS-02", replace(PROPOSAL, key=78, energy_wh=1))
    agreed.refused("M-P2P-02", DROP)


def test_m_p2p_02_a_proposal_is_replaced_by_the_seller_or_dropped_by_either(run: Scenario) -> None:
    for party in ("seller", "anna"):
        run.do(PROPOSAL)
        run.do(replace(PROPOSAL, buyer="anna", energy_wh=5))
        refused(run, "M-P2P-01")
        run.refused("M-P2P-02", DROP, signed="bert")
        run.refused("M-P2P-02", replace(DROP, party="bert"))
        run.refused("M-P2P-02", replace(DROP, slot=SLOT + SLOT_S))
        run.do(replace(DROP, party=party))
        run.refused("M-P2P-02", replace(DROP, party=party))
        refused(run, "M-P2P-01", energy_wh=5)


def test_m_pas_02_a_unit_that_is_offered_is_not_sold_peer_to_peer(run: Scenario) -> None:
    run.do(PROPOSAL)
    run.do(place(energy_wh=1))
    refused(run, "M-PAS-02")
    run.refused("M-PAS-02", PROPOSAL)
    run.do(actions.Retract("lem", "seller", 1))
    accept(run)


def test_m_pas_02_a_unit_that_is_sold_peer_to_peer_is_not_offered(agreed: Scenario) -> None:
    agreed.refused("M-PAS-02", place(energy_wh=1))
    agreed.forecast(slot=SLOT + SLOT_S)
    agreed.do(place(slot=SLOT + SLOT_S))
    agreed.refused("M-OFF-05", actions.Retract("lem", "seller", 1))


def test_m_ram_01_deals_are_erased_with_their_slot(agreed: Scenario) -> None:
    agreed.deliver("seller", 1000, 0)
    agreed.deliver("anna", 0, 1000)
    erase = actions.Erase("lem", SLOT, 1)
    agreed.refused("M-RAM-01", erase, now=END + RETAIN_S)
    agreed.do(actions.Settle("lem", 1))
    for point in (1, 2):
        agreed.do(actions.Sweep("lem", SLOT, point))
    agreed.do(erase, END + RETAIN_S)
    assert (len(agreed.books.offers), len(agreed.books.deals)) == (0, 1)
    agreed.do(erase)
    assert (len(agreed.books.deals), len(agreed.books.forecasts)) == (0, 1)
    agreed.do(replace(erase, limit=256))
    assert not agreed.books.slots.values()


def test_m_ram_01_a_proposal_that_nobody_accepted_is_erased(run: Scenario) -> None:
    run.do(PROPOSAL)
    run.do(actions.Erase("lem", SLOT, 256), END + RETAIN_S)
    assert not run.books.deals.values()

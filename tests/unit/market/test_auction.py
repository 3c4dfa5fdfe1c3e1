"""Offers, bids and awards."""

import pytest

from market import actions
from market.rows import OfferStatus
from tests.unit.market.scenario import CT, EUR, GATE, SALE, SLOT, SLOT_S, T0, Scenario, place


def test_m_off_01_only_the_owner_offers(run: Scenario) -> None:
    run.refused("M-OFF-01", place(), signed="anna")
    run.refused("M-OFF-01", place(seller="anna"))
    run.refused("M-REG-02", place(unit=99))


@pytest.mark.parametrize(("slot", "now"), [(SLOT + 1, T0), (SLOT, GATE), (SLOT, SLOT), (T0 + 7 * 86400 + SLOT_S, T0)])
def test_m_off_02_aligned_before_the_gate_within_the_horizon(run: Scenario, slot: int, now: int) -> None:
    run.refused("M-OFF-02", place(slot=slot), now)


def test_m_off_02_one_second_before_the_gate_is_in_time(run: Scenario) -> None:
    run.do(place(), GATE - 1)
    assert run.offer().closes_at == GATE


def test_m_off_03_energy_above_zero_within_the_forecast_maximum(run: Scenario) -> None:
    run.refused("M-OFF-03", place(energy_wh=0))
    run.refused("M-OFF-03", place(energy_wh=2001))
    run.refused("M-OFF-03", place(slot=SLOT + SLOT_S))
    run.do(place(energy_wh=1500))
    run.refused("M-OFF-03", place(energy_wh=501, key=2))
    run.do(place(energy_wh=500, key=2))


@pytest.mark.parametrize("price", [0, 100 * CT + 1])
def test_m_off_04_the_start_price_lies_within_bounds(run: Scenario, price: int) -> None:
    run.refused("M-OFF-04", place(start_price=price))


def test_m_off_05_an_offer_without_a_bid_is_withdrawn_and_its_share_is_free_again(run: Scenario) -> None:
    run.do(place(energy_wh=2000))
    run.do(actions.Retract("lem", "seller", 1))
    assert run.offer().status == OfferStatus.WITHDRAWN
    assert run.account("seller").locked == 0
    run.do(place(energy_wh=2000, key=2))


def test_m_off_05_what_cannot_be_withdrawn(run: Scenario) -> None:
    run.sell()
    run.refused("M-OFF-05", actions.Retract("lem", "seller", 1))
    run.refused("M-OFF-05", actions.Retract("lem", "seller", 99))
    run.do(place(key=2))
    run.refused("M-OFF-01", actions.Retract("lem", "seller", 2), signed="anna")
    run.refused("M-OFF-01", actions.Retract("lem", "anna", 2))
    run.refused("M-OFF-05", actions.Retract("lem", "seller", 2), now=GATE)
    run.do(actions.Retract("lem", "seller", 2))
    run.refused("M-OFF-05", actions.Retract("lem", "seller", 2))


def test_m_off_06_an_offer_locks_money_against_a_shortfall(run: Scenario) -> None:
    run.do(place(energy_wh=1000, start_price=20 * CT))
    assert run.account("seller").locked == 12 * 1000 * CT // 1000
    run.do(actions.Withdraw("lem", "seller", run.account("seller").available))
    run.refused("M-OFF-06", place(key=2))
    run.do(place(key=2, start_price=32 * CT))


def test_m_off_07_a_repeated_offer_is_refused_as_such(run: Scenario) -> None:
    run.do(place())
    run.refused("M-OFF-07", place())
    run.refused("M-OFF-07", place(energy_wh=5), now=SLOT)
    run.do(place(key=2))


def test_m_ram_03_a_unit_has_a_bounded_number_of_offers_for_a_slot(run: Scenario) -> None:
    for key in (1, 2, 3):
        run.do(place(energy_wh=10, key=key))
    run.refused("M-RAM-03", place(energy_wh=10, key=4))
    run.do(actions.Retract("lem", "seller", 1))
    run.refused("M-RAM-03", place(energy_wh=10, key=4))


def test_m_bid_01_before_the_auction_closes(run: Scenario) -> None:
    run.do(place())
    run.refused("M-BID-01", actions.Bid("lem", "anna", 99, SALE))
    run.refused("M-BID-01", actions.Bid("lem", "anna", 1, SALE), now=GATE)
    run.do(actions.Bid("lem", "anna", 1, SALE), GATE - 1)


def test_m_bid_02_at_least_the_start_price_then_by_a_tick_above(run: Scenario) -> None:
    run.do(place())
    run.refused("M-BID-02", actions.Bid("lem", "anna", 1, 20 * CT - 1))
    run.do(actions.Bid("lem", "anna", 1, 20 * CT))
    run.refused("M-BID-02", actions.Bid("lem", "bert", 1, 20 * CT + 99))
    run.do(actions.Bid("lem", "bert", 1, 20 * CT + 100))
    assert run.offer().bidder == "bert"


def test_m_bid_03_nobody_bids_on_his_own_offer(run: Scenario) -> None:
    run.do(place())
    run.refused("M-BID-03", actions.Bid("lem", "seller", 1, SALE))


def test_m_bid_04_the_bid_is_locked_and_the_outbid_one_released(run: Scenario) -> None:
    run.do(place())
    run.do(actions.Bid("lem", "anna", 1, SALE))
    assert (run.account("anna").locked, run.account("anna").bids) == (280_000, 1)
    run.do(actions.Bid("lem", "bert", 1, 29 * CT))
    assert (run.account("anna").locked, run.account("anna").bids) == (0, 0)
    assert run.account("bert").locked == 290_000


def test_m_bid_04_without_money_no_bid(run: Scenario) -> None:
    run.do(place())
    run.do(actions.Withdraw("lem", "anna", 10 * EUR - 280_000))
    run.refused("M-BID-04", actions.Bid("lem", "anna", 1, SALE + 1000))
    run.do(actions.Bid("lem", "anna", 1, SALE))


def test_m_bid_04_who_raises_his_own_bid_needs_the_difference_only(run: Scenario) -> None:
    run.do(place())
    run.do(actions.Withdraw("lem", "anna", 10 * EUR - 290_000))
    run.do(actions.Bid("lem", "anna", 1, SALE))
    run.do(actions.Bid("lem", "anna", 1, 29 * CT))
    account = run.account("anna")
    assert (account.available, account.locked, account.bids) == (0, 290_000, 1)


@pytest.mark.parametrize(
    ("now", "closes_at"),
    [
        (GATE - 61, GATE),
        (GATE - 60, GATE),
        (GATE - 59, GATE + 1),
        (GATE - 1, GATE + 59),
    ],
)
def test_m_bid_05_a_late_bid_moves_the_closing(run: Scenario, now: int, closes_at: int) -> None:
    run.do(place())
    run.do(actions.Bid("lem", "anna", 1, SALE), now)
    assert run.offer().closes_at == closes_at


def test_m_bid_05_never_beyond_the_settle_gap(run: Scenario) -> None:
    run.do(place())
    price = SALE
    while run.now < run.offer().closes_at - 1:
        bidder = "bert" if run.offer().bidder == "anna" else "anna"
        run.do(actions.Bid("lem", bidder, 1, price), run.offer().closes_at - 1)
        price += 100
    assert run.offer().closes_at == SLOT - 300


def test_m_bid_07_only_the_bidders_own_authority(run: Scenario) -> None:
    run.do(place())
    run.refused("M-BID-07", actions.Bid("lem", "anna", 1, SALE), signed="bert")
    run.refused("M-BID-07", actions.Bid("lem", "stranger", 1, SALE))


def test_m_evu_01_the_evu_bids_with_its_own_account(run: Scenario) -> None:
    run.deposit("tbievu", EUR)
    run.do(place())
    run.do(actions.Bid("lem", "tbievu", 1, SALE))
    assert run.offer().bidder == "tbievu"


def test_m_bid_08_a_bounded_number_of_highest_bids(run: Scenario) -> None:
    run.forecast(2000, slot=SLOT + SLOT_S)
    for number in range(1, 4):
        run.do(place(energy_wh=10, key=number))
        run.do(place(energy_wh=10, key=number, slot=SLOT + SLOT_S))
    for number in range(1, 5):
        run.do(actions.Bid("lem", "anna", number, SALE))
    run.refused("M-BID-08", actions.Bid("lem", "anna", 5, SALE))
    run.do(actions.Bid("lem", "anna", 4, 29 * CT))
    run.do(actions.Bid("lem", "bert", 4, 30 * CT))
    run.do(actions.Bid("lem", "anna", 5, SALE))


def test_m_awd_01_the_highest_bid_wins_once_the_auction_has_closed(run: Scenario) -> None:
    run.sell()
    run.refused("M-AWD-01", actions.Award("lem", 1), now=GATE - 1)
    events = run.do(actions.Award("lem", 1), GATE, signed="stranger")
    assert run.offer().status == OfferStatus.AWARDED
    assert events[0].data == (1, 1, "anna", SALE)


def test_m_awd_01_without_a_bid_the_offer_is_unsold(run: Scenario) -> None:
    run.do(place())
    run.do(actions.Award("lem", 1), GATE)
    assert run.offer().status == OfferStatus.UNSOLD
    assert run.account("seller").locked == 0


def test_m_awd_02_at_most_once(run: Scenario) -> None:
    run.sell()
    run.do(actions.Award("lem", 1), GATE)
    run.refused("M-AWD-02", actions.Award("lem", 1))
    run.refused("M-AWD-02", actions.Award("lem", 2))


def test_m_poo_01_traded_energy_counts_at_the_award(run: Scenario) -> None:
    run.sell(1000)
    run.sell(500, key=2)
    run.do(actions.Award("lem", 1), GATE)
    run.do(actions.Award("lem", 2))
    assert [row.traded_wh for row in run.books.figures.values()] == [1500]

"""Settlement, surplus and erasure. Prices: sale 28 ct, EVU buys at 8 ct and sells at 32 ct."""

from dataclasses import replace

from market import actions
from market.rows import OfferStatus, Surplus
from tests.unit.market.scenario import (
    CT,
    DEADLINE_S,
    END,
    EUR,
    GATE,
    PARAMS,
    RETAIN_S,
    SALE,
    SLOT,
    SLOT_S,
    T0,
    Scenario,
    open_scenario,
    place,
)


def sold(run: Scenario, energy_wh: int = 1000, buyer: str = "anna", key: int = 1) -> int:
    """An awarded offer."""
    run.now = T0
    number = run.sell(energy_wh, buyer=buyer, key=key)
    run.do(actions.Award("lem", number), GATE)
    return number


def available(run: Scenario) -> dict[str, int]:
    return {account.owner: account.available for account in run.books.ledger.values()}


def test_m_set_02_a_full_delivery_pays_the_seller(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 1000)
    run.do(actions.Settle("lem", number), signed="stranger")
    assert available(run) == {"seller": 10 * EUR + 280_000, "anna": 10 * EUR - 280_000, "bert": 10 * EUR, "tbievu": 0}
    assert run.account("anna").locked == run.account("seller").locked == run.account("anna").bids == 0


def test_m_set_02_a_shortfall_is_supplied_by_the_evu_at_the_sellers_cost(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 900, 0, produced_wh=1100)
    run.deliver("anna", 0, 1000)
    run.do(actions.Settle("lem", number))
    balance = run.books.balances[number]
    assert (balance.to_seller, balance.shortfall, balance.penalty, balance.surplus) == (252_000, 28_000, 4_000, 0)
    assert available(run)["tbievu"] == 32_000
    assert available(run)["seller"] == 10 * EUR + 252_000 - 4_000


def test_m_set_03_what_the_buyer_did_not_use_goes_to_the_evu(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 400)
    run.do(actions.Settle("lem", number))
    assert run.books.balances[number].surplus == 600 * 8 * CT // 1000
    assert available(run)["tbievu"] == -48_000


def test_m_set_01_feed_in_covers_the_units_offers_in_the_order_of_their_ids(run: Scenario) -> None:
    first, second = sold(run, 600), sold(run, 600, buyer="bert", key=2)
    run.deliver("seller", 900, 0)
    run.deliver("anna", 0, 600)
    run.deliver("bert", 0, 600)
    run.do(actions.Settle("lem", second))
    run.do(actions.Settle("lem", first))
    assert [row.delivered_wh for row in run.books.balances.values()] == [600, 300]


def test_m_set_03_consumption_covers_purchases_in_the_order_of_offer_ids(run: Scenario) -> None:
    first, second = sold(run, 600), sold(run, 600, key=2)
    run.deliver("seller", 1200, 0)
    run.deliver("anna", 0, 700)
    run.do(actions.Settle("lem", second))
    run.do(actions.Settle("lem", first))
    assert [row.consumed_wh for row in run.books.balances.values()] == [600, 100]


def test_m_set_04_settlement_waits_for_both_sides_until_the_deadline(run: Scenario) -> None:
    number = sold(run)
    run.refused("M-SET-04", actions.Settle("lem", number), now=END)
    run.deliver("seller", 1000, 0)
    run.refused("M-SET-04", actions.Settle("lem", number), now=END + DEADLINE_S)
    run.do(actions.Settle("lem", number), END + DEADLINE_S + 1)
    balance = run.books.balances[number]
    assert (balance.delivered_wh, balance.consumed_wh) == (1000, 1000)


def test_m_set_04_a_missing_seller_reading_counts_as_nothing_fed_in(run: Scenario) -> None:
    number = sold(run)
    run.deliver("anna", 0, 1000)
    run.do(actions.Settle("lem", number), END + DEADLINE_S + 1)
    balance = run.books.balances[number]
    assert (balance.delivered_wh, balance.shortfall, balance.penalty) == (0, 280_000, 40_000)


def test_m_del_04_a_record_only_does_not_settle(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 1000, 0, now=END + DEADLINE_S + 1)
    run.do(actions.Settle("lem", number))
    assert run.books.balances[number].delivered_wh == 0
    run.refused("M-SEC-01", actions.Sweep("lem", SLOT, 1))


def test_m_set_04_the_buyers_points_all_count(run: Scenario) -> None:
    run.do(actions.RegPoint("lem", "anna", "anna", "trier", "second"))
    number = sold(run)
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 400)
    run.refused("M-SET-04", actions.Settle("lem", number))
    run.do(actions.Deliver("lem", "anna", SLOT, (actions.PointReading(4, 0, 500),)))
    run.do(actions.Settle("lem", number))
    assert run.books.balances[number].consumed_wh == 900


def test_m_evu_01_the_evus_purchase_counts_as_consumed(run: Scenario) -> None:
    run.deposit("tbievu", EUR)
    number = sold(run, buyer="tbievu")
    run.deliver("seller", 800, 0)
    run.do(actions.Settle("lem", number))
    assert run.books.balances[number].consumed_wh == 1000


def test_m_set_05_the_balance_row(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 900, 50, produced_wh=1100)
    run.deliver("anna", 0, 700)
    events = run.do(actions.Settle("lem", number), END + 7)
    balance = run.books.balances[number]
    assert (balance.seller, balance.buyer, balance.slot, balance.price) == ("seller", "anna", SLOT, SALE)
    assert (balance.sold_wh, balance.delivered_wh, balance.produced_wh, balance.consumed_wh) == (1000, 900, 1100, 700)
    assert (balance.difference_wh, balance.settled_at) == (200, END + 7)
    assert [event.data for event in events] == [balance]


def test_m_set_06_an_offer_settles_once(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 1000)
    run.do(actions.Settle("lem", number))
    run.refused("M-SET-06", actions.Settle("lem", number))
    run.refused("M-SET-06", actions.Settle("lem", 99))


def test_m_set_07_nothing_settles_before_all_offers_of_the_slot_are_decided(run: Scenario) -> None:
    number = sold(run)
    run.now = T0
    run.do(place(key=2, energy_wh=10))
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 1000)
    run.refused("M-SET-07", actions.Settle("lem", number))
    run.refused("M-SET-07", actions.Sweep("lem", SLOT, 1))
    run.do(actions.Award("lem", 2))
    run.do(actions.Settle("lem", number))


def test_m_awd_02_the_order_of_awards_changes_nothing() -> None:
    outcomes = []
    for order in ((1, 2), (2, 1)):
        run = open_scenario()
        for owner in ("seller", "anna", "bert"):
            run.deposit(owner, 10 * EUR)
        run.forecast()
        run.sell(600)
        run.sell(700, buyer="bert", key=2)
        for number in order:
            run.do(actions.Award("lem", number), GATE)
        run.deliver("seller", 800, 0)
        run.deliver("anna", 0, 600)
        run.deliver("bert", 0, 600)
        for number in order:
            run.do(actions.Settle("lem", number))
        outcomes.append((run.books.balances.values(), run.books.ledger.values()))
    assert outcomes[0] == outcomes[1]


def test_m_led_04_below_the_credit_line_a_settlement_is_unfunded_and_blocks_nobody_else(run: Scenario) -> None:
    later = T0 + 7 * 86400 + SLOT_S
    run.do(actions.SetParams("lem", replace(PARAMS, from_slot=later, credit_line=0)))
    run.books.params.put(0, replace(PARAMS, credit_line=0))
    number = sold(run)
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 400)
    events = run.do(actions.Settle("lem", number))
    assert run.offer(number).status == OfferStatus.UNFUNDED
    assert events[0].data == (number, 5, "anna", SALE)
    assert run.account("anna").locked == 280_000
    run.refused("M-LED-04", actions.Settle("lem", number))
    run.deposit("tbievu", EUR)
    run.do(actions.Settle("lem", number))
    assert run.offer(number).status == OfferStatus.SETTLED


def test_m_led_04_an_unfunded_surplus_waits_for_money(run: Scenario) -> None:
    run.books.params.put(0, replace(PARAMS, credit_line=0))
    run.deliver("seller", 500, 0)
    run.do(actions.Sweep("lem", SLOT, 1))
    assert run.books.readings.values()[0].surplus == Surplus.UNFUNDED
    run.refused("M-LED-04", actions.Sweep("lem", SLOT, 1))
    run.deposit("tbievu", EUR)
    run.do(actions.Sweep("lem", SLOT, 1))
    assert run.account("seller").available == 10 * EUR + 40_000


def test_m_sec_01_the_evu_takes_what_was_not_sold(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 1500, 0)
    run.deliver("anna", 0, 1000)
    run.do(actions.Settle("lem", number))
    events = run.do(actions.Sweep("lem", SLOT, 1))
    assert events[0].data == (SLOT, 1, 500, 40_000)
    assert available(run)["seller"] == 10 * EUR + 280_000 + 40_000
    run.refused("M-SEC-01", actions.Sweep("lem", SLOT, 1))
    run.refused("M-SEC-01", actions.Sweep("lem", SLOT, 3))


def test_m_sec_01_a_credit_makes_the_account_that_is_missing(bare: Scenario) -> None:
    bare.deliver("seller", 1000, 0)
    bare.do(actions.Sweep("lem", SLOT, 1))
    assert bare.account("seller").available == 80_000
    assert bare.account("tbievu").available == -80_000


def test_m_ram_01_a_settled_slot_is_erased_after_its_retention(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 1000)
    erase = actions.Erase("lem", SLOT, 256)
    run.refused("M-RAM-01", erase, now=END + RETAIN_S - 1)
    run.refused("M-RAM-01", erase, now=END + RETAIN_S)
    run.do(actions.Settle("lem", number))
    run.do(actions.Sweep("lem", SLOT, 1))
    run.do(erase, END + RETAIN_S)
    assert not run.books.offers.values()
    assert not run.books.balances.values()
    assert not run.books.forecasts.values()
    assert len(run.books.readings) == 1, "a reading that is not swept stays"
    run.do(actions.Sweep("lem", SLOT, 2))
    run.do(erase)
    assert not run.books.readings.values()
    assert not run.books.slots.values()
    run.refused("M-RAM-01", erase)
    assert run.books.watermarks.values()
    assert run.books.figures.values()
    run.refused("M-DEL-02", actions.Deliver("lem", "seller", SLOT, (actions.PointReading(1, 1, 1),)))


def test_m_ram_03_erasure_goes_on_where_its_limit_stopped(run: Scenario) -> None:
    number = sold(run)
    run.deliver("seller", 1000, 0)
    run.deliver("anna", 0, 1000)
    run.do(actions.Settle("lem", number))
    run.do(actions.Erase("lem", SLOT, 1), END + RETAIN_S)
    assert not run.books.offers.values()
    assert run.books.forecasts.values()
    run.do(actions.Erase("lem", SLOT, 1))
    assert not run.books.forecasts.values()

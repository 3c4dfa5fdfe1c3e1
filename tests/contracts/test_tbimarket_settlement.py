"""tbimarket: settlement (M-SET), surplus (M-SEC), the EVU's credit line (M-LED-04)."""

from typing import Any

import pytest

from tests.contracts.scene import EUR, ISSUER, Scene, eur, line, reading, refused

MONEY = 1000 * EUR
PRICE = 250_000
BUY, SELL = 80_000, 400_000


def amount(energy: int, price: int) -> int:
    return energy * price // 1000


def sell(scene: Scene, *energies: int, unit: int = 1, buyer: str = "") -> list[int]:
    """Sells offers of these energies to `buyer` at PRICE, awarded at the gate."""
    offers = [scene.offer(scene.name("seller"), unit, energy) for energy in energies]
    for offer in offers:
        scene.bid(buyer or scene.name("buyer"), offer, PRICE)
    return offers


def close(scene: Scene, *offers: int) -> None:
    scene.at(scene.gate + 60)
    for offer in offers:
        scene.award(offer)
    scene.at(scene.end)


@pytest.fixture
def market(scene: Scene) -> Scene:
    """A seller (point 1, units 1 and 2), a buyer (point 2), both with money; forecast for 10 kWh."""
    scene.participant("seller", units=2, money=MONEY)
    scene.participant("buyer", money=MONEY)
    scene.forecast(line(1, (1, 0, 10_000), (2, 0, 10_000)))
    return scene


def test_m_set_01_feed_in_covers_the_units_offers_in_the_order_of_ids(market: Scene) -> None:
    first, second, third = sell(market, 1000, 500, 300)
    other_unit = sell(market, 800, unit=2)[0]
    close(market, third, second, other_unit, first)
    market.deliver(market.name("seller"), reading(1, 1200 + 700, 0, (1, 1200), (2, 700)))
    market.deliver(market.name("buyer"), reading(2, 0, 5000))
    for offer in (other_unit, third, first, second):
        market.settle(offer)
    delivered = {row["offer"]: row["delivered_wh"] for row in market.rows("tbimarket", "balances")}
    assert delivered == {first: 1000, second: 200, third: 0, other_unit: 700}


def test_m_set_02_a_shortfall_is_paid_by_the_seller_and_supplied_by_the_evu(market: Scene) -> None:
    offer = sell(market, 1001)[0]
    close(market, offer)
    market.deliver(market.name("seller"), reading(1, 401, 0, (1, 401)))
    market.deliver(market.name("buyer"), reading(2, 0, 1001))
    pushed = market.settle(offer)
    to_seller, shortfall, penalty = amount(401, PRICE), amount(600, PRICE), amount(600, SELL - PRICE)
    assert market.money(market.name("buyer")) == (MONEY - to_seller - shortfall, 0)
    assert market.money(market.name("seller")) == (MONEY + to_seller - penalty, 0)
    assert market.money(ISSUER) == (shortfall + penalty, 0)
    assert market.held() == 2 * MONEY
    assert [trace.name for trace in pushed.traces] == ["settle", "logsettle"]


def test_m_set_03_what_was_bought_and_not_consumed_goes_to_the_evu(market: Scene) -> None:
    market.pay_in(ISSUER, MONEY)
    first, second = sell(market, 1000, 1000)
    close(market, first, second)
    market.deliver(market.name("seller"), reading(1, 2000, 0, (1, 2000)))
    market.deliver(market.name("buyer"), reading(2, 0, 1300))
    market.settle(second)
    market.settle(first)
    rows = {row["offer"]: row for row in market.rows("tbimarket", "balances")}
    assert [(rows[offer]["consumed_wh"], rows[offer]["surplus"]) for offer in (first, second)] == [
        (1000, 0),
        (300, amount(700, BUY)),
    ]
    assert market.money(ISSUER)[0] == MONEY - amount(700, BUY)


def test_m_set_03_all_of_a_buyers_points_consume(market: Scene) -> None:
    market.point(market.name("buyer"))
    offer = sell(market, 1000)[0]
    close(market, offer)
    market.point(market.name("buyer"))  # registered after the slot began: not asked
    market.deliver(market.name("seller"), reading(1, 1000, 0, (1, 1)))
    market.deliver(market.name("buyer"), reading(2, 0, 300))
    with refused("M-SET-04"):
        market.settle(offer)
    market.deliver(market.name("buyer"), reading(3, 0, 200))
    market.settle(offer)
    assert market.row("balances", offer)["consumed_wh"] == 500


def test_m_set_04_waits_for_both_sides_readings_or_the_deadline(market: Scene) -> None:
    offer = sell(market, 1000)[0]
    close(market, offer)
    with refused("M-SET-04"):
        market.settle(offer)
    market.deliver(market.name("seller"), reading(1, 1000, 0, (1, 1000)))
    market.at(market.deadline)
    with refused("M-SET-04"):
        market.settle(offer)
    market.at(market.deadline + 1)
    market.deliver(market.name("buyer"), reading(2, 0, 1))  # too late: a record only
    market.settle(offer)
    row = market.row("balances", offer)
    assert (row["delivered_wh"], row["consumed_wh"], row["surplus"]) == (1000, 1000, 0)


def test_m_set_04_a_sellers_missing_reading_counts_as_nothing_fed_in(market: Scene) -> None:
    offer = sell(market, 1000)[0]
    close(market, offer)
    market.deliver(market.name("buyer"), reading(2, 0, 400))
    market.at(market.deadline + 1)
    market.deliver(market.name("seller"), reading(1, 1000, 0, (1, 1000)))
    market.settle(offer)
    row = market.row("balances", offer)
    assert (row["delivered_wh"], row["produced_wh"], row["consumed_wh"]) == (0, 0, 400)


def test_m_set_05_the_balance_row_says_it_all(market: Scene) -> None:
    offer = sell(market, 1000)[0]
    close(market, offer)
    market.deliver(market.name("seller"), reading(1, 600, 0, (1, 900)))
    market.deliver(market.name("buyer"), reading(2, 0, 800))
    market.settle(offer)
    assert market.row("balances", offer) == {
        "offer": offer,
        "seller": market.name("seller"),
        "buyer": market.name("buyer"),
        "slot": market.slot,
        "price": PRICE,
        "sold_wh": 1000,
        "delivered_wh": 600,
        "produced_wh": 900,
        "consumed_wh": 800,
        "difference_wh": -200,
        "to_seller": amount(600, PRICE),
        "shortfall": amount(400, PRICE),
        "penalty": amount(400, SELL - PRICE),
        "surplus": amount(200, BUY),
        "settled_at": market.end,
    }


def test_m_set_06_a_sold_offer_settles_once(market: Scene) -> None:
    offer, unsold = sell(market, 1000)[0], market.offer(market.name("seller"), 2, 10)
    with refused("M-SET-06"):
        market.settle(offer)
    close(market, offer, unsold)
    market.deliver(market.name("seller"), reading(1, 1000, 0, (1, 1000)))
    market.deliver(market.name("buyer"), reading(2, 0, 1000))
    market.settle(offer)
    for number in (offer, unsold, 99):
        with refused("M-SET-06"):
            market.settle(number)
    assert market.row("ledger", market.name("buyer"))["bids"] == 0
    assert market.row("offers", offer)["status"] == 4
    assert market.row("offers", offer)["due_key"] >> 32 == 4


def test_m_set_07_nothing_settles_before_all_offers_of_the_slot_are_decided(market: Scene) -> None:
    first, second = sell(market, 1000, 500)
    close(market, first)
    market.deliver(market.name("seller"), reading(1, 1500, 0, (1, 1500)))
    market.deliver(market.name("buyer"), reading(2, 0, 1500))
    with refused("M-SET-07"):
        market.settle(first)
    with refused("M-SET-07"):
        market.sweep(1)
    market.award(second)
    market.settle(first)
    market.sweep(1)


def test_m_evu_01_what_the_evu_buys_counts_as_consumed(market: Scene) -> None:
    market.pay_in(ISSUER, MONEY)
    offer = sell(market, 1000, buyer=ISSUER)[0]
    close(market, offer)
    market.deliver(market.name("seller"), reading(1, 700, 0, (1, 700)))
    market.settle(offer)
    row = market.row("balances", offer)
    assert (row["buyer"], row["consumed_wh"], row["surplus"]) == (ISSUER, 1000, 0)
    paid = amount(700, PRICE) - amount(300, SELL - PRICE)
    assert market.money(ISSUER) == (MONEY - paid, 0)
    assert market.row("ledger", ISSUER)["bids"] == 0


def test_m_sec_01_feed_in_that_nobody_bought_goes_to_the_evu(market: Scene) -> None:
    offer = sell(market, 1000)[0]
    close(market, offer)
    market.deliver(market.name("seller"), reading(1, 3000, 0, (1, 2), (2, 1)))
    market.deliver(market.name("buyer"), reading(2, 50, 1000))
    pushed = market.sweep(1)
    rest = 1000 + 1000  # of unit 1's 2000 Wh half is sold, unit 2 sold nothing
    assert market.money(ISSUER)[0] == -amount(rest, BUY)
    assert [trace.name for trace in pushed.traces] == ["sweep", "logsweep"]
    with refused("M-SEC-01"):
        market.sweep(1)
    with refused("M-SEC-01"):
        market.sweep(9)
    market.sweep(2)
    assert market.row("readings", market.slot << 32 | 2)["surplus"] == 1
    assert market.money(ISSUER)[0] == -amount(rest, BUY) - amount(50, BUY)


def test_m_sec_01_a_record_only_reading_is_not_paid_for(market: Scene) -> None:
    market.at(market.deadline + 1)
    market.deliver(market.name("seller"), reading(1, 3000))
    with refused("M-SEC-01"):
        market.sweep(1)


def test_m_led_04_below_its_credit_line_the_evu_leaves_a_settlement_unfunded(new_scene: Any) -> None:
    scene = new_scene(params={"credit_line": 1000})
    scene.participant("seller", units=2, money=MONEY)
    scene.participant("buyer", money=MONEY)
    scene.forecast(line(1, (1, 0, 10_000), (2, 0, 10_000)))
    first, second = sell(scene, 1000, 20)
    close(scene, first, second)
    scene.deliver(scene.name("seller"), reading(1, 1020, 0, (1, 1020)))
    scene.deliver(scene.name("buyer"), reading(2, 0, 0))
    pushed = scene.settle(first)
    assert [trace.name for trace in pushed.traces] == ["settle", "logaward"]
    assert pushed.named("logaward")[0].data[32:34] == "05"
    assert scene.row("offers", first)["status"] == 5
    assert scene.row("offers", first)["due_key"] >> 32 == 5
    assert scene.rows("tbimarket", "balances") == []
    with refused("M-LED-04"):
        scene.settle(first)
    scene.pay_in(ISSUER, amount(20, BUY) - 1000)
    scene.settle(second)  # blocks nobody else: down to the credit line, not below
    assert scene.money(ISSUER) == (-1000, 0)
    scene.pay_in(ISSUER, amount(1000, BUY))
    scene.settle(first)
    assert scene.money(ISSUER) == (-1000, 0)
    assert scene.row("slots", scene.slot)["pending"] == 0


def test_m_led_04_an_unfunded_surplus_can_be_paid_later(new_scene: Any) -> None:
    scene = new_scene(params={"credit_line": 0})
    seller = scene.participant("seller", units=1)
    scene.at(scene.end)
    scene.deliver(seller, reading(1, 1000))
    scene.sweep(1)
    assert scene.row("readings", scene.slot << 32 | 1)["surplus"] == 2
    with refused("M-LED-04"):
        scene.sweep(1)
    scene.pay_in(ISSUER, amount(1000, BUY))
    scene.sweep(1)
    assert scene.money(seller) == (amount(1000, BUY), 0)
    assert scene.money(ISSUER) == (0, 0)


def test_m_led_03_money_is_conserved_whatever_rounding_leaves(new_scene: Any) -> None:
    scene = new_scene(prices={"evu_buy": 77_777, "evu_sell": 333_333})
    scene.participant("seller", units=1, money=MONEY)
    scene.participant("buyer", money=MONEY)
    scene.forecast(line(1, (1, 0, 10_000)))
    offers = [scene.offer(scene.name("seller"), 1, energy, 111_111) for energy in (333, 777, 1)]
    for offer in offers:
        scene.bid(scene.name("buyer"), offer, 123_457)
    close(scene, *offers)
    scene.deliver(scene.name("seller"), reading(1, 501, 0, (1, 1)))
    scene.deliver(scene.name("buyer"), reading(2, 0, 444))
    for offer in offers:
        scene.settle(offer)
        assert scene.held() == 2 * MONEY
    scene.sweep(1)
    assert scene.held() == 2 * MONEY
    assert all(row["locked"] == 0 for row in scene.rows("tbimarket", "ledger"))
    for who in ("seller", "buyer"):
        name = scene.name(who)
        scene.market_does("withdraw", by=name, owner=name, quantity=eur(scene.money(name)[0]))


def test_m_ram_02_the_market_pays_for_readings_and_balances(market: Scene) -> None:
    offer = sell(market, 1000)[0]
    close(market, offer)
    market.deliver(market.name("seller"), reading(1))
    market.deliver(market.name("buyer"), reading(2))
    market.settle(offer)
    for table in ("readings", "watermarks", "balances", "ledger", "offers", "slots"):
        assert market.chain.payers("tbimarket", market.market, table) == {"tbimarket"}

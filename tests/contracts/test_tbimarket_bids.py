"""tbimarket: bids (M-BID) and awards (M-AWD)."""

from typing import Any

import pytest

from tests.contracts.scene import EUR, ISSUER, Scene, eur, line, refused

MONEY = 10_000 * EUR


@pytest.fixture
def offer(scene: Scene) -> int:
    """An offer of 1000 Wh from 200000 on, and two buyers with money."""
    seller = scene.participant("seller", units=1, money=MONEY)
    for name in ("one", "two"):
        scene.participant(name, money=MONEY)
    scene.forecast(line(1, (1, 0, 100_000)))
    return scene.offer(seller, energy=1000, price=200_000)


def test_m_bid_01_the_auction_is_open_until_closes_at(scene: Scene, offer: int) -> None:
    one, two = scene.name("one"), scene.name("two")
    with refused("M-BID-01"):
        scene.bid(one, 99, 200_000)
    scene.bid(one, offer, 200_000)
    scene.at(scene.gate - 0.5)
    scene.bid(two, offer, 210_000)
    scene.at(scene.row("offers", offer)["closes_at"])
    with refused("M-BID-01"):
        scene.bid(one, offer, 300_000)
    scene.award(offer)
    with refused("M-BID-01"):
        scene.bid(one, offer, 300_000)


def test_m_bid_02_a_bid_reaches_the_start_price_and_tops_the_highest_by_the_tick(scene: Scene, offer: int) -> None:
    one, two = scene.name("one"), scene.name("two")
    with refused("M-BID-02"):
        scene.bid(one, offer, 199_999)
    scene.bid(one, offer, 200_000)
    for price in (0, 200_000, 200_999):
        with refused("M-BID-02"):
            scene.bid(two, offer, price)
    scene.bid(two, offer, 201_000)
    with refused("M-BID-02"):
        scene.bid(two, offer, 201_999)  # nor may he top himself by less
    row = scene.row("offers", offer)
    assert (row["bidder"], row["bid_price"]) == (two, 201_000)


def test_m_bid_02_near_the_largest_price_the_tick_does_not_wrap_round(scene: Scene) -> None:
    seller = scene.participant("seller", units=1)
    rich = scene.participant("rich", money=10**16)
    scene.participant("other", money=MONEY)
    scene.forecast(line(1, (1, 0, 10)))
    offer = scene.offer(seller, energy=1, price=900_000)
    scene.bid(rich, offer, 2**32 - 1)
    with refused("M-BID-02"):
        scene.bid(scene.name("other"), offer, 999)


def test_m_bid_03_nobody_bids_on_his_own_offer(scene: Scene, offer: int) -> None:
    with refused("M-BID-03"):
        scene.bid(scene.name("seller"), offer, 200_000)


def test_m_bid_04_the_bid_is_locked_and_the_outbid_ones_lock_released(scene: Scene, offer: int) -> None:
    one, two = scene.name("one"), scene.name("two")
    pushed = scene.bid(one, offer, 200_000)
    assert scene.money(one) == (MONEY - 200_000, 200_000)
    assert [trace.name for trace in pushed.traces] == ["bid"]  # no token moves
    scene.bid(two, offer, 300_000)
    assert scene.money(one) == (MONEY, 0)
    assert scene.money(two) == (MONEY - 300_000, 300_000)


def test_m_bid_04_a_raise_of_the_own_bid_counts_the_own_lock(scene: Scene, offer: int) -> None:
    one = scene.name("one")
    available = scene.money(one)[0]
    scene.market_does("withdraw", by=one, owner=one, quantity=eur(available - 250_000))
    with refused("M-BID-04"):
        scene.bid(one, offer, 250_001)
    scene.bid(one, offer, 240_000)
    with refused("M-BID-04"):
        scene.bid(one, offer, 250_001)
    scene.bid(one, offer, 250_000)
    assert scene.money(one) == (0, 250_000)
    assert scene.row("ledger", one)["bids"] == 1


def test_m_bid_04_energy_times_price_does_not_overflow(scene: Scene) -> None:
    seller = scene.participant("seller", units=1)
    buyer = scene.participant("buyer", money=MONEY)
    scene.forecast(line(1, (1, 0, 2**32 - 1)))
    offer = scene.offer(seller, energy=2**32 - 1, price=900_000)
    with refused("M-BID-04"):
        scene.bid(buyer, offer, 2**32 - 1)  # 1.8e16 units; wrapped to 32 or 64 bits it would be next to nothing


def test_m_bid_05_a_late_bid_moves_the_closing_but_never_beyond_the_settle_gap(scene: Scene, offer: int) -> None:
    one, two = scene.name("one"), scene.name("two")
    scene.at(scene.gate - 60)
    scene.bid(one, offer, 200_000)
    assert scene.row("offers", offer)["closes_at"] == scene.gate
    scene.at(scene.gate - 59)
    scene.bid(two, offer, 210_000)
    assert scene.row("offers", offer)["closes_at"] == scene.gate + 1
    closing, price = scene.gate + 1, 210_000
    while closing < scene.slot - 30:
        scene.at(closing - 1)
        price += 1000
        scene.bid(one, offer, price)
        closing = scene.row("offers", offer)["closes_at"]
    assert closing == scene.slot - scene.params["settle_gap_s"]
    assert scene.row("offers", offer)["due_key"] == closing
    scene.at(closing - 1)
    scene.bid(two, offer, price + 1000)
    assert scene.row("offers", offer)["closes_at"] == closing


def test_m_bid_06_only_the_highest_bid_is_kept(scene: Scene, offer: int) -> None:
    scene.bid(scene.name("one"), offer, 200_000)
    before = scene.rows("tbimarket", "offers")
    pushed = scene.bid(scene.name("two"), offer, 300_000)
    after = scene.rows("tbimarket", "offers")
    assert after == [{**before[0], "bidder": scene.name("two"), "bid_price": 300_000}]
    assert pushed.traces[0].ram == {}


def test_m_bid_07_only_by_the_bidders_own_authority_and_only_participants(scene: Scene, offer: int) -> None:
    one, stranger = scene.name("one"), scene.account("stranger")
    with refused("M-BID-07"):
        scene.market_does("bid", by=scene.name("two"), bidder=one, offer=offer, price=200_000)
    with refused("M-BID-07"):
        scene.bid(stranger, offer, 200_000)


def test_m_evu_01_the_evu_bids_with_its_own_account(scene: Scene, offer: int) -> None:
    scene.pay_in(ISSUER, EUR)
    scene.bid(ISSUER, offer, 200_000)
    assert scene.row("offers", offer)["bidder"] == ISSUER
    assert scene.money(ISSUER) == (EUR - 200_000, 200_000)


def test_m_bid_08_a_bidder_holds_at_most_max_bids(new_scene: Any) -> None:
    scene = new_scene(params={"max_bids": 2})
    seller = scene.participant("seller", units=1, money=MONEY)
    one, two = scene.participant("one", money=MONEY), scene.participant("two", money=MONEY)
    scene.forecast(line(1, (1, 0, 1000)))
    offers = [scene.offer(seller, energy=100) for _ in range(3)]
    for offer in offers[:2]:
        scene.bid(one, offer, 200_000)
    with refused("M-BID-08"):
        scene.bid(one, offers[2], 200_000)
    scene.bid(one, offers[0], 300_000)  # his own may be raised
    scene.bid(two, offers[1], 300_000)
    scene.bid(one, offers[2], 200_000)
    assert scene.row("ledger", one)["bids"] == 2
    assert scene.row("ledger", two)["bids"] == 1
    scene.at(scene.gate)
    scene.award(offers[0])
    assert scene.row("ledger", one)["bids"] == 2  # a purchase counts until it is settled


def test_m_awd_01_from_closes_at_on_anyone_awards(scene: Scene, offer: int) -> None:
    one, two = scene.name("one"), scene.name("two")
    scene.bid(one, offer, 200_000)
    scene.at(scene.gate - 1)
    with refused("M-AWD-01"):
        scene.award(offer)
    scene.at(scene.gate)
    pushed = scene.market_does("award", by=two, offer=offer)
    row = scene.row("offers", offer)
    assert (row["status"], row["bidder"], row["buyer_key"]) == (1, one, scene.slot << 32 | 2)
    assert row["due_key"] == 1 << 32 | scene.gate
    assert [trace.name for trace in pushed.traces] == ["award", "addtraded", "logaward"]
    assert scene.row("slots", scene.slot) == {"slot": scene.slot, "undecided": 0, "pending": 1}
    assert scene.rows("tbipool", "figures")[0]["traded_wh"] == 1000
    bought = scene.rows("tbimarket", "offers", index=3, key_type="i64", lower=row["buyer_key"], upper=row["buyer_key"])
    assert [found["id"] for found in bought] == [offer]


def test_m_awd_01_without_a_bid_the_offer_is_unsold(scene: Scene, offer: int) -> None:
    scene.at(scene.gate)
    scene.award(offer)
    assert scene.row("offers", offer)["status"] == 2
    assert scene.money(scene.name("seller")) == (MONEY, 0)
    assert scene.row("slots", scene.slot) == {"slot": scene.slot, "undecided": 0, "pending": 0}


def test_m_awd_02_an_offer_is_awarded_once(scene: Scene, offer: int) -> None:
    scene.at(scene.gate)
    scene.award(offer)
    for number in (offer, 99):
        with refused("M-AWD-02"):
            scene.award(number)


def test_m_kee_01_awards_wait_for_whoever_comes(scene: Scene, offer: int) -> None:
    scene.bid(scene.name("one"), offer, 200_000)
    scene.at(scene.end + 10 * 86400)
    scene.market_does("award", by=scene.name("seller"), offer=offer)
    assert scene.row("offers", offer)["status"] == 1

"""Attack: a contract that acts, looks at the outcome in the same transaction, and undoes all of it when it has lost."""

import pytest

from tests.contracts.attackers import gamble, intrude
from tests.contracts.attacks.conftest import MONEY
from tests.contracts.chain_tester import Act, Refused
from tests.contracts.scene import Scene, reading

LOSING = "a losing outcome"


def award(scene: Scene, offer: int) -> Act:
    return Act("tbimarket", "award", {"market": scene.market, "offer": offer})


def test_m_awd_02_attack_inline_rollback_of_a_lost_award_delays_it_only(scene: Scene, offer: int) -> None:
    loser = intrude(scene, scene.name("one"))
    scene.bid(loser, offer, 200_000)
    scene.bid(scene.name("two"), offer, 210_000)
    scene.at(scene.gate)
    with pytest.raises(Refused, match=LOSING):
        gamble(scene, loser, award(scene, offer), offer, status=1, bidder=loser)
    assert scene.row("offers", offer)["status"] == 0
    scene.award(offer)
    row = scene.row("offers", offer)
    assert (row["status"], row["bidder"], row["bid_price"]) == (1, scene.name("two"), 210_000)


def test_m_awd_01_attack_inline_rollback_by_a_seller_who_hopes_for_more_gets_no_more_bids(
    scene: Scene, offer: int
) -> None:
    seller = intrude(scene, scene.name("seller"))
    scene.bid(scene.name("one"), offer, 200_000)
    scene.at(scene.gate)
    with pytest.raises(Refused, match=LOSING):
        gamble(scene, seller, award(scene, offer), offer, status=1, bidder=scene.name("two"))
    with pytest.raises(Refused, match="M-BID-01"):
        scene.bid(scene.name("two"), offer, 900_000)
    scene.award(offer)
    assert scene.row("offers", offer)["bidder"] == scene.name("one")


def test_m_bid_05_attack_inline_rollback_of_a_bid_that_prolongs_the_auction_leaves_no_trace(
    scene: Scene, offer: int
) -> None:
    """Whoever bids late only if nobody gains time by it does not bid."""
    one = intrude(scene, scene.name("one"))
    scene.at(scene.gate - 1)
    bid = Act("tbimarket", "bid", {"market": scene.market, "bidder": one, "offer": offer, "price": 200_000})
    before = scene.row("offers", offer)
    with pytest.raises(Refused, match=LOSING):
        gamble(scene, one, bid, offer, bidder=one, closes_at=scene.gate)
    assert scene.row("offers", offer) == before
    assert scene.money(one) == (MONEY, 0)
    gamble(scene, one, bid, offer, bidder=one)
    assert scene.row("offers", offer)["closes_at"] > scene.gate


def test_m_set_02_attack_inline_rollback_of_a_settlement_that_costs_changes_no_amount(scene: Scene, offer: int) -> None:
    seller, one = intrude(scene, scene.name("seller")), scene.name("one")
    scene.bid(one, offer, 200_000)
    scene.at(scene.gate)
    scene.award(offer)
    scene.at(scene.end)
    scene.deliver(seller, reading(1, 0, 0))
    scene.deliver(one, reading(2, 0, 1000))
    settle = Act("tbimarket", "settle", {"market": scene.market, "offer": offer})
    with pytest.raises(Refused, match=LOSING):
        gamble(scene, seller, settle, offer, status=1)
    scene.settle(offer)
    assert scene.money(seller) == (MONEY - 200_000, 0)

"""Attack: a participant whose own contract throws whatever it hears."""

import pytest

from tests.contracts.attackers import Mood, intrude
from tests.contracts.attacks.conftest import MONEY
from tests.contracts.chain_tester import Refused
from tests.contracts.scene import EUR, Scene, eur, reading


@pytest.fixture
def thrower(scene: Scene, offer: int) -> str:
    """`one`, who has bid already, with a contract that throws."""
    one = scene.name("one")
    scene.bid(one, offer, 200_000)
    return intrude(scene, one, Mood.THROW)


def test_m_awd_02_attack_throwing_bidder_is_outbid_and_awarded_like_any(scene: Scene, offer: int, thrower: str) -> None:
    scene.bid(scene.name("two"), offer, 210_000)
    scene.bid(thrower, offer, 220_000)
    scene.at(scene.gate)
    scene.award(offer)
    assert scene.row("offers", offer)["bidder"] == thrower


def test_m_bid_04_attack_throwing_bidder_cannot_hold_the_highest_bid(scene: Scene, offer: int, thrower: str) -> None:
    scene.bid(scene.name("two"), offer, 210_000)
    assert scene.row("offers", offer)["bidder"] == scene.name("two")
    assert scene.money(thrower) == (MONEY, 0)


def test_m_set_06_attack_throwing_bidder_is_settled_like_any(scene: Scene, offer: int, thrower: str) -> None:
    scene.at(scene.gate)
    scene.award(offer)
    scene.at(scene.end)
    scene.deliver(scene.name("seller"), reading(1, 1000, 0, (1, 1000)))
    scene.deliver(thrower, reading(2, 0, 1000))
    scene.settle(offer)
    assert scene.row("offers", offer)["status"] == 4
    assert scene.money(thrower) == (MONEY - 200_000, 0)


def test_m_led_02_attack_throwing_bidder_hinders_only_its_own_payout(scene: Scene, thrower: str) -> None:
    two = scene.name("two")
    with pytest.raises(Refused):
        scene.market_does("withdraw", by=thrower, owner=thrower, quantity=eur(EUR))
    scene.market_does("withdraw", by=two, owner=two, quantity=eur(EUR))
    assert scene.money(thrower) == (MONEY - 200_000, 200_000)
    assert scene.money(two) == (MONEY - EUR, 0)

"""Attack: what belongs to one market, used in another."""

from collections.abc import Callable

import pytest

from tests.contracts.attacks.conftest import MONEY
from tests.contracts.scene import EUR, Scene, eur, line, reading, refused


@pytest.fixture
def other(offer: int, new_scene: Callable[[], Scene]) -> Scene:
    """A market with nobody in it."""
    return new_scene()


def test_m_bid_01_attack_scope_confusion_an_offer_is_for_sale_in_its_market_only(
    scene: Scene, offer: int, other: Scene
) -> None:
    with refused("M-BID-01"):
        other.bid(scene.name("one"), offer, 200_000)


def test_m_bid_07_attack_scope_confusion_money_of_one_market_buys_nothing_in_another(
    scene: Scene, other: Scene
) -> None:
    other.participant("seller", units=1, money=MONEY)
    other.forecast(line(1, (1, 0, 1000)))
    there = other.offer(other.name("seller"))
    with refused("M-BID-07"):
        other.bid(scene.name("one"), there, 200_000)
    with refused("M-LED-02"):
        other.market_does("withdraw", by=scene.name("one"), owner=scene.name("one"), quantity=eur(EUR))


def test_m_reg_02_attack_scope_confusion_a_unit_is_offered_in_its_market_only(scene: Scene, other: Scene) -> None:
    with refused("M-REG-02"):
        other.offer(scene.name("seller"))


def test_m_reg_01_attack_scope_confusion_a_markets_evu_and_operator_rule_no_other(
    scene: Scene, new_scene: Callable[..., Scene]
) -> None:
    evu = scene.account("evu")
    foreign = new_scene(evu=evu)
    terms = {"unit": 1, "price": 1, "from_slot": scene.slot + 30 * 86400, "until_slot": 0}
    scene.participant("seller", units=1)
    with refused("M-PAS-03"):
        scene.market_does("passpropose", by=evu, **terms)
    with refused("M-LED-05"):
        scene.give(evu, EUR)
        scene.send(evu, "tbimarket", EUR, scene.market)
    scene.send(evu, "tbimarket", EUR, foreign.market)
    assert foreign.money(evu) == (EUR, 0)


def test_m_mkt_01_attack_scope_confusion_a_name_that_is_no_market_is_refused(scene: Scene, offer: int) -> None:
    box = scene.name("seller")
    scene.market = "nomarket"
    with refused("M-MKT-01"):
        scene.deliver(box, reading(1))
    with refused("M-MKT-01"):
        scene.award(offer)
    with refused("M-MKT-01"):
        scene.bid(scene.name("one"), offer, 200_000)

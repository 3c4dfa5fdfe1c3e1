"""Attack: a key that was changed while its owner's auction runs, used on."""

import pytest

from tests.contracts.attacks.conftest import MONEY
from tests.contracts.chain_tester import Act, Refused
from tests.contracts.scene import Scene, eur, reading, refused


@pytest.fixture
def stolen(scene: Scene, offer: int) -> str:
    """The key with which `one` bid; its account has another by now, and the registry knows."""
    one = scene.name("one")
    public, private = scene.chain.new_key("R1")
    scene.chain.set_key(one, public, private)
    scene.registry_does("rekey", box=one, key=public)
    scene.bid(one, offer, 200_000)
    scene.registry_does("rekey", box=one, key=scene.chain.change_key(one, "R1"))
    return private


def test_attack_key_rotation_in_mid_auction_the_earlier_key_bids_no_more(scene: Scene, offer: int, stolen: str) -> None:
    one = scene.name("one")
    bid = {"market": scene.market, "bidder": one, "offer": offer, "price": 210_000}
    with pytest.raises(Refused, match="does not have signatures"):
        scene.chain.push(Act("tbimarket", "bid", bid, [one]), keys=[stolen])
    scene.bid(one, offer, 210_000)


def test_attack_key_rotation_in_mid_auction_the_earlier_key_takes_no_money(scene: Scene, stolen: str) -> None:
    one = scene.name("one")
    withdrawal = {"market": scene.market, "owner": one, "quantity": eur(1)}
    with pytest.raises(Refused, match="does not have signatures"):
        scene.chain.push(Act("tbimarket", "withdraw", withdrawal, [one]), keys=[stolen])
    assert scene.money(one) == (MONEY - 200_000, 200_000)


def test_attack_key_rotation_in_mid_auction_the_earlier_key_delivers_no_more(scene: Scene, stolen: str) -> None:
    one = scene.name("one")
    scene.at(scene.end)
    delivery = {"market": scene.market, "box": one, "slot": scene.slot, "readings": [reading(2)]}
    with pytest.raises(Refused, match="does not have signatures"):
        scene.chain.push(Act("tbimarket", "deliver", delivery, [one]), keys=[stolen])
    scene.deliver(one, reading(2))


def test_m_awd_01_attack_key_rotation_in_mid_auction_the_earlier_bid_stands(
    scene: Scene, offer: int, stolen: str
) -> None:
    """What was signed with the key that held then binds its owner."""
    scene.at(scene.gate)
    scene.award(offer)
    assert scene.row("offers", offer)["bidder"] == scene.name("one")


def test_m_reg_05_attack_key_rotation_in_mid_auction_the_registry_takes_no_key_of_the_past(
    scene: Scene, stolen: str
) -> None:
    one = scene.name("one")
    keys = [row["key"] for row in scene.rows("tbiclsbox", "keys") if row["box"] == one]
    assert len(keys) == len(set(keys)) == 3
    with refused("M-REG-05"):
        scene.registry_does("rekey", box=one, key=keys[1])

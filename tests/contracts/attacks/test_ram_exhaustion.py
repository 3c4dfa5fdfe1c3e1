"""Attack: rows, lists and texts without end, at the cost of the contract."""

import struct

import pytest

from tests.contracts.attacks.conftest import MONEY
from tests.contracts.chain_tester import Act, Refused
from tests.contracts.scene import EUR, Scene, line, reading, refused
from tests.contracts.translation import name_value


def test_m_ram_03_attack_ram_exhaustion_by_offers_and_withdrawals_ends_at_max_offers(scene: Scene) -> None:
    seller = scene.participant("seller", units=1, money=MONEY)
    scene.forecast(line(1, (1, 0, 100_000)))
    for _ in range(scene.params["max_offers"]):
        scene.market_does("retract", by=seller, seller=seller, offer=scene.offer(seller, energy=1))
    with refused("M-RAM-03"):
        scene.offer(seller, energy=1)


def test_m_ram_03_attack_ram_exhaustion_by_long_lists_is_refused(scene: Scene) -> None:
    box = scene.participant("box", units=1)
    scene.at(scene.end)
    with refused("M-RAM-03"):
        scene.deliver(box, *(reading(point) for point in range(1, 18)))
    with refused("M-RAM-03"):
        scene.deliver(box, reading(1, 0, 0, *((unit, 1) for unit in range(1, 10))))


@pytest.mark.parametrize("claimed", [b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x08", b"\x11"])
def test_attack_ram_exhaustion_by_a_length_that_is_only_claimed_is_refused(scene: Scene, claimed: bytes) -> None:
    box = scene.participant("box", units=1)
    scene.at(scene.end)
    head = struct.pack("<QQI", name_value(scene.market), name_value(box), scene.slot)
    with pytest.raises(Refused):
        scene.chain.push(Act("tbimarket", "deliver", (head + claimed).hex(), [box]))
    assert scene.rows("tbimarket", "readings") == []


def test_m_tok_02_attack_ram_exhaustion_by_a_long_memo_is_refused(scene: Scene) -> None:
    buyer = scene.participant("buyer")
    scene.give(buyer, EUR)
    with refused("M-TOK-02"):
        scene.send(buyer, "tbimarket", 1, memo="m" * 257)


def test_m_bid_08_attack_ram_exhaustion_by_bids_keeps_one_row(scene: Scene, offer: int) -> None:
    before = scene.rows("tbimarket", "offers")
    for step in range(20):
        scene.bid(scene.name("one" if step % 2 else "two"), offer, 200_000 + 1000 * step)
    assert len(scene.rows("tbimarket", "offers")) == len(before) == 1


def test_m_led_05_attack_ram_exhaustion_by_deposits_of_strangers_is_refused(scene: Scene) -> None:
    stranger = scene.account("stranger")
    scene.give(stranger, EUR)
    with refused("M-LED-05"):
        scene.send(stranger, "tbimarket", 1, scene.market)

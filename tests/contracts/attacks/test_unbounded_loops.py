"""Attack: work that grows until no block holds it."""

import pytest

from tests.contracts.attacks.conftest import MONEY
from tests.contracts.scene import OPERATOR, Scene, line, reading, refused


@pytest.mark.parametrize("limit", [0, 257, 2**32 - 1])
def test_m_ram_03_attack_unbounded_loop_by_a_limit_is_refused(scene: Scene, limit: int) -> None:
    box = scene.participant("box")
    scene.at(scene.end)
    with refused("M-RAM-03"):
        scene.registry_does("senddata", limit=limit)
    with refused("M-RAM-03"):
        scene.registry_does("expire", box=box, limit=limit)
    with refused("M-RAM-03"):
        scene.market_does("erase", by=OPERATOR, slot=scene.slot, limit=limit)


def test_m_evt_01_attack_unbounded_loop_after_an_outage_goes_on_where_it_was(scene: Scene) -> None:
    """A month without a keeper: each call does as much as it is told, whatever has piled up."""
    box = scene.box("box")
    for _ in range(8):
        scene.point(box)
    scene.at(scene.end + 30 * 86400)
    for expected in (3, 6, 8):
        scene.registry_does("senddata", limit=3)
        assert len(scene.rows("tbiclsbox", "events", scope=box)) == expected


def test_m_ram_01_attack_unbounded_loop_of_an_erasure_ends_at_its_limit(scene: Scene) -> None:
    seller = scene.participant("seller", units=1, money=MONEY)
    scene.forecast(line(1, (1, 0, 100_000)))
    offers = [scene.offer(seller, energy=1) for _ in range(4)]
    scene.at(scene.gate)
    for offer in offers:
        scene.award(offer)
    scene.at(scene.end + scene.params["retain_s"])
    for left in (1, 0):
        scene.market_does("erase", by=OPERATOR, slot=scene.slot, limit=3)
        assert len(scene.rows("tbimarket", "offers")) == left


def test_m_bid_08_attack_unbounded_loop_of_a_settlement_is_bounded_by_max_bids(scene: Scene) -> None:
    """Settlement walks over a buyer's purchases of the slot: he cannot have more than max_bids."""
    buyer = scene.participant("buyer", money=MONEY)
    sellers = [scene.participant(f"seller{letter}", units=1, money=MONEY) for letter in "abc"]
    scene.forecast(*(line(2 + number, (1 + number, 0, 1000)) for number in range(3)))
    offers = [scene.offer(seller, 1 + n, energy=1) for n, seller in enumerate(sellers) for _ in range(3)]
    for offer in offers[: scene.params["max_bids"]]:
        scene.bid(buyer, offer, 200_000)
    with refused("M-BID-08"):
        scene.bid(buyer, offers[-1], 200_000)


def test_m_ram_03_attack_unbounded_loop_over_a_participants_points_is_bounded(scene: Scene) -> None:
    box = scene.box("box")
    for _ in range(8):
        scene.point(box)
    with refused("M-RAM-03"):
        scene.point(box)
    scene.at(scene.end)
    scene.deliver(box, *(reading(point) for point in range(1, 9)))
    assert len(scene.rows("tbimarket", "watermarks")) == 8

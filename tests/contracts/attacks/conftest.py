"""What most attacks are made on: a seller, two buyers and an offer."""

import pytest

from tests.contracts.scene import EUR, Scene, line

MONEY = 1000 * EUR


@pytest.fixture
def offer(scene: Scene) -> int:
    """1000 Wh of unit 1 from 200000 on. Point 1 is the seller's, 2 of `one`, 3 of `two`; each has MONEY."""
    seller = scene.participant("seller", units=1, money=MONEY)
    for buyer in ("one", "two"):
        scene.participant(buyer, money=MONEY)
    scene.forecast(line(1, (1, 0, 100_000)))
    return scene.offer(seller, energy=1000, price=200_000)

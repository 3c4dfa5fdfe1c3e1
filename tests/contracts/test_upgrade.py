"""The market's code is replaced by its next version while auctions are open.

The next version (tests/contracts/upgrade/changes.json) keeps with an offer through which agent its highest bid came:
a binary extension at the end of the row, and of the action `bid`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.shared.chain.abi import Abi
from tests.contracts.attacks.conftest import MONEY
from tests.contracts.chain_tester import BUILT, REPOSITORY, Act, ChainTester, code_of
from tests.contracts.governed import Governed, govern, new_code
from tests.contracts.scene import EUR, Scene, deploy_all, eur, line, reading, refused

NEXT = REPOSITORY / "tests/contracts/upgrade/build"
AGENT = "tbiadmin"
OLD = Abi(json.loads((BUILT / "tbimarket.abi").read_text(encoding="utf-8")))


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Two open offers: 1 has a bid of `one`'s, 2 has none."""
    with ChainTester() as chain:
        deploy_all(chain)
        scene = Scene(chain)
        seller = scene.participant("seller", units=1, money=MONEY)
        for buyer in ("one", "two"):
            scene.participant(buyer, money=MONEY)
        scene.forecast(line(1, (1, 0, 100_000)))
        for _ in range(2):
            scene.offer(seller, energy=1000, price=200_000)
        scene.bid(scene.name("one"), 1, 200_000)
        yield scene


@pytest.fixture
def governed(scene: Scene) -> Governed:
    return govern(scene.chain)


def upgrade(governed: Governed, name: str = "upgrade", built: Path = NEXT) -> None:
    assert governed.decide(name, *new_code("tbimarket", "tbimarket", built)) == []
    governed.chain.learn("tbimarket", code_of("tbimarket", built)[1])


def test_m_adm_02_two_governors_upgrade_and_rows_of_open_offers_stay_readable(scene: Scene, governed: Governed) -> None:
    before = scene.rows("tbimarket", "offers")
    upgrade(governed)
    assert scene.rows("tbimarket", "offers") == before


def test_m_adm_02_upgrade_open_offers_live_on_to_their_settlement(scene: Scene, governed: Governed) -> None:
    """Offer 1 keeps its row of the old shape until it is awarded; offer 2 is bid for in the new shape."""
    upgrade(governed)
    seller, one, two = (scene.name(name) for name in ("seller", "one", "two"))
    scene.market_does("bid", by=two, bidder=two, offer=2, price=210_000, via=AGENT)
    assert scene.row("offers", 2)["via"] == AGENT
    scene.at(scene.gate)
    scene.award(1)
    scene.award(2)
    scene.at(scene.end)
    scene.deliver(seller, reading(1, 2000, 0, (1, 2000)))
    scene.deliver(one, reading(2, 0, 1000))
    scene.deliver(two, reading(3, 0, 1000))
    scene.settle(1)
    scene.settle(2)
    assert [row["status"] for row in scene.rows("tbimarket", "offers")] == [4, 4]
    assert scene.money(seller) == (MONEY + 200_000 + 210_000, 0)
    [tokens] = scene.rows("tbitoken", "accounts", scope="tbimarket")
    assert tokens["balance"] == eur(scene.held())


def test_m_adm_02_upgrade_a_box_one_version_back_bids_on(scene: Scene, governed: Governed) -> None:
    """It packs its actions by the ABI that it knows, without the new field at the end."""
    upgrade(governed)
    two = scene.name("two")
    for offer, price in ((1, 210_000), (2, 200_000)):
        data = {"market": scene.market, "bidder": two, "offer": offer, "price": price}
        scene.chain.push(Act("tbimarket", "bid", OLD.pack_action("bid", data).hex(), [two]))
    rows = scene.rows("tbimarket", "offers")
    assert [(row["bidder"], row["bid_price"]) for row in rows] == [(two, 210_000), (two, 200_000)]
    assert all("via" not in row for row in rows)


def test_m_adm_02_upgrade_rules_and_money_are_those_from_before(scene: Scene, governed: Governed) -> None:
    held = scene.held()
    upgrade(governed)
    one, two = scene.name("one"), scene.name("two")
    with refused("M-BID-02"):
        scene.market_does("bid", by=two, bidder=two, offer=1, price=200_999, via=AGENT)
    with refused("M-BID-07"):
        scene.market_does("bid", by=two, bidder=one, offer=2, price=300_000, via=AGENT)
    scene.market_does("withdraw", by=two, owner=two, quantity=eur(EUR))
    assert scene.held() == held - EUR


def test_m_adm_02_upgrade_and_back_again_loses_nothing_but_the_new_field(scene: Scene, governed: Governed) -> None:
    upgrade(governed)
    one, two = scene.name("one"), scene.name("two")
    scene.market_does("bid", by=two, bidder=two, offer=1, price=210_000, via=AGENT)
    upgrade(governed, "back", BUILT)
    scene.bid(one, 1, 220_000)
    scene.at(scene.gate)
    scene.award(1)
    row = scene.row("offers", 1)
    assert (row["bidder"], row["bid_price"], row["status"]) == (one, 220_000, 1)
    assert "via" not in row


def test_m_adm_01_two_governors_change_prices(scene: Scene, governed: Governed) -> None:
    later = scene.slot + 30 * 86400
    prices = {"from_slot": later, "evu_buy": 70_000, "evu_sell": 300_000}
    act = Act("tbimarket", "setprices", {"market": scene.market, "prices": prices}, ["tbimarket"])
    assert governed.decide("prices", act) == []
    assert scene.rows("tbimarket", "prices")[-1] == prices

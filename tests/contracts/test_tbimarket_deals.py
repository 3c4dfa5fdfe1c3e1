"""tbimarket: peer-to-peer deals (M-P2P)."""

from typing import Any

import pytest

from tests.contracts.scene import EUR, ISSUER, OPERATOR, Scene, line, reading, refused

PRICE = 250_000


@pytest.fixture
def scene(new_scene: Any) -> Scene:
    scene: Scene = new_scene(params={"retain_s": 0})
    scene.participant("seller", units=2, money=100 * EUR)
    scene.participant("buyer", money=100 * EUR)
    scene.forecast(line(1, (1, 0, 2000), (2, 0, 2000)))
    return scene


def terms(scene: Scene, **changes: Any) -> dict[str, Any]:
    of = {"seller": scene.name("seller"), "buyer": scene.name("buyer"), "unit": 1, "slot": scene.slot}
    return of | {"energy_wh": 1000, "price": PRICE, "key": 2**63 + 1} | changes


def propose(scene: Scene, by: str = "", **changes: Any) -> None:
    scene.market_does("p2ppropose", by=by or scene.name("seller"), **terms(scene, **changes))


def accept(scene: Scene, by: str = "", **changes: Any) -> list[Any]:
    pushed = scene.market_does("p2paccept", by=by or scene.name("buyer"), **terms(scene, **changes))
    return list(pushed.named("logaward"))


def agree(scene: Scene) -> None:
    propose(scene)
    assert len(accept(scene)) == 1


def test_m_p2p_01_both_sign_and_it_is_an_awarded_offer(scene: Scene) -> None:
    seller, buyer = scene.name("seller"), scene.name("buyer")
    propose(scene)
    assert (scene.money(seller), scene.money(buyer)) == ((100 * EUR, 0), (100 * EUR, 0))
    assert len(accept(scene)) == 1
    assert scene.money(seller) == (100 * EUR - 150_000, 150_000)
    assert scene.money(buyer) == (100 * EUR - 250_000, 250_000)
    offer = scene.row("offers", 1)
    assert (offer["status"], offer["bidder"], offer["bid_price"], offer["start_price"]) == (1, buyer, PRICE, PRICE)
    assert (offer["buyer_key"], offer["due_key"]) == (scene.slot << 32 | 2, 1 << 32 | scene.gate)
    for index, key in ((2, offer["seller_key"]), (3, offer["buyer_key"]), (4, offer["due_key"])):
        rows = scene.rows("tbimarket", "offers", index=index, key_type="i64", lower=key, upper=key)
        assert [row["id"] for row in rows] == [1]
    assert scene.row("slots", scene.slot) == {"slot": scene.slot, "undecided": 0, "pending": 1}
    (deal,) = scene.rows("tbimarket", "deals")
    assert (deal["key"], deal["seller"], deal["buyer"], deal["offer"]) == (scene.slot << 32 | 1, seller, buyer, 1)
    assert scene.rows("tbipool", "figures")[0]["traded_wh"] == 1000


def test_m_p2p_01_it_settles_as_a_sold_offer(scene: Scene) -> None:
    agree(scene)
    scene.at(scene.end)
    scene.deliver(scene.name("seller"), reading(1, 900, 0, (1, 900)))
    scene.deliver(scene.name("buyer"), reading(2, 0, 700))
    scene.settle(1)
    balance = scene.row("balances", 1)
    names = ("sold_wh", "delivered_wh", "consumed_wh", "to_seller", "shortfall", "penalty", "surplus")
    assert [balance[name] for name in names] == [1000, 900, 700, 225_000, 25_000, 15_000, 24_000]
    scene.sweep(1)
    scene.sweep(2)
    scene.market_does("erase", by=OPERATOR, slot=scene.slot, limit=1)
    assert (scene.rows("tbimarket", "offers"), len(scene.rows("tbimarket", "deals"))) == ([], 1)
    scene.market_does("erase", by=OPERATOR, slot=scene.slot, limit=256)
    assert scene.rows("tbimarket", "deals") == []


def test_m_p2p_01_nobody_is_bound_by_another(scene: Scene) -> None:
    seller, buyer = scene.name("seller"), scene.name("buyer")
    for stranger in (buyer, OPERATOR, ISSUER):
        with refused("M-P2P-01"):
            propose(scene, by=stranger)
    for other in (seller, ISSUER, OPERATOR):
        with refused("M-P2P-01"):
            propose(scene, buyer=other)
    with refused("M-OFF-01"):
        propose(scene, by=buyer, seller=buyer, buyer=seller)
    propose(scene)
    for stranger in (seller, OPERATOR, ISSUER):
        with refused("M-P2P-01"):
            accept(scene, by=stranger)
    for name, value in terms(scene).items():
        if isinstance(value, int):
            with refused("M-P2P-01"):
                accept(scene, "", **{name: value ^ 1})
    with refused("M-P2P-01"):
        accept(scene, by=seller, seller=buyer, buyer=seller)
    accept(scene)
    with refused("M-P2P-01"):
        accept(scene)


def test_m_p2p_01_the_rules_of_offers_and_bids_hold(scene: Scene) -> None:
    mistakes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("M-REG-02", {"unit": 3}),
        ("M-OFF-02", {"slot": scene.slot + 1}),
        ("M-OFF-03", {"energy_wh": 0}),
        ("M-OFF-03", {"energy_wh": 2001}),
        ("M-OFF-04", {"price": 1}),
    )
    for rule, wrong in mistakes:
        with refused(rule):
            propose(scene, **wrong)
    propose(scene)
    scene.market_does("withdraw", by=scene.name("buyer"), owner=scene.name("buyer"), quantity="99.750001 EUR")
    with refused("M-BID-04"):
        accept(scene)
    scene.pay_in(scene.name("buyer"), 1)
    scene.market_does("withdraw", by=scene.name("seller"), owner=scene.name("seller"), quantity="99.850001 EUR")
    with refused("M-OFF-06"):
        accept(scene)
    scene.pay_in(scene.name("seller"), 1)
    scene.at(scene.gate)
    with refused("M-OFF-02"):
        accept(scene)


def test_m_bid_08_purchases_count_as_bids(new_scene: Any) -> None:
    scene: Scene = new_scene(params={"max_bids": 1})
    scene.participant("seller", units=2, money=100 * EUR)
    scene.participant("buyer", money=100 * EUR)
    scene.forecast(line(1, (1, 0, 2000), (2, 0, 2000)))
    agree(scene)
    propose(scene, unit=2, key=2)
    with refused("M-BID-08"):
        accept(scene, unit=2, key=2)


def test_m_ram_02_the_market_pays_for_deals(scene: Scene) -> None:
    propose(scene)
    pushed = scene.market_does("p2paccept", by=scene.name("buyer"), **terms(scene))
    assert {account for trace in pushed.traces for account in trace.ram} <= {"tbimarket", "tbipool"}
    for table in ("deals", "offers", "slots"):
        assert scene.chain.payers("tbimarket", scene.market, table) == {"tbimarket"}


def test_m_p2p_02_a_proposal_is_replaced_by_the_seller_or_dropped_by_either(scene: Scene) -> None:
    seller, buyer = scene.name("seller"), scene.name("buyer")
    for party in (seller, buyer):
        propose(scene)
        propose(scene, energy_wh=5)
        with refused("M-P2P-01"):
            accept(scene)
        for by, acts_as in ((buyer, seller), (seller, buyer), (OPERATOR, OPERATOR)):
            with refused("M-P2P-02"):
                scene.market_does("p2pdrop", by=by, party=acts_as, unit=1, slot=scene.slot)
        scene.market_does("p2pdrop", by=party, party=party, unit=1, slot=scene.slot)
        assert scene.rows("tbimarket", "deals") == []
    agree(scene)
    with refused("M-P2P-02"):
        scene.market_does("p2pdrop", by=buyer, party=buyer, unit=1, slot=scene.slot)


def test_m_pas_02_offered_or_sold_peer_to_peer(scene: Scene) -> None:
    seller = scene.name("seller")
    propose(scene)
    offer = scene.offer(seller, 1, 1)
    with refused("M-PAS-02"):
        accept(scene)
    with refused("M-PAS-02"):
        propose(scene, key=5)
    scene.market_does("retract", by=seller, seller=seller, offer=offer)
    accept(scene)
    with refused("M-PAS-02"):
        scene.offer(seller, 1, 1)
    with refused("M-PAS-02"):
        propose(scene, key=5)
    scene.offer(seller, 2, 1)

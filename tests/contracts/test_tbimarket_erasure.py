"""tbimarket: erasure (M-RAM-01)."""

from typing import Any

import pytest

from tests.contracts.scene import EUR, Scene, line, reading, refused

TABLES = ("offers", "balances", "forecasts", "readings", "slots")


@pytest.fixture
def settled(scene: Scene) -> Scene:
    """A slot in which all is settled: two sold offers, one unsold; two readings; two forecasts."""
    seller, buyer = scene.participant("seller", units=1, money=100 * EUR), scene.participant("buyer", money=1000 * EUR)
    scene.forecast(line(1, (1, 0, 10_000)), line(2, consumption=5))
    offers = [scene.offer(seller, 1, 100) for _ in range(3)]
    for offer in offers[:2]:
        scene.bid(buyer, offer, 200_000)
    scene.at(scene.gate)
    for offer in offers:
        scene.award(offer)
    scene.at(scene.end)
    scene.deliver(seller, reading(1, 150, 0, (1, 150)))
    scene.deliver(buyer, reading(2, 0, 150))
    for offer in offers[:2]:
        scene.settle(offer)
    scene.sweep(1)
    scene.sweep(2)
    return scene


def counts(scene: Scene) -> dict[str, int]:
    return {table: len(scene.rows("tbimarket", table)) for table in TABLES}


def erase(scene: Scene, limit: int, slot: int = 0) -> None:
    scene.market_does("erase", by=scene.name("buyer"), slot=slot or scene.slot, limit=limit)


def retained(scene: Scene) -> int:
    return scene.end + scene.params["retain_s"]


def test_m_ram_01_a_settled_slot_is_erased_after_its_time(settled: Scene) -> None:
    settled.at(retained(settled) - 1)
    with refused("M-RAM-01"):
        erase(settled, 256)
    settled.at(retained(settled))
    kept = {table: settled.rows("tbimarket", table) for table in ("ledger", "watermarks")}
    erase(settled, 256)
    assert counts(settled) == dict.fromkeys(TABLES, 0)
    assert kept == {table: settled.rows("tbimarket", table) for table in kept}
    assert len(settled.rows("tbipool", "figures")) == 1
    for index in (2, 3, 4):
        assert settled.rows("tbimarket", "offers", index=index, key_type="i64") == []
    with refused("M-RAM-01"):
        erase(settled, 256)


def test_m_ram_01_goes_by_limit_offers_first_then_forecasts_then_readings(settled: Scene) -> None:
    settled.at(retained(settled))
    seen = []
    for limit in (2, 2, 1, 1, 1):
        erase(settled, limit)
        seen.append(tuple(counts(settled).values()))
    # offers, balances, forecasts, readings, slots
    assert seen == [(1, 0, 2, 2, 1), (0, 0, 1, 2, 1), (0, 0, 0, 2, 1), (0, 0, 0, 1, 1), (0, 0, 0, 0, 0)]


def test_m_ram_01_not_while_an_offer_is_pending(new_scene: Any) -> None:
    scene = new_scene(params={"retain_s": 0})
    seller, buyer = scene.participant("seller", units=1, money=100 * EUR), scene.participant("buyer", money=1000 * EUR)
    scene.forecast(line(1, (1, 0, 10_000)))
    offer = scene.offer(seller, 1, 100)
    scene.bid(buyer, offer, 200_000)
    scene.at(scene.deadline + 1)
    for step in (scene.award, scene.settle):
        with refused("M-RAM-01"):
            erase(scene, 256)
        step(offer)
    erase(scene, 256)
    assert counts(scene) == dict.fromkeys(TABLES, 0)


def test_m_ram_01_a_surplus_that_is_not_settled_holds_the_readings(new_scene: Any) -> None:
    scene = new_scene(params={"retain_s": 0})
    boxes = [scene.participant(name) for name in ("buyer", "b", "c")]
    scene.at(scene.end)
    for number, box in enumerate(boxes, 1):
        scene.deliver(box, reading(number, 10))
    scene.sweep(1)
    scene.sweep(3)
    erase(scene, 256)
    assert [row["key"] & 0xFF for row in scene.rows("tbimarket", "readings")] == [2, 3]
    with refused("M-RAM-01"):
        erase(scene, 256)
    scene.sweep(2)
    erase(scene, 256)
    assert counts(scene) == dict.fromkeys(TABLES, 0)


def test_m_ram_01_a_record_only_reading_is_erased_unswept(new_scene: Any) -> None:
    scene = new_scene(params={"retain_s": 0})
    box = scene.participant("buyer")
    scene.at(scene.deadline + 1)
    scene.deliver(box, reading(1, 10))
    erase(scene, 1)
    assert counts(scene)["readings"] == 0


def test_m_ram_01_other_slots_and_other_markets_stay(settled: Scene, new_scene: Any) -> None:
    other = new_scene()
    other.participant("buyer")
    for slot in (settled.slot + 900, settled.slot - 900):
        settled.deliver(settled.name("seller"), reading(1, 10), slot=slot)
        settled.sweep(1, slot=slot)
    settled.at(retained(settled) + 86400)
    with refused("M-RAM-01"):
        erase(other, 256, slot=settled.slot)
    erase(settled, 256)
    assert [row["key"] >> 32 for row in settled.rows("tbimarket", "readings")] == [
        settled.slot - 900,
        settled.slot + 900,
    ]


def test_m_ram_03_a_limit_lies_between_1_and_256(settled: Scene) -> None:
    settled.at(retained(settled))
    for limit in (0, 257):
        with refused("M-RAM-03"):
            erase(settled, limit)


def test_m_ram_01_of_several_sellers_offers_those_of_the_first_seller_go_first(new_scene: Any) -> None:
    scene = new_scene(params={"retain_s": 0})
    first, second = scene.participant("first", units=1, money=EUR), scene.participant("buyer", units=1, money=EUR)
    scene.forecast(line(1, (1, 0, 10)), line(2, (2, 0, 10)))
    for seller, unit in ((second, 2), (first, 1), (second, 2), (first, 1)):
        scene.offer(seller, unit, 1)
    scene.at(scene.end)
    for offer in (1, 2, 3, 4):
        scene.award(offer)
    left = []
    for _ in range(3):
        erase(scene, 1)
        left.append([row["id"] for row in scene.rows("tbimarket", "offers")])
    assert left == [[1, 3, 4], [1, 3], [3]]

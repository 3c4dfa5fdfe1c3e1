"""tbimarket: forecasts (M-FOR) and offers (M-OFF)."""

from typing import Any

import pytest

from tests.contracts.scene import EUR, HORIZON_S, Scene, line, refused


@pytest.fixture
def seller(scene: Scene) -> str:
    """A seller with two units, whose forecast maxima for the scene's slot are 5000 and 500 Wh."""
    name = scene.participant("seller", units=2, money=100 * EUR)
    scene.forecast(line(1, (1, 4000, 5000), (2, 400, 500), consumption=300))
    return name


def offers(scene: Scene) -> list[tuple[int, int]]:
    return [(row["id"], row["status"]) for row in scene.rows("tbimarket", "offers")]


def test_m_for_01_only_the_operator_records_forecasts(scene: Scene, seller: str) -> None:
    with refused("M-FOR-01"):
        scene.market_does("forecast", by=seller, slot=scene.slot, points=[line(1)])


def test_m_for_02_for_an_aligned_slot_before_its_gate_within_the_horizon(scene: Scene, seller: str) -> None:
    with refused("M-FOR-02"):
        scene.forecast(line(1), slot=scene.slot + 1)
    with refused("M-FOR-02"):
        scene.forecast(line(1), slot=scene.opened_at + HORIZON_S + 900)
    scene.forecast(line(1), slot=scene.opened_at + HORIZON_S)
    scene.at(scene.gate - 1)
    scene.forecast(line(1, (1, 1, 1)))
    scene.at(scene.gate)
    with refused("M-FOR-02"):
        scene.forecast(line(1, (1, 1, 1)))


def test_m_for_03_a_revision_never_goes_below_what_is_offered(scene: Scene, seller: str) -> None:
    offer = scene.offer(seller, 1, 1000)
    with refused("M-FOR-03"):
        scene.forecast(line(1, (1, 900, 999), (2, 400, 500)))
    with refused("M-FOR-03"):
        scene.forecast(line(1, (2, 400, 500)))
    scene.forecast(line(1, (1, 900, 1000)))
    assert scene.rows("tbimarket", "forecasts")[0]["units"] == [
        {"unit": 1, "generation_wh": 900, "max_wh": 1000, "offered_wh": 1000, "offers": 1}
    ]
    scene.market_does("retract", by=seller, seller=seller, offer=offer)
    scene.forecast(line(1))
    assert scene.rows("tbimarket", "forecasts")[0]["units"] == []


def test_m_reg_02_a_forecast_is_for_registered_points_and_their_own_units(scene: Scene, seller: str) -> None:
    scene.participant("other", units=1)
    with refused("M-REG-02"):
        scene.forecast(line(9))
    with refused("M-REG-02"):
        scene.forecast(line(1, (3, 1, 1)))


def test_m_ram_03_forecasts_are_bounded_and_ascend(scene: Scene, seller: str) -> None:
    for points in ([], [line(1), line(1)], [line(2), line(1)], [line(number) for number in range(1, 34)]):
        with refused("M-RAM-03"):
            scene.forecast(*points)
    for units in ([(1, 1, 1), (1, 1, 1)], [(2, 1, 1), (1, 1, 1)], [(number, 1, 1) for number in range(1, 10)]):
        with refused("M-RAM-03"):
            scene.forecast(line(1, *units))


def test_m_poo_01_the_pool_hears_the_differences_of_a_forecast(scene: Scene, seller: str) -> None:
    scene.participant("other", units=1, group="groupb")
    scene.forecast(line(1, (1, 100, 100), consumption=20), line(2, (3, 7, 9), consumption=5))
    rows = {row["key"] & 0xFF: row for row in scene.rows("tbipool", "figures")}
    assert [(row["forecast_generation_wh"], row["forecast_consumption_wh"]) for row in rows.values()] == [
        (100, 20),
        (7, 5),
    ]
    assert scene.rows("tbipool", "groups") == [{"id": 1, "group": "groupa"}, {"id": 2, "group": "groupb"}]


def test_m_off_01_only_the_owner_offers_his_unit(scene: Scene, seller: str) -> None:
    thief = scene.participant("thief", units=1)
    data = {"unit": 1, "slot": scene.slot, "energy_wh": 1, "start_price": 10_000, "key": 1}
    with refused("M-OFF-01"):
        scene.market_does("offer", by=thief, seller=seller, **data)
    with refused("M-OFF-01"):
        scene.market_does("offer", by=thief, seller=thief, **data)
    with refused("M-REG-02"):
        scene.market_does("offer", by=thief, seller=thief, **{**data, "unit": 9})


def test_m_off_02_the_slot_is_aligned_within_the_horizon_and_before_its_gate(scene: Scene, seller: str) -> None:
    for slot in (scene.slot + 1, scene.opened_at + HORIZON_S + 900, scene.opened_at, 0, 2**32 - 1):
        with refused("M-OFF-02"):
            scene.offer(seller, slot=slot)
    scene.at(scene.gate - 1)
    assert scene.offer(seller, energy=1) == 1
    scene.at(scene.gate)
    with refused("M-OFF-02"):
        scene.offer(seller)


def test_m_off_03_all_offers_of_a_unit_stay_within_the_forecast_maximum(scene: Scene, seller: str) -> None:
    with refused("M-OFF-03"):
        scene.offer(seller, energy=0)
    with refused("M-OFF-03"):
        scene.offer(seller, energy=5001)
    with refused("M-OFF-03"):
        scene.offer(seller, slot=scene.slot + 900)
    scene.offer(seller, energy=3000)
    with refused("M-OFF-03"):
        scene.offer(seller, energy=2001)
    with refused("M-OFF-03"):
        scene.offer(seller, energy=2**32 - 1)
    scene.offer(seller, energy=2000)
    assert scene.rows("tbimarket", "forecasts")[0]["units"][0]["offered_wh"] == 5000


def test_m_off_04_the_start_price_lies_within_the_markets_bounds(scene: Scene, seller: str) -> None:
    for price in (9_999, 900_001):
        with refused("M-OFF-04"):
            scene.offer(seller, price=price)
    scene.offer(seller, price=10_000)
    scene.offer(seller, price=900_000)


def test_m_off_05_an_offer_without_a_bid_is_withdrawn_before_the_gate(scene: Scene, seller: str) -> None:
    buyer = scene.participant("buyer", money=1000 * EUR)
    first = scene.offer(seller, energy=5000)
    scene.market_does("retract", by=seller, seller=seller, offer=first)
    assert scene.money(seller) == (100 * EUR, 0)
    assert scene.rows("tbimarket", "forecasts")[0]["units"][0] == {
        "unit": 1,
        "generation_wh": 4000,
        "max_wh": 5000,
        "offered_wh": 0,
        "offers": 1,
    }
    bought, late = scene.offer(seller, energy=2500), scene.offer(seller, energy=2500)
    scene.bid(buyer, bought, 200_000)
    for offer in (first, bought, 99):
        with refused("M-OFF-05"):
            scene.market_does("retract", by=seller, seller=seller, offer=offer)
    with refused("M-OFF-01"):
        scene.market_does("retract", by=buyer, seller=buyer, offer=late)
    with refused("M-OFF-01"):
        scene.market_does("retract", by=buyer, seller=seller, offer=late)
    scene.at(scene.gate)
    with refused("M-OFF-05"):
        scene.market_does("retract", by=seller, seller=seller, offer=late)
    assert offers(scene) == [(1, 3), (2, 0), (3, 0)]
    assert scene.row("slots", scene.slot) == {"slot": scene.slot, "undecided": 2, "pending": 2}


def test_m_off_06_an_offer_locks_what_a_shortfall_would_cost(scene: Scene, seller: str) -> None:
    scene.offer(seller, energy=1001, price=150_333)
    lock = 1001 * (400_000 - 150_333) // 1000
    assert scene.money(seller) == (100 * EUR - lock, lock)
    assert scene.row("offers", 1)["lock"] == lock
    scene.offer(seller, energy=1, price=400_000)
    scene.offer(seller, energy=1, price=500_000)
    assert scene.money(seller) == (100 * EUR - lock, lock)


def test_m_off_06_without_money_only_offers_that_need_none(scene: Scene) -> None:
    poor = scene.participant("poor", units=1)
    scene.forecast(line(1, (1, 0, 5000)))
    with refused("M-OFF-06"):
        scene.offer(poor, energy=1000, price=399_999)
    scene.offer(poor, energy=1000, price=400_000)
    assert not any(row["owner"] == poor for row in scene.rows("tbimarket", "ledger"))


def test_m_off_07_a_repeated_key_is_refused_as_such(scene: Scene, seller: str) -> None:
    scene.offer(seller, unit=1, key=7)
    for unit in (1, 2):
        with refused("M-OFF-07"):
            scene.offer(seller, unit=unit, energy=100, key=7)
    scene.forecast(line(1, (1, 1, 100)), slot=scene.slot + 900)
    scene.offer(seller, energy=100, key=7, slot=scene.slot + 900)
    other = scene.participant("other", units=1, money=EUR)
    scene.forecast(line(2, (3, 1, 100)))
    scene.offer(other, unit=3, energy=1, key=7)
    assert len(offers(scene)) == 3


def test_m_off_08_nothing_is_traded_at_or_after_the_markets_end(new_scene: Any) -> None:
    day = (int(new_scene().chain.now()) // 86400 + 1) * 86400
    scene = new_scene(until=day + 5 * 900)
    seller = scene.participant("seller", units=1, money=EUR)
    last = scene.until - 900
    scene.forecast(line(1, (1, 1, 100)), slot=last)
    scene.offer(seller, energy=1, slot=last)
    with refused("M-OFF-08"):
        scene.forecast(line(1, (1, 1, 100)), slot=scene.until)
    with refused("M-OFF-08"):
        scene.offer(seller, energy=1, slot=scene.until)


def test_m_ram_03_a_unit_has_at_most_max_offers_a_slot_withdrawn_ones_included(scene: Scene, seller: str) -> None:
    for _ in range(4):
        offer = scene.offer(seller, energy=1)
        scene.market_does("retract", by=seller, seller=seller, offer=offer)
    with refused("M-RAM-03"):
        scene.offer(seller, energy=1)
    scene.offer(seller, unit=2, energy=1)


def test_offers_are_found_by_each_of_their_indexes(scene: Scene, seller: str) -> None:
    scene.offer(seller, energy=10)
    scene.offer(seller, unit=2, energy=20)
    row = scene.row("offers", 1)
    assert row["seller_key"] == scene.slot << 32 | 1
    assert (row["buyer_key"], row["due_key"], row["closes_at"]) == (0, scene.gate, scene.gate)
    for index, key in ((2, row["seller_key"]), (3, 0), (4, row["due_key"])):
        found = scene.rows("tbimarket", "offers", index=index, key_type="i64", lower=key, upper=key)
        assert [offer["id"] for offer in found] == [1, 2]


def test_m_ram_02_the_market_pays_for_offers_and_forecasts(scene: Scene, seller: str) -> None:
    scene.offer(seller, energy=10)
    for table in ("offers", "forecasts", "slots"):
        assert scene.chain.payers("tbimarket", scene.market, table) == {"tbimarket"}
    assert scene.chain.payers("tbipool", scene.market, "figures") == {"tbipool"}

"""The fold of passive contracts, deals, takeovers and mints against the market's model."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import pytest

from market.rows import Prices
from market.values import amount
from services.background_manager_logic.market.agreements import AGREED, DROPPED, PROPOSED
from tests.unit.services.background_manager_logic.market.feed import SEEDS, ToldStory, folded, lived


@pytest.mark.parametrize("seed", SEEDS)
def test_m_pas_03_what_is_proposed_is_what_the_contract_has(seed: int) -> None:
    told, memory = lived(seed), folded(lived(seed).feed)
    open_ones = {(one["market"], one["unit"]): one for one in memory.of("passives") if one["state"] == PROPOSED}
    for market in told.markets:
        rows = told.model.world.books(market).passprops
        for row in rows.values():
            shown = open_ones[market, row.unit]
            assert {name: shown[name] for name in asdict(row)} == asdict(row)
        assert len(list(rows.values())) == len([one for one in open_ones if one[0] == market])


@pytest.mark.parametrize("seed", SEEDS)
def test_m_pas_04_contracts_are_what_the_contract_has(seed: int) -> None:
    """The chain forgets old ones; here they stay."""
    told, memory = lived(seed), folded(lived(seed).feed)
    units = {(one["market"], one["unit"]): one for one in memory.of("units")}
    agreed = {
        (one["market"], one["unit"], one["from_slot"]): one for one in memory.of("passives") if one["state"] == AGREED
    }
    for market in told.markets:
        rows = list(told.model.world.books(market).passives.values())
        for row in rows:
            shown = agreed[market, row.unit, row.from_slot]
            terms = (shown["owner"], shown["price"], shown["until_slot"])
            assert terms == (row.owner, row.price, row.until_slot)
        standing = {
            (unit, contract["from_slot"], contract["price"], contract["until_slot"])
            for (of, unit), document in units.items()
            if of == market
            for contract in document["contracts"]
        }
        assert standing == {(row.unit, row.from_slot, row.price, row.until_slot) for row in rows}


@pytest.mark.parametrize("seed", SEEDS)
def test_m_p2p_02_deals_are_what_the_contract_has(seed: int) -> None:
    told, memory = lived(seed), folded(lived(seed).feed)
    deals = {(one["market"], one["slot"] << 32 | one["unit"]): one for one in memory.of("deals")}
    for market in told.markets:
        rows = told.model.world.books(market).deals
        for row in rows.values():
            shown = deals[market, row.key]
            same = ("seller", "buyer", "energy_wh", "price")
            assert {name: shown[name] for name in same} == {name: getattr(row, name) for name in same}
            assert (shown["client_key"], shown["offer_id"] or 0) == (str(row.client_key), row.offer)
            assert shown["state"] == (AGREED if row.offer else PROPOSED)


@pytest.mark.parametrize("seed", SEEDS)
def test_m_sec_02_takeovers_are_what_the_contract_counted(seed: int) -> None:
    told, memory = lived(seed), folded(lived(seed).feed)
    documents = {(one["market"], one["slot"]): one for one in memory.of("takeovers")}
    minted: Counter[tuple[str, int]] = Counter()
    for mint in memory.of("mints"):
        minted[mint["market"], mint["slot"]] += mint["kwh"] * 1000
    for market in told.markets:
        for row in told.model.world.books(market).takeovers.values():
            shown = documents[market, row.slot]
            assert {name: shown[name] for name in asdict(row)} == asdict(row)
            assert minted[market, row.slot] == row.minted_wh


@pytest.mark.parametrize("seed", SEEDS)
def test_m_sec_01_what_was_paid_for_it_is_what_the_evu_paid(seed: int) -> None:
    """Of a settlement's surplus payment that part which is no shortfall that the EVU supplied itself (M-SEC-02)."""
    told, memory = lived(seed), folded(lived(seed).feed)
    swept: Counter[str] = Counter()
    for slot in memory.of("slots"):
        swept[slot["market"]] += slot.get("surplus", 0)
    unused: Counter[str] = Counter()
    for offer in memory.of("offers"):
        balance = offer["balance"] or {"delivered_wh": 0, "consumed_wh": 0, "surplus": 0}
        energy = max(0, balance["delivered_wh"] - balance["consumed_wh"])
        paid = amount(energy, prices_at(told, offer["market"], offer["slot"]).evu_buy)
        assert paid <= balance["surplus"]
        unused[offer["market"]] += paid
    for market in told.markets:
        takeovers = [one for one in memory.of("takeovers") if one["market"] == market]
        assert sum(one["swept"] + one["passive"] for one in takeovers) == swept[market]
        assert sum(one["unused"] for one in takeovers) == unused[market]
        assert all(one[name] == 0 or one[f"{name}_wh"] for one in takeovers for name in ("swept", "passive", "unused"))


def prices_at(told: ToldStory, market: str, slot: int) -> Prices:
    rows = told.model.world.books(market).prices.values()
    return max((row for row in rows if row.from_slot <= slot), key=lambda row: row.from_slot)


def test_stories_say_something_of_all_ways() -> None:
    kinds = Counter(item.kind for seed in SEEDS for item in lived(seed).feed)
    ways = ("passpropose", "passdrop", "passaccept", "passend", "p2ppropose", "p2pdrop", "p2paccept", "mintp2x")
    assert [kind for kind in ways if not kinds[f"tbimarket.{kind}"]] == []
    memories = [folded(lived(seed).feed) for seed in SEEDS]
    states = {one["state"] for memory in memories for kind in ("passives", "deals") for one in memory.of(kind)}
    assert states >= {PROPOSED, DROPPED, AGREED}
    assert any(one["passive_wh"] for memory in memories for one in memory.of("takeovers"))

"""The fold against the market's model: whatever happens there, the documents say the same."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from market.rows import FINAL
from market.values import UINT32_MAX
from services.background_manager_logic.connector import FeedItem
from tests.unit.services.background_manager_logic.market.feed import SEEDS, folded, lived, pool_of


@pytest.mark.parametrize("seed", SEEDS)
def test_offers_are_what_the_contract_has(seed: int) -> None:
    told, memory = lived(seed), folded(lived(seed).feed)
    documents = {(one["market"], one["offer_id"]): one for one in memory.of("offers")}
    fields = ("seller", "unit", "point", "slot", "energy_wh", "start_price", "closes_at", "status")
    fields += ("bid_price", "bidder", "lock")
    for market in told.markets:
        books = told.model.world.books(market)
        for row in books.offers.values():
            assert {name: documents[market, row.id][name] for name in fields} == {n: getattr(row, n) for n in fields}
        for balance in books.balances.values():
            wanted = {name: value for name, value in asdict(balance).items() if name != "offer"}
            assert documents[market, balance.offer]["balance"] == wanted
        assert len([one for one in documents if one[0] == market]) == told.model.world.markets[market].next_offer - 1


@pytest.mark.parametrize("seed", SEEDS)
def test_m_led_03_the_moves_of_money_add_up_to_the_ledger(seed: int) -> None:
    told, memory = lived(seed), folded(lived(seed).feed)
    sums: Counter[tuple[str, str, str]] = Counter()
    for entry in memory.of("money"):
        for name in ("available", "locked"):
            sums[entry["market"], entry["account"], name] += entry[name]
        sums["", entry["account"], "wallet"] += entry["wallet"]
    for market in told.markets:
        for row in told.model.world.books(market).ledger.values():
            assert sums[market, row.owner, "available"] == row.available
            assert sums[market, row.owner, "locked"] == row.locked
    for account, given in told.given.items():
        assert given + sums["", account, "wallet"] == told.model.world.balances.get(account)


@pytest.mark.parametrize("seed", SEEDS)
def test_m_poo_01_the_groups_figures_are_the_pools(seed: int) -> None:
    told, memory = lived(seed), folded(lived(seed).feed)
    documents = {(one["market"], one["slot"], one["group"]): one for one in memory.of("pool")}
    for market in told.markets:
        for (slot, group), figures in pool_of(told, market).items():
            shown = documents.get((market, slot, group), dict.fromkeys(figures, 0))
            assert {name: shown[name] for name in figures} == figures
        books = told.model.world.books(market)
        pending = Counter(
            (row.slot, books.points[row.point].group) for row in books.offers.values() if row.status not in FINAL
        )
        for (_, slot, group), shown in [one for one in documents.items() if one[0][0] == market]:
            assert shown["pending_offers"] == pending[slot, group]


@pytest.mark.parametrize("seed", SEEDS)
def test_slots_are_what_was_forecast_offered_and_measured(seed: int) -> None:
    told, memory = lived(seed), folded(lived(seed).feed)
    documents = {(one["market"], one["slot"], one["point"]): one for one in memory.of("slots")}
    for market in told.markets:
        books = told.model.world.books(market)
        for row in books.forecasts.values():
            shown = documents[market, row.key >> 32, row.key & UINT32_MAX]
            assert shown["forecast_consumption_wh"] == row.consumption_wh
            for unit in row.units:
                figures = shown["units"][str(unit.unit)]
                found = (figures["forecast_wh"], figures["max_wh"], figures["offered_wh"])
                assert found == (unit.generation_wh, unit.max_wh, unit.offered_wh)
        for reading in books.readings.values():
            shown = documents[market, reading.key >> 32, reading.key & UINT32_MAX]
            assert (shown["fed_in_wh"], shown["consumed_wh"]) == (reading.fed_in_wh, reading.consumed_wh)
            assert shown["reading"] == ("on_time", "late", "record_only")[reading.status]
            for share in reading.units:
                assert shown["units"][str(share.unit)]["produced_wh"] == share.produced_wh


@pytest.mark.parametrize("seed", SEEDS)
def test_r9_in_pieces_is_the_same_as_at_once(seed: int) -> None:
    """A batch that was begun and lost leaves nothing: it is folded anew from what was kept."""
    feed = lived(seed).feed
    assert folded(feed, random.Random(seed)).kept == folded(feed).kept


def test_stories_say_something() -> None:
    kinds = Counter(item.kind for seed in SEEDS for item in lived(seed).feed)
    for kind in ("bid", "retract", "logaward", "logsettle", "logsweep", "deliver", "setprices", "withdraw"):
        assert kinds[f"tbimarket.{kind}"], kind


def test_what_is_of_no_market_that_is_known_counts_for_nothing() -> None:
    told = lived(0)
    opened = {item.id for item in told.feed if item.kind == "tbimarket.openmarket"}
    kinds: set[Any] = {kind for kind, _ in folded([item for item in told.feed if item.id not in opened]).kept}
    assert kinds <= {"money", "pool", "slots"}
    strange = [FeedItem(1, "tbimarket.bid", {"data": "0011", "block_num": 1}), FeedItem(2, "tbimarket.erase", {})]
    assert not folded(strange).kept

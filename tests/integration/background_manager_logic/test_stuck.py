"""A surplus that the read model has as open, which the chain says something else of. The store is a real mongod."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from pymongo.errors import ServerSelectionTimeoutError

from services.background_manager_logic.letters import FailedOrder, UnansweredEvent
from services.background_manager_logic.market.store import Store
from services.background_manager_logic.metrics import count
from services.background_manager_logic.ports import ChainPort
from services.background_manager_logic.service.stuck import Stuck
from tests.integration.mongo import Mongo

SLOT, POINT, NOW = 1_795_305_600, 3, 1_795_305_600 + 3600
MARKET: dict[str, Any] = {
    "_id": "lem",
    "market": "lem",
    "slot_s": 900,
    "evu": "tbievu",
    "params": [{"from_slot": 0, "credit_line": 0, "deadline_s": 900}],
    "prices": [{"from_slot": 0, "evu_buy": 80_000}],
}


class ChainSays:
    """The rows of a chain whose reading of that slot has this `surplus`; None: it has none."""

    def __init__(self, surplus: int | None) -> None:
        self._surplus = surplus

    def rows(self, contract: str, table: str, scope: str, **query: Any) -> list[dict[str, Any]]:
        assert (contract, scope) == ("tbimarket", "lem")
        if table == "ledger":
            return [{"available": 10}]
        assert (table, query["lower"], query["upper"]) == ("readings", SLOT << 32 | POINT, SLOT << 32 | POINT)
        return [] if self._surplus is None else [{"surplus": self._surplus}]


class NoLetters:
    def orders(self) -> list[FailedOrder]:
        return []

    def events(self) -> list[UnansweredEvent]:
        return []

    def retry_order(self, letter_id: str) -> str:
        raise AssertionError(letter_id)

    def retry_event(self, letter_id: str) -> str:
        raise AssertionError(letter_id)


@pytest.fixture
def store(mongo: Mongo) -> Iterator[Store]:
    """A market with one reading whose surplus is open, for as long as the read model knows."""
    db = mongo.database(f"stuck_{secrets.token_hex(4)}")
    made = Store(db)
    made.of("markets").insert_one(MARKET)
    reading = {"market": "lem", "slot": SLOT, "point": POINT, "reading": "on_time", "delivered_at": SLOT + 930}
    made.of("slots").insert_one({**reading, "surplus": None, "fed_in_wh": 1000, "consumed_wh": 0})
    yield made
    db.client.drop_database(db.name)
    db.client.close()


@pytest.mark.parametrize(
    ("surplus", "listed"),
    [(0, ["overdue_surplus"]), (None, ["overdue_surplus"]), (1, []), (2, ["unfunded_surplus"])],
    ids=["open", "unknown", "paid", "unpaid"],
)
def test_what_the_chain_has_paid_is_not_listed_as_overdue(store: Store, surplus: int | None, listed: list[str]) -> None:
    stuck = Stuck(store, cast(ChainPort, ChainSays(surplus)), NoLetters(), lambda: float(NOW), grace_s=60)
    found = stuck.all("lem")
    assert [item.kind for item in found.items] == listed
    assert found.not_looked_at == []


def test_auctions_that_are_over_and_not_decided_are_counted(store: Store) -> None:
    views = store.of("views")
    for number, (market, status, closed_ago_s) in enumerate(
        [("lem", "open", 61), ("other", "open", 3600), ("lem", "open", 59), ("lem", "awarded", 3600)]
    ):
        views.insert_one({"_id": number, "market": market, "status": status, "closes_at": NOW - closed_ago_s})
    stuck = Stuck(store, cast(ChainPort, ChainSays(1)), NoLetters(), lambda: float(NOW), grace_s=60)
    registry = CollectorRegistry()
    count(registry, stuck.overdue_awards)
    assert registry.get_sample_value("tbi_market_overdue_awards") == 2


def test_without_the_database_there_is_no_number_and_no_error() -> None:
    def away() -> int:
        raise ServerSelectionTimeoutError

    registry = CollectorRegistry()
    count(registry, away)
    told = registry.get_sample_value("tbi_market_overdue_awards")
    assert told is not None
    assert math.isnan(told)

"""Row by row: what the model says must come out, and what stands in the chain's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from demo import story
from demo.expectation import Expectation
from services.shared.chain.client import ChainClient

_IDS_AND_TIMES = {"offer", "slot", "settled_at", "key", "delivered_at", "participant", "point", "unit"}


@dataclass(frozen=True)
class Row:
    """One line of the table at the end."""

    what: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        return self.expected == self.found


@dataclass(frozen=True)
class Outcome:
    """What to look for on the chain. `names`: chain account -> the story's name; `points`: that name -> point id."""

    market: str
    slot: int
    offer: int
    names: Mapping[str, str]
    points: Mapping[str, int]


def compare(client: ChainClient, expected: Expectation, outcome: Outcome) -> list[Row]:
    """Offer, balance, ledger, readings and pool."""
    return [
        *_offer(client, expected, outcome),
        *_balance(client, expected, outcome),
        *_ledger(client, expected, outcome),
        *_readings(client, expected, outcome),
        *_pool(client, expected, outcome),
    ]


def _offer(client: ChainClient, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    row = _one(client.rows("tbimarket", outcome.market, "offers", lower=outcome.offer, upper=outcome.offer))
    model = expected.books.offers[1]
    yield Row("offer: status", model.status.name.lower(), _status(row.get("status")))
    yield Row("offer: highest bidder", model.bidder, _name(outcome, row.get("bidder")))
    yield Row("offer: price", str(model.bid_price), str(row.get("bid_price")))
    moved = int(row.get("closes_at", 0)) > outcome.slot - story.PARAMS.lead_s
    yield Row("offer: the last bid moved the closing", str(expected.closing_moved_by_s > 0), str(moved))


def _balance(client: ChainClient, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    row = _one(client.rows("tbimarket", outcome.market, "balances", lower=outcome.offer, upper=outcome.offer))
    for field, value in asdict(expected.books.balances[1]).items():
        if field not in _IDS_AND_TIMES:
            found = row.get(field)
            yield Row(
                f"balance: {field}", str(value), _name(outcome, found) if field in ("seller", "buyer") else str(found)
            )


def _ledger(client: ChainClient, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    rows = {_name(outcome, row["owner"]): row for row in client.rows("tbimarket", outcome.market, "ledger")}
    for account in expected.books.ledger.values():
        row = rows.get(account.owner, {})
        yield Row(f"ledger of {account.owner}: available", story.eur(account.available), _eur(row.get("available")))
        yield Row(f"ledger of {account.owner}: locked", story.eur(account.locked), _eur(row.get("locked")))


def _readings(client: ChainClient, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    for name, model in zip(outcome.points, expected.books.readings.values(), strict=True):
        key = outcome.slot << 32 | outcome.points[name]
        row = _one(client.rows("tbimarket", outcome.market, "readings", lower=key, upper=key))
        for field in ("fed_in_wh", "consumed_wh", "status", "surplus"):
            yield Row(f"reading of {name}: {field}", str(int(getattr(model, field))), str(row.get(field)))


def _pool(client: ChainClient, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    groups = {row["id"]: row["group"] for row in client.rows("tbipool", outcome.market, "groups")}
    first, last = outcome.slot << 32, (outcome.slot + 1 << 32) - 1
    row = _one(client.rows("tbipool", outcome.market, "figures", lower=first, upper=last))
    model = expected.books.figures.values()[0]
    yield Row("pool: group", story.GROUP, str(groups.get(int(row.get("key", 0)) & 0xFFFFFFFF)))
    for field, value in asdict(model).items():
        if field not in _IDS_AND_TIMES:
            yield Row(f"pool: {field}", str(value), str(row.get(field)))


def _one(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return rows[0] if len(rows) == 1 else {}


def _name(outcome: Outcome, account: Any) -> str:
    return outcome.names.get(str(account), str(account))


def _status(value: Any) -> str:
    names = ("open", "awarded", "unsold", "withdrawn", "settled", "unfunded")
    return names[int(value)] if value is not None else "no row"


def _eur(units: Any) -> str:
    return "no row" if units is None else story.eur(int(units))

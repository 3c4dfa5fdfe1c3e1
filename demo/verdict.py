"""Row by row: what the model says must come out, and what the public routes answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from demo import story
from demo.expectation import Expectation
from demo.stage import Stage
from deploy.local.fill.people import MANAGER
from market.rows import Figures, OfferStatus
from market.values import Money, Price
from services.shared.wait import wait_until

_FINAL = {OfferStatus.SETTLED: "settled", OfferStatus.UNSOLD: "unsold"}
_FIGURES_S = 20.0
_PAYMENTS = ("to_seller", "shortfall", "penalty", "surplus")


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
    """What to ask for. `offers`: ids in the story's order; `names`: chain account -> the story's name."""

    market: str
    first_slot: int
    offers: list[int]
    names: Mapping[str, str]


def compare(stage: Stage, expected: Expectation, outcome: Outcome) -> list[Row]:
    """Offers, balances, accounts and the balancing group."""
    return [
        *_offers(stage, expected, outcome),
        *_balances(stage, expected, outcome),
        *_accounts(stage, expected, outcome),
        *_balancing_group(stage, expected, outcome),
    ]


def _offers(stage: Stage, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    for number, offer_id in enumerate(outcome.offers, start=1):
        model = expected.books.offers[number]
        told = stage.evu.get(f"{MANAGER}/market/offer/{offer_id}", market=outcome.market)
        price = Price(model.bid_price).ct_per_kwh if model.bidder else None
        yield Row(f"offer {number}: status", _FINAL[model.status], str(told["status"]))
        yield Row(f"offer {number}: highest bid", str(price), str(told["highest_bid_ct_per_kwh"]))
        moved = _epoch(told["closes_at"]) > model.slot - story.PARAMS.lead_s
        yield Row(f"offer {number}: a late bid moved the closing", str(expected.closing_moved(number)), str(moved))


def _balances(stage: Stage, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    told = {row["offer_id"]: row for row in stage.evu.all(f"{MANAGER}/market/balances", market=outcome.market)}
    yield Row("balances: how many", str(len(list(expected.books.balances.values()))), str(len(told)))
    for number, offer_id in enumerate(outcome.offers, start=1):
        model = expected.books.balances.get(number)
        if model is None:
            continue
        row = told.get(offer_id, {})
        for name in ("sold_wh", "delivered_wh", "produced_wh", "consumed_wh", "difference_wh"):
            yield Row(f"balance {number}: {name}", str(getattr(model, name)), str(row.get(name)))
        for name in _PAYMENTS:
            found = row.get(f"{name}_eur")
            yield Row(f"balance {number}: {name}", Money(getattr(model, name)).eur, str(found))


def _accounts(stage: Stage, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    people = {"tbievu": stage.evu, **{name: stage.people[name] for name in story.PLAYERS}}
    for account in sorted(expected.books.ledger.values(), key=lambda row: row.owner):
        told = people[account.owner].get(f"{MANAGER}/market/account", market=outcome.market, limit=1000)
        available = account.available + _of_other_slots(told["history"], outcome.first_slot)
        yield Row(f"{account.owner}: available", story.eur(available), _eur(told["available_eur"]))
        yield Row(f"{account.owner}: locked", story.eur(account.locked), _eur(told["locked_eur"]))


def _of_other_slots(history: Iterable[Mapping[str, Any]], first: int) -> int:
    """What was paid for surplus outside the story, in units of 1e-6 EUR.

    A border that a box missed is substituted: what the sun gave before the meters were made quiet may then stand in a
    slot before the story's first.
    """
    last = first + story.SLOTS * story.SLOT_S
    paid = (one for one in history if one["kind"] == "surplus" and not first <= _epoch(one["slot_start"]) < last)
    return sum(int(Decimal(one["available_eur"]).scaleb(6)) for one in paid)


def _balancing_group(stage: Stage, expected: Expectation, outcome: Outcome) -> Iterable[Row]:
    last = outcome.first_slot + story.SLOTS * story.SLOT_S
    query = {"market": outcome.market, "from": _iso(outcome.first_slot), "to": _iso(last)}
    models = sorted(expected.books.figures.values(), key=lambda row: row.key)

    def told() -> list[Row]:
        items = stage.evu.get(f"{MANAGER}/balancing-group", **query)["items"]
        rows = {_epoch(row["slot_start"]): row for row in items}
        shown = [rows.get(outcome.first_slot + number * story.SLOT_S, {}) for number in range(len(models))]
        return [
            Row(f"slot {number}: {name}", str(value), str(shown[number].get(name)))
            for number, model in enumerate(models)
            for name, value in _figures(model).items()
        ]

    with suppress(TimeoutError):  # the overview follows what is irreversible, a little behind the settlement
        wait_until(lambda: all(row.holds for row in told()), _FIGURES_S, every=0.5)
    return told()


def _figures(model: Figures) -> dict[str, int]:
    return {name: value for name, value in asdict(model).items() if name != "key"}


def _eur(text: Any) -> str:
    return f"{text} EUR"


def _epoch(text: Any) -> int:
    return int(datetime.fromisoformat(str(text)).timestamp())


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

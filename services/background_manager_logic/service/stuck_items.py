"""What is stuck, item by item: cause, repair, what is at stake. No database, no clock, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from market.values import amount
from services.background_manager_logic.errors import ChainRefused
from services.background_manager_logic.letters import FailedOrder, UnansweredEvent

Document = dict[str, Any]
State = Literal["done", "waiting", "needs_deposit", "not_yet"]

KINDS: Final = (
    *("unfunded_settlement", "unfunded_surplus", "overdue_award", "overdue_settlement", "overdue_surplus"),
    *("failed_order", "refused_forecast", "unanswered_event"),
)
STATES: Final = ("done", "waiting", "needs_deposit", "not_yet")
ID: Final = r"^(award|settle|sweep|order|event)\.[A-Za-z0-9.~_-]{1,100}$"

_NO_MONEY: Final = "M-LED-04"
_DONE_RULES: Final = ("M-AWD-02", "M-SET-06", "M-SEC-01")
"""By which the market says that there is nothing left to be done."""


@dataclass(frozen=True, slots=True)
class Item:
    """Money in units of 1e-6 EUR, times in seconds since the epoch."""

    id: str
    kind: str
    cause: str
    repair: str
    since: int
    market: str | None = None
    offer: int | None = None
    point: int | None = None
    slot: int | None = None
    account: str | None = None
    amount: int | None = None
    energy_wh: int | None = None
    missing: int | None = None
    detail: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair has come to."""

    state: State
    detail: str
    missing: int | None = None
    rule: str | None = None
    transaction_id: str | None = None


COUNTED: Final = ["on_time", "late"]


def of_slot(rows: list[Document], slot: int) -> Document:
    return max((row for row in rows if row["from_slot"] <= slot), key=lambda row: int(row["from_slot"]))


def missing(about: Document, offer: Mapping[str, Any], purse: int) -> int:
    """What certainly suffices: at most the EVU takes over all that was sold (M-SET-03)."""
    slot = int(offer["slot"])
    most = amount(int(offer["energy_wh"]), int(of_slot(about["prices"], slot)["evu_buy"]))
    return max(0, most - purse - int(of_slot(about["params"], slot)["credit_line"]))


def missing_surplus(about: Document, row: Mapping[str, Any], purse: int) -> int:
    """At the EVU's price of the slot; a passive contract's may be another (M-PAS-01)."""
    slot = int(row["slot"])
    most = amount(int(row["fed_in_wh"]), int(of_slot(about["prices"], slot)["evu_buy"]))
    return max(0, most - purse - int(of_slot(about["params"], slot)["credit_line"]))


def overdue_award(offer: Mapping[str, Any]) -> Item:
    return Item(
        f"award.{offer['market']}.{offer['offer_id']}",
        "overdue_award",
        "The auction has closed and nobody has awarded it; the keeper does not run, or the market refuses it.",
        "Award it now, and see whether the keeper runs.",
        int(offer["closes_at"]),
        **_about_offer(offer),
        amount=amount(int(offer["energy_wh"]), int(offer["bid_price"])),
    )


def overdue_settlement(offer: Mapping[str, Any], due: int) -> Item:
    return Item(
        f"settle.{offer['market']}.{offer['offer_id']}",
        "overdue_settlement",
        "It could be settled: the readings are there, or their deadline has passed. The keeper does not run, another "
        "offer of the slot is undecided, or the market refuses it.",
        "Settle it now, and see whether the keeper runs.",
        due,
        **_about_offer(offer),
        amount=amount(int(offer["energy_wh"]), int(offer["bid_price"])),
    )


def unfunded_settlement(about: Document, offer: Mapping[str, Any], purse: int) -> Item:
    return Item(
        f"settle.{offer['market']}.{offer['offer_id']}",
        "unfunded_settlement",
        "The EVU's money in the market and its credit line do not pay for what the buyer did not consume.",
        "Pay into the market as the EVU (POST /market/deposit); then settle it again.",
        int(offer["slot"]) + int(about["slot_s"]),
        **_about_offer(offer),
        amount=amount(int(offer["energy_wh"]), int(offer["bid_price"])),
        missing=missing(about, offer, purse),
        rule=_NO_MONEY,
    )


def _about_offer(offer: Mapping[str, Any]) -> Document:
    return {
        "market": offer["market"],
        "offer": int(offer["offer_id"]),
        "point": int(offer["point"]),
        "slot": int(offer["slot"]),
        "account": offer["seller"],
        "energy_wh": int(offer["energy_wh"]),
    }


def unfunded_surplus(about: Document, row: Document, point: Document | None, purse: int) -> Item:
    return Item(
        _sweep_id(row),
        "unfunded_surplus",
        "The EVU's money in the market and its credit line do not pay for what this metering point fed in beyond its "
        "sales.",
        "Pay into the market as the EVU (POST /market/deposit); then pay the surplus again.",
        int(row["delivered_at"]),
        **_about_row(about, row, point),
        missing=missing_surplus(about, row, purse),
        rule=_NO_MONEY,
    )


def overdue_surplus(about: Document, row: Document, point: Document | None) -> Item:
    return Item(
        _sweep_id(row),
        "overdue_surplus",
        "What this metering point fed in beyond its sales has not been paid: the keeper does not run, or an offer of "
        "the slot is undecided.",
        "Pay the surplus now, and see whether the keeper runs.",
        int(row["delivered_at"]),
        **_about_row(about, row, point),
    )


def _sweep_id(row: Mapping[str, Any]) -> str:
    return f"sweep.{row['market']}.{row['slot']}.{row['point']}"


def _about_row(about: Document, row: Mapping[str, Any], point: Mapping[str, Any] | None) -> Document:
    price = int(of_slot(about["prices"], int(row["slot"]))["evu_buy"])
    return {
        "market": row["market"],
        "point": int(row["point"]),
        "slot": int(row["slot"]),
        "account": None if point is None else point["account"],
        "energy_wh": int(row["fed_in_wh"]),
        "amount": amount(int(row["fed_in_wh"]), price),
    }


def failed_order(letter: FailedOrder) -> Item:
    names = ", ".join(name for name, _ in letter.actions)
    data = letter.actions[0][1] if letter.actions else {}
    forecast = any(name == "tbimarket::forecast" for name, _ in letter.actions)
    return Item(
        f"order.{letter.id}",
        "refused_forecast" if forecast else "failed_order",
        f"An order ({names}) failed for good while nobody waited for its answer.",
        "Begin it anew. What the market refuses by a rule, it refuses again.",
        letter.failed_at,
        market=data.get("market") if isinstance(data.get("market"), str) else None,
        detail=letter.detail,
        rule=letter.rule,
    )


def unanswered_event(letter: UnansweredEvent) -> Item:
    return Item(
        f"event.{letter.id}",
        "unanswered_event",
        "A box has not delivered what it was asked for.",
        "See the box; then have it asked once more.",
        letter.since,
        market=letter.market,
        point=letter.point,
        slot=letter.slot,
        account=letter.box,
        detail=letter.detail,
    )


def retried(state: str) -> Repaired:
    if state == "done":
        return Repaired("done", "It has been done already.")
    return Repaired("waiting", "It was begun anew; look again in a moment.")


def refused(refusal: ChainRefused, missing: int | None) -> Repaired:
    rule = refusal.rule
    if rule == _NO_MONEY:
        return needs_deposit(missing)
    if rule in _DONE_RULES:
        return Repaired("done", "There is nothing left to be done: it has happened already.", rule=rule)
    return Repaired("not_yet", f"The market refuses it still: {refusal}", rule=rule)


def needs_deposit(missing: int | None) -> Repaired:
    text = "The EVU's money in the market does not pay for it: pay in (POST /market/deposit), then repair it again."
    return Repaired("needs_deposit", text, missing, _NO_MONEY)

"""From bodies and headers to the values of the domain; what does not fit is a 400 that names the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from werkzeug.datastructures import Headers

from market.values import EosName, MastrNumber, Price, WattHours
from services.cls_box_logic.domain.orders import (
    Bid,
    Deposit,
    Offer,
    Retraction,
    Withdrawal,
    key_from,
    parse_amount,
    parse_local,
    parse_slot,
)
from services.shared.web import invalid

T = TypeVar("T")
Body = Mapping[str, Any]

MAX_KEY = 100
_MAX_RANGE_MS = 4_102_444_800_000
"""1 January 2100."""


def idempotency_key(headers: Headers, fallback: str | None = None) -> str:
    """The Idempotency-Key of an order; without one what is given as `fallback`.

    An order without either is refused: whoever captured it could have it carried out again.
    """
    key = headers.get("Idempotency-Key")
    if key is None and fallback is not None:
        return fallback
    if key is None:
        raise invalid({"Idempotency-Key": "must be given with an order, a new one with each; a repeat has the same"})
    if not re.fullmatch(rf"[\x21-\x7e]{{1,{MAX_KEY}}}", key):
        raise invalid({"Idempotency-Key": f"must have 1 to {MAX_KEY} visible ASCII characters"})
    return key


def offer_of(body: Body, headers: Headers, default_market: EosName) -> tuple[Offer, str]:
    """An offer with its Idempotency-Key.

    The offer's own key is the one that is given, or follows from the Idempotency-Key. An own key without an
    Idempotency-Key stands for one: the same offer again is the same order.
    """
    market = market_of(body, default_market)
    slot = field(body, "slot_start", parse_slot)
    own = body.get("key")
    key = idempotency_key(headers, None if own is None else f"key:{market}:{int(slot)}:{own}")
    if own is not None and int(own) >= 2**64:
        raise invalid({"key": "must fit 64 bits"})
    offer = Offer(
        market,
        field(body, "unit_mastr_nr", MastrNumber),
        slot,
        field(body, "energy_wh", WattHours),
        field(body, "start_price_ct_per_kwh", Price.from_ct_per_kwh),
        key_from(key) if own is None else int(own),
    )
    return offer, key


def bid_of(body: Body, default_market: EosName) -> Bid:
    """A bid."""
    price = field(body, "price_ct_per_kwh", Price.from_ct_per_kwh)
    return Bid(market_of(body, default_market), body["offer_id"], price)


def retraction_of(body: Body, default_market: EosName) -> Retraction:
    """The withdrawal of an offer."""
    return Retraction(market_of(body, default_market), body["offer_id"])


def deposit_of(body: Body, default_market: EosName) -> Deposit:
    """A deposit."""
    return Deposit(market_of(body, default_market), field(body, "amount_eur", parse_amount))


def withdrawal_of(body: Body, default_market: EosName) -> Withdrawal:
    """A withdrawal."""
    return Withdrawal(market_of(body, default_market), field(body, "amount_eur", parse_amount))


def market_of(body: Body, default_market: EosName) -> EosName:
    """The market that is named, or the box's own."""
    return field(body, "market", EosName) if body.get("market") else default_market


def range_of(query: Body) -> tuple[int, int]:
    """`from` and `to` in ms since the epoch."""
    begin, end = (field(query, name, _moment_ms) for name in ("from", "to"))
    if end <= begin:
        raise invalid({"to": "must lie after from"})
    return begin, end


def _moment_ms(text: str) -> int:
    moment = parse_local(text)
    at_ms = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    if not 0 <= at_ms <= _MAX_RANGE_MS:
        raise ValueError("must lie between 1970 and 2100")
    return at_ms


def field(body: Body, name: str, parse: Callable[[Any], T]) -> T:
    """The value `name`; Problem 400 where it cannot be meant."""
    try:
        return parse(body[name])
    except (ValueError, OverflowError) as error:
        raise invalid({name: str(error)}) from error

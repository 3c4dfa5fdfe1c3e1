"""What the market's routes share: whose request it is, its market, its order's key, and values as JSON."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import request

from market.values import Money, Price
from services.background_manager_logic.domain import EOS_NAME
from services.background_manager_logic.service.actors import Actor, Actors
from services.shared.times import WHEN, iso
from services.shared.web import Text, invalid
from services.shared.web.idempotency import HEADER
from services.shared.web.tokens import caller

T = TypeVar("T")

DEFAULT_MARKET = "lem"
MARKET = Text("The market; `lem` when left out", pattern=EOS_NAME)
MINE = Text("Only one's own", choices=("true", "false"))
MOMENT = Text("ISO 8601; without an offset Europe/Berlin", pattern=WHEN)


def asking(actors: Actors, *, acts: bool = False) -> Actor:
    """Who calls; a service looks as the utility does. Raises NotOwn where he acts and may not."""
    found = caller()
    if found.service is not None:
        return Actor(found.sub, None, None, is_evu=True, sees_all=True, token=found.token)
    return actors.of(found.sub, found.groups, found.token, acts=acts)


def order_key() -> str:
    """What makes an order one: the caller's Idempotency-Key, in letters that every neighbour takes."""
    given = request.headers.get(HEADER)
    if given is None:
        return f"bm-{secrets.token_hex(24)}"
    return f"bm-{hashlib.sha256(f'{caller().sub} {request.path} {given}'.encode()).hexdigest()}"


def market_of(values: Mapping[str, Any]) -> str:
    """The market that a body or a query names."""
    return values.get("market") or DEFAULT_MARKET


def parsed(values: Mapping[str, Any], name: str, parse: Callable[[str], T]) -> T:
    """The value `name`, which must be there; Problem 400 where it cannot be meant."""
    try:
        return parse(values[name])
    except (ValueError, OverflowError) as error:
        raise invalid({name: str(error)}) from error


def maybe(values: Mapping[str, Any], name: str, parse: Callable[[str], T]) -> T | None:
    """`parsed`, or None where the value was left out."""
    return None if values.get(name) is None else parsed(values, name, parse)


def money_above_zero(text: str) -> Money:
    """An amount to be moved. ValueError."""
    amount = Money.from_eur(text)
    if amount <= 0:
        raise ValueError("must be above 0")
    return amount


def price_or_none(price: int) -> str | None:
    """0 stands for none."""
    return Price(price).ct_per_kwh if price else None


def eur(units: int | None) -> str | None:
    """Units of 1e-6 EUR."""
    return None if units is None else Money(units).eur


def iso_or_none(epoch: int | None) -> str | None:
    return None if epoch is None else iso(epoch)

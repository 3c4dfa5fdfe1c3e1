"""Routes of money, of a unit's day and of balances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.values import Money, Price, amount
from services.background_manager_logic.api.common import LIST, listed
from services.background_manager_logic.api.market_common import (
    MARKET,
    MINE,
    asking,
    eur,
    iso_or_none,
    market_of,
    maybe,
    money_above_zero,
    order_key,
    parsed,
)
from services.background_manager_logic.api.models_market import MarketModels
from services.background_manager_logic.domain import MASTR, mastr_number
from services.background_manager_logic.service.actors import Actor, Actors
from services.background_manager_logic.service.figures import MarketFigures, SoldOffer
from services.background_manager_logic.service.money import MarketMoney, Moved
from services.shared.times import iso, parse_day
from services.shared.web import Namespace, Query, Resource, Text, invalid, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import SERVICE, groups

_ACCOUNT = Query({**LIST, "market": MARKET})
_BALANCES = Query({**LIST, "market": MARKET, "mine": MINE})
_DAY = Query(
    {
        "unit_mastr_nr": Text("The unit's MaStR number", pattern=MASTR, required=True),
        "date": Text("A day in Europe/Berlin; today when left out", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        "market": MARKET,
    }
)
_NAMES = ("eos_account", "participant_sub")


def add_money_routes(
    v1: Namespace, cases: MarketMoney, actors: Actors, shapes: MarketModels, once: Idempotency
) -> None:
    """Add the routes of money to `v1`."""

    @v1.route("/market/account")
    class MarketAccount(Resource):
        @v1.doc(params=_ACCOUNT.doc())
        @v1.response(200, "As it is now, with a part of the history, the newest first", shapes.account)
        @v1.response(403, "No (active) participant record")
        @v1.response(503, "The chain does not answer")
        @groups("User", "EVU")
        def get(self) -> dict[str, Any]:
            """One's own money: available, locked, and outside of the market."""
            query = _ACCOUNT.read()
            actor = asking(actors, acts=True)
            found = cases.account(actor, market_of(query), query["limit"], query["cursor"])
            return {
                "market": found.market,
                "eos_account": found.eos_account,
                "available_eur": found.available.eur,
                "locked_eur": found.locked.eur,
                "wallet_eur": found.wallet.eur,
                "history": [_entry(entry) for entry in found.history.items],
                "next_cursor": found.history.next_cursor,
            }

    @v1.route("/market/deposit")
    class Deposit(Resource):
        @v1.expect(shapes.deposit)
        @v1.response(201, "Moved, in a block", shapes.moved)
        @v1.response(403, "The box does not allow it, or a user names another's account")
        @v1.response(404, "There is no such participant, or he has no account")
        @v1.response(409, "The chain refused it: more than there is, no such market (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User", "EVU")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Pay in: a user from his wallet into the market; the EVU credits a payment that it has received."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.deposit)
            market, amount_eur = market_of(body), parsed(body, "amount_eur", money_above_zero)
            named = [name for name in _NAMES if name in body]
            if len(named) > 1:
                raise invalid(dict.fromkeys(named, "stands beside another name of the receiver; leave one"))
            if not named:
                return _moved(cases.deposit(actor, market, amount_eur, order_key())), 201
            account, sub = body.get("eos_account"), body.get("participant_sub")
            return _moved(cases.credit(actor, market, amount_eur, eos_account=account, sub=sub, key=order_key())), 201

    @v1.route("/market/withdraw")
    class Withdrawal(Resource):
        @v1.expect(shapes.withdrawal)
        @v1.response(201, "Moved, in a block", shapes.moved)
        @v1.response(403, "The box does not allow it")
        @v1.response(409, "The chain refused it: more than is available, no such market (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User", "EVU")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Pay out into one's own wallet what is available."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.withdrawal)
            amount_eur = parsed(body, "amount_eur", money_above_zero)
            return _moved(cases.withdraw(actor, market_of(body), amount_eur, order_key())), 201


def add_figure_routes(v1: Namespace, cases: MarketFigures, actors: Actors, shapes: MarketModels) -> None:
    """Add the routes of a unit's day and of balances to `v1`."""

    @v1.route("/market/day")
    class Day(Resource):
        @v1.doc(params=_DAY.doc())
        @v1.response(200, "Slot by slot", shapes.day)
        @v1.response(403, "It is another participant's")
        @v1.response(404, "There is no such unit, or it is not registered in the market")
        @v1.response(503, "The chain does not answer")
        @groups("User", "EVU", SERVICE)
        def get(self) -> dict[str, Any]:
            """A unit's day: what was forecast, offered, sold, delivered, produced and consumed."""
            query = _DAY.read()
            number = mastr_number(query["unit_mastr_nr"], "unit_mastr_nr")
            found = cases.day(asking(actors, acts=True), market_of(query), number, maybe(query, "date", parse_day))
            items = [
                {"slot_start": iso(slot["slot"]), **slot, "slot_end": iso(slot["slot_end"])} for slot in found.slots
            ]
            for item in items:
                del item["slot"]
            return {"market": found.market, "unit_mastr_nr": number, "date": found.day.isoformat(), "items": items}

    @v1.route("/market/balances")
    class Balances(Resource):
        @v1.doc(params=_BALANCES.doc())
        @v1.response(200, "A part of the list, the newest first", shapes.balances)
        @v1.response(403, "No (active) participant record")
        @groups("User", "EVU")
        def get(self) -> dict[str, Any]:
            """Sold offers: what was delivered, produced and consumed, and what was paid; one's own, all for the EVU."""
            query = _BALANCES.read()
            actor = asking(actors, acts=True)
            found = cases.balances(
                actor, market_of(query), mine=query["mine"] == "true", limit=query["limit"], cursor=query["cursor"]
            )
            return listed(found, lambda one: _balance(one, actor))


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": entry["kind"],
        "at": iso(entry["at"]),
        **{f"{name}_eur": Money(entry[name]).eur for name in ("available", "locked", "wallet")},
        "offer_id": entry.get("offer_id"),
        "slot_start": iso_or_none(entry.get("slot")),
        "transaction_id": entry["transaction_id"],
    }


def _moved(moved: Moved) -> dict[str, Any]:
    return {
        "market": moved.market,
        "eos_account": moved.eos_account,
        "amount_eur": moved.amount.eur,
        "transaction_id": moved.transaction_id,
        "block_num": moved.block_num,
    }


_PAYMENTS = ("to_seller", "shortfall", "penalty", "surplus")
_ENERGY = ("delivered_wh", "produced_wh", "consumed_wh", "difference_wh")


def _balance(sold: SoldOffer, actor: Actor) -> dict[str, Any]:
    offer, balance = sold.offer, sold.offer["balance"] or {}
    role = {offer["seller"]: "seller", offer["bidder"]: "buyer"}.get(actor.account or "")
    energy = {"produced_wh": sold.produced_wh, **{name: balance[name] for name in _ENERGY if name in balance}}
    names = actor.sees_all or role is not None
    return {
        "offer_id": offer["offer_id"],
        "market": offer["market"],
        "status": offer["status"],
        "role": role,
        "slot_start": iso(offer["slot"]),
        "slot_end": iso(offer["slot"] + offer["slot_s"]),
        "price_ct_per_kwh": Price(offer["bid_price"]).ct_per_kwh,
        "sold_wh": offer["energy_wh"],
        **{name: energy.get(name) for name in _ENERGY},
        "amount_eur": Money(amount(offer["energy_wh"], offer["bid_price"])).eur,
        **{f"{name}_eur": eur(balance.get(name)) for name in _PAYMENTS},
        "own_amount_eur": eur(_own(role, balance)) if balance else None,
        "settled_at": iso_or_none(balance.get("settled_at")),
        "unit_mastr_nr": sold.unit_mastr_nr,
        "seller_account": offer["seller"] if names else None,
        "buyer_account": offer["bidder"] if names else None,
    }


def _own(role: str | None, balance: Mapping[str, Any]) -> int | None:
    """What a balance is to its seller or its buyer; below 0 he pays."""
    if role == "seller":
        return int(balance["to_seller"] - balance["penalty"])
    return int(balance["surplus"] - balance["to_seller"] - balance["shortfall"]) if role == "buyer" else None

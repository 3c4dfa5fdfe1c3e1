"""Routes of the secondary market (M-SEC-*) and of Power2X (M-P2X-*): the EVU's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.values import Money
from services.background_manager_logic.api.common import LIST, listed
from services.background_manager_logic.api.market_common import (
    MARKET,
    MOMENT,
    asking,
    market_of,
    maybe,
    order_key,
    parsed,
)
from services.background_manager_logic.api.models_takeovers import TakeoverModels
from services.background_manager_logic.service.actors import Actors
from services.background_manager_logic.service.takeovers import AMOUNTS, ENERGIES, Takeovers
from services.shared.times import iso, parse_epoch
from services.shared.web import Namespace, Query, Resource, Text, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import groups

_RANGE = Query(
    {
        "from": MOMENT,
        "to": Text("Slots that begin before it; with from left out, too: today", pattern=MOMENT.pattern),
        "market": MARKET,
    }
)
_P2X = Query(
    {
        **LIST,
        "from": MOMENT,
        "to": Text("Slots that begin before it; with from left out, too: all that the chain has", MOMENT.pattern),
        "market": MARKET,
    }
)


def add_takeover_routes(
    v1: Namespace, cases: Takeovers, actors: Actors, shapes: TakeoverModels, once: Idempotency
) -> None:
    """Add the routes to `v1`."""

    @v1.route("/market/secondary")
    class SecondaryMarket(Resource):
        @v1.doc(params=_RANGE.doc())
        @v1.response(200, "Slots in which something was taken over, with totals", shapes.secondary)
        @v1.response(404, "There is no such market")
        @groups("EVU")
        def get(self) -> dict[str, Any]:
            """What the EVU took over, slot by slot, and what it paid for it (M-SEC-02)."""
            query = _RANGE.read()
            begin, end = maybe(query, "from", parse_epoch), maybe(query, "to", parse_epoch)
            found = cases.secondary(market_of(query), begin, end)
            items = [{**_times(slot["slot"], found.slot_s), **_sums(slot)} for slot in found.slots]
            return {"market": found.market, "items": items, "totals": _sums(found.totals)}

    @v1.route("/market/p2x")
    class Power2x(Resource):
        @v1.doc(params=_P2X.doc())
        @v1.response(200, "As the chain has it now, with a part of the history, the newest first", shapes.power2x)
        @v1.response(404, "There is no such market")
        @v1.response(503, "The chain does not answer")
        @groups("EVU")
        def get(self) -> dict[str, Any]:
            """For what P2X tokens can still be minted, how many there are, and what was minted."""
            query = _P2X.read()
            begin, end = maybe(query, "from", parse_epoch), maybe(query, "to", parse_epoch)
            found = cases.power2x(market_of(query), begin, end, query["limit"], query["cursor"])
            names = ("taken_over_wh", "minted_wh", "mintable_kwh")
            history = listed(found.history, _mint)
            return {
                "market": found.market,
                "ptx_balance": found.balance,
                "mintable_kwh": sum(slot["mintable_kwh"] for slot in found.slots),
                "slots": [
                    {**_times(slot["slot"], found.slot_s), **{name: slot[name] for name in names}}
                    for slot in found.slots
                ],
                "history": history["items"],
                "next_cursor": history["next_cursor"],
            }

        @v1.expect(shapes.mint)
        @v1.response(201, "Minted, in a block", shapes.minted)
        @v1.response(409, "The market refused it: more than was taken over, no such slot any more, ... (`rule`)")
        @v1.response(503, "The chain does not answer")
        @groups("EVU")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Mint P2X tokens for energy of a slot that the EVU converts (M-P2X-01)."""
            asking(actors, acts=True)
            body = read_body(shapes.mint)
            minted = cases.mint(market_of(body), parsed(body, "slot_start", parse_epoch), body["kwh"], order_key())
            return {
                "market": minted.market,
                "slot_start": iso(minted.slot),
                "kwh": minted.kwh,
                "transaction_id": minted.transaction_id,
                "block_num": minted.block_num,
            }, 201


def _times(slot: int, slot_s: int) -> dict[str, Any]:
    return {"slot_start": iso(slot), "slot_end": iso(slot + slot_s)}


def _sums(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "taken_over_wh": sum(figures[name] for name in ENERGIES),
        **{name: figures[name] for name in ENERGIES},
        "amount_eur": Money(sum(figures[name] for name in AMOUNTS)).eur,
        **{f"{name}_eur": Money(figures[name]).eur for name in AMOUNTS},
        "minted_wh": figures["minted_wh"],
    }


def _mint(entry: Mapping[str, Any]) -> dict[str, Any]:
    about = {"slot_start": iso(entry["slot"]), "kwh": entry["kwh"], "at": iso(entry["changed_at"])}
    return {**about, "transaction_id": entry["transaction_id"]}

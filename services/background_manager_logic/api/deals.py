"""Routes of peer-to-peer deals: what a seller proposes to one buyer, and he accepts (M-P2P-*)."""

from __future__ import annotations

from typing import Any

from market.values import Money, Price, amount
from services.background_manager_logic.api.common import LIST, listed
from services.background_manager_logic.api.market_common import (
    MARKET,
    MINE,
    MOMENT,
    asking,
    iso_or_none,
    market_of,
    maybe,
    order_key,
    parsed,
)
from services.background_manager_logic.api.models_agreements import AgreementModels
from services.background_manager_logic.domain import mastr_number
from services.background_manager_logic.market.agreements import DEAL_STATUSES
from services.background_manager_logic.service.actors import Actor, Actors
from services.background_manager_logic.service.deals import Deal, Deals, NewDeal, Place, Written
from services.shared.times import iso, parse_epoch
from services.shared.web import Namespace, Query, Resource, Text, invalid, path_doc, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import groups

_LIST = Query(
    {
        **LIST,
        "market": MARKET,
        "status": Text("How it stands", choices=DEAL_STATUSES),
        "slot_start": MOMENT,
        "mine": MINE,
    }
)
_OF_MARKET = Query({"market": MARKET})
_ID = Text("The deal's id", pattern=r"^[0-9]{1,10}-[0-9]{1,10}$")
_UINT32_MAX = 2**32 - 1
_PATH = path_doc(deal_id=_ID)


def add_deal_routes(v1: Namespace, cases: Deals, actors: Actors, shapes: AgreementModels, once: Idempotency) -> None:
    """Add the routes to `v1`."""
    _add_proposals(v1, cases, actors, shapes, once)
    _add_answers(v1, cases, actors, shapes, once)


def _add_proposals(v1: Namespace, cases: Deals, actors: Actors, shapes: AgreementModels, once: Idempotency) -> None:
    @v1.route("/market/p2ps")
    class P2pDeals(Resource):
        @v1.doc(params=_LIST.doc())
        @v1.response(200, "A part of the list, what was proposed last first", shapes.deals)
        @v1.response(403, "No (active) participant record")
        @groups("User", "EVU")
        def get(self) -> dict[str, Any]:
            """Peer-to-peer deals, proposed ones, too: those that one sells or buys; all for the EVU."""
            query = _LIST.read()
            actor = asking(actors, acts=True)
            found = cases.deals(
                actor,
                market_of(query),
                status=query["status"],
                slot=maybe(query, "slot_start", parse_epoch),
                mine=query["mine"] == "true",
                limit=query["limit"],
                cursor=query["cursor"],
            )
            return listed(found, lambda one: _deal(one, actor))

    @v1.route("/market/p2p")
    class NewP2pDeal(Resource):
        @v1.expect(shapes.new_deal)
        @v1.response(201, "Proposed, in a block", shapes.written_deal)
        @v1.response(403, "Not one's own unit, or the box does not allow it")
        @v1.response(404, "There is no such unit or market, or nobody with the buyer's account")
        @v1.response(409, "The market refused it: above the maximum, past the gate, offered already, ... (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Propose a unit's energy for a slot to one buyer at a fixed price, signed on one's own box (M-P2P-01).

            It takes the place of what was proposed for this unit and slot before.
            """
            actor = asking(actors, acts=True)
            body = read_body(shapes.new_deal)
            wanted = NewDeal(
                market_of(body),
                mastr_number(body["unit_mastr_nr"], "unit_mastr_nr"),
                body["buyer_account"],
                parsed(body, "slot_start", parse_epoch),
                body["energy_wh"],
                parsed(body, "price_ct_per_kwh", Price.from_ct_per_kwh),
            )
            return _written(cases.propose(actor, wanted, order_key()), actor), 201


def _add_answers(v1: Namespace, cases: Deals, actors: Actors, shapes: AgreementModels, once: Idempotency) -> None:
    @v1.route("/market/p2p/<string:deal_id>")
    @v1.doc(params={**_PATH, **_OF_MARKET.doc()})
    class ProposedP2pDeal(Resource):
        @v1.response(200, "Dropped, in a block", shapes.written_deal)
        @v1.response(403, "The box does not allow it")
        @v1.response(404, "One has no such deal")
        @v1.response(409, "The market refused it: it is accepted already (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User")
        def delete(self, deal_id: str) -> dict[str, Any]:
            """Take one's own proposal back, or refuse one that was made (M-P2P-02)."""
            actor = asking(actors, acts=True)
            place = Place(market_of(_OF_MARKET.read()), *_named(deal_id))
            return _written(cases.drop(actor, place, order_key()), actor)

    @v1.route("/market/p2p/<string:deal_id>/accept")
    @v1.doc(params=_PATH)
    class AcceptedP2pDeal(Resource):
        @v1.expect(shapes.accept_deal)
        @v1.response(201, "Agreed, in a block", shapes.written_deal)
        @v1.response(403, "It is proposed to another, or the box does not allow it")
        @v1.response(404, "One has no such deal")
        @v1.response(409, "The market refused it: other terms are proposed, too late, no money, ... (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User")
        @once
        def post(self, deal_id: str) -> tuple[dict[str, Any], int]:
            """Buy on the terms that one has read, signed on one's own box: others than were proposed bind nobody."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.accept_deal)
            place = Place(market_of(body), *_named(deal_id))
            price = parsed(body, "price_ct_per_kwh", Price.from_ct_per_kwh)
            return _written(cases.accept(actor, place, body["energy_wh"], price, order_key()), actor), 201


def _named(deal_id: str) -> tuple[int, int]:
    unit, slot = (int(part) for part in _ID.parse("deal_id", deal_id).split("-"))
    if max(unit, slot) > _UINT32_MAX:
        raise invalid({"deal_id": "must name a unit and a slot: both fit 32 bits"})
    return unit, slot


def _deal(deal: Deal, actor: Actor) -> dict[str, Any]:
    found = deal.document
    return {
        "deal_id": f"{found['unit']}-{found['slot']}",
        "market": found["market"],
        "status": deal.status,
        "role": {found["seller"]: "seller", found["buyer"]: "buyer"}.get(actor.account or ""),
        "slot_start": iso(found["slot"]),
        "slot_end": iso(found["slot"] + found["slot_s"]),
        "unit_id": found["unit"],
        "unit_mastr_nr": deal.unit_mastr_nr,
        "seller_account": found["seller"],
        "buyer_account": found["buyer"],
        "energy_wh": found["energy_wh"],
        "price_ct_per_kwh": Price(found["price"]).ct_per_kwh,
        "amount_eur": Money(amount(found["energy_wh"], found["price"])).eur,
        "accept_before": iso(found["closes_at"]),
        "proposed_at": iso(found["proposed_at"]),
        "accepted_at": iso_or_none(found["agreed_at"]),
        "offer_id": found["offer_id"],
        "offer_status": deal.offer_status,
        "irreversible": found["irreversible"],
    }


def _written(written: Written, actor: Actor) -> dict[str, Any]:
    place = {"transaction_id": written.transaction_id, "block_num": written.block_num}
    return {**_deal(written.deal, actor), **place}

"""Routes of offers and bids, and of what holds on the market."""

from __future__ import annotations

from typing import Any

from market.values import Price
from services.background_manager_logic.api.common import LIST, listed
from services.background_manager_logic.api.market_common import (
    MARKET,
    MINE,
    MOMENT,
    asking,
    market_of,
    maybe,
    order_key,
    parsed,
    price_or_none,
)
from services.background_manager_logic.api.models_market import MAX_OFFER_ID, MarketModels
from services.background_manager_logic.domain import mastr_number
from services.background_manager_logic.market.heads import told
from services.background_manager_logic.market.view import STATUSES
from services.background_manager_logic.service.actors import Actor, Actors
from services.background_manager_logic.service.trading import Done, NewOffer, Shown, ShownBid, Trading
from services.shared.times import iso, parse_epoch
from services.shared.web import Integer, Namespace, Query, Resource, Text, path_doc, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import GROUPS, groups

_ID = Integer("The offer's number", 1, MAX_OFFER_ID)
_OF_MARKET = Query({"market": MARKET})
_OFFERS = Query(
    {
        **LIST,
        "market": MARKET,
        "status": Text("How it stands", choices=STATUSES),
        "slot_start": MOMENT,
        "mine": MINE,
    }
)
_BIDS = Query({**LIST, "market": MARKET, "mine": MINE, "offer_id": _ID})


def add_offer_routes(v1: Namespace, cases: Trading, actors: Actors, shapes: MarketModels, once: Idempotency) -> None:
    """Add the routes of offers to `v1`."""

    @v1.route("/market/offer")
    class NewMarketOffer(Resource):
        @v1.expect(shapes.new_offer)
        @v1.response(201, "Placed, in a block", shapes.placed_offer)
        @v1.response(403, "Not one's own unit, or the box does not allow it")
        @v1.response(404, "There is no such unit")
        @v1.response(409, "The market refused it: above the maximum, past the gate, ... (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Offer a unit's energy for a slot, signed on one's own box."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.new_offer)
            number = mastr_number(body["unit_mastr_nr"], "unit_mastr_nr")
            slot = parsed(body, "slot_start", parse_epoch)
            price = parsed(body, "start_price_ct_per_kwh", Price.from_ct_per_kwh)
            wanted = NewOffer(market_of(body), number, slot, body["energy_wh"], price)
            return _done(cases.offer(actor, wanted, order_key()), actor, wanted.market), 201

    @v1.route("/market/offers")
    class MarketOffers(Resource):
        @v1.doc(params=_OFFERS.doc())
        @v1.response(200, "A part of the list, the newest first", shapes.offers)
        @groups(*GROUPS)
        def get(self) -> dict[str, Any]:
            """The market's offers."""
            query = _OFFERS.read()
            mine = query["mine"] == "true"
            actor = asking(actors, acts=mine)
            slot = maybe(query, "slot_start", parse_epoch)
            found = cases.offers(
                actor,
                market_of(query),
                status=query["status"],
                slot=slot,
                mine=mine,
                limit=query["limit"],
                cursor=query["cursor"],
            )
            return listed(found, lambda one: _offer(one, actor))

    @v1.route("/market/offer/<string:offer_id>")
    @v1.doc(params={**path_doc(offer_id=_ID), **_OF_MARKET.doc()})
    class MarketOffer(Resource):
        @v1.response(200, "The offer", shapes.offer)
        @v1.response(404, "There is no such offer")
        @v1.response(503, "The chain does not answer")
        @groups(*GROUPS)
        def get(self, offer_id: str) -> dict[str, Any]:
            """One offer."""
            actor = asking(actors)
            return _offer(cases.one(actor, market_of(_OF_MARKET.read()), _ID.parse("offer_id", offer_id)), actor)

        @v1.response(200, "Withdrawn, in a block", shapes.placed_offer)
        @v1.response(403, "It is another participant's")
        @v1.response(404, "There is no such offer")
        @v1.response(409, "The market refused it: it has a bid, its gate is closed, ... (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User")
        def delete(self, offer_id: str) -> dict[str, Any]:
            """Withdraw one's own offer, as long as nobody has bid for it."""
            actor, market = asking(actors, acts=True), market_of(_OF_MARKET.read())
            return _done(cases.retract(actor, market, _ID.parse("offer_id", offer_id), order_key()), actor, market)


def add_bid_routes(v1: Namespace, cases: Trading, actors: Actors, shapes: MarketModels, once: Idempotency) -> None:
    """Add the routes of bids to `v1`."""

    @v1.route("/market/bid")
    class NewMarketBid(Resource):
        @v1.expect(shapes.new_bid)
        @v1.response(201, "Placed, in a block", shapes.placed_bid)
        @v1.response(403, "The box does not allow it")
        @v1.response(404, "There is no such offer")
        @v1.response(
            409, "The market refused it: not above the highest bid, one's own offer, closed, no money (`rule`)"
        )
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User", "EVU")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Bid for an offer: signed on one's own box, or with the EVU's own key (M-EVU-01)."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.new_bid)
            price = parsed(body, "price_ct_per_kwh", Price.from_ct_per_kwh)
            market = market_of(body)
            done = cases.bid(actor, market, body["offer_id"], price, order_key())
            return {**_done(done, actor, market), "price_ct_per_kwh": price.ct_per_kwh}, 201

    @v1.route("/market/bids")
    class MarketBids(Resource):
        @v1.doc(params=_BIDS.doc())
        @v1.response(200, "A part of the list, the newest first", shapes.bids)
        @groups(*GROUPS)
        def get(self) -> dict[str, Any]:
            """The market's bids; of others price and time only."""
            query = _BIDS.read()
            mine = query["mine"] == "true"
            actor = asking(actors, acts=mine)
            found = cases.bids(
                actor,
                market_of(query),
                offer=query["offer_id"],
                mine=mine,
                limit=query["limit"],
                cursor=query["cursor"],
            )
            return listed(found, lambda one: _bid(one, actor))


def _offer(shown: Shown, actor: Actor) -> dict[str, Any]:
    offer = shown.offer
    mine = actor.account is not None and offer["seller"] == actor.account
    bought = actor.account is not None and offer["bidder"] == actor.account
    return {
        **told(offer),
        "bids": offer["bids"],
        "mine": mine,
        "highest_bid_is_mine": bought,
        "unit_mastr_nr": shown.unit_mastr_nr,
        "seller_account": offer["seller"] if mine or actor.sees_all else None,
        "buyer_account": offer["bidder"] or None if bought or actor.sees_all else None,
    }


def _done(done: Done, actor: Actor, market: str) -> dict[str, Any]:
    offer = {"offer_id": done.offer_id, "market": market} if done.offer is None else _offer(done.offer, actor)
    return {**offer, "transaction_id": done.transaction_id, "block_num": done.block_num}


def _bid(shown: ShownBid, actor: Actor) -> dict[str, Any]:
    bid, offer = shown.bid, shown.offer
    mine = actor.account is not None and bid["bidder"] == actor.account
    highest = None if offer is None else price_or_none(offer["bid_price"]) == Price(bid["price"]).ct_per_kwh
    return {
        "offer_id": bid["offer_id"],
        "market": bid["market"],
        "price_ct_per_kwh": Price(bid["price"]).ct_per_kwh,
        "placed_at": iso(bid["at"]),
        "mine": mine,
        "bidder_account": bid["bidder"] if mine else None,
        "slot_start": None if offer is None else iso(offer["slot"]),
        "energy_wh": None if offer is None else offer["energy_wh"],
        "is_highest": highest,
        "offer_status": None if offer is None else offer["status"],
        "irreversible": bid["confirmed"],
        "transaction_id": bid["transaction_id"] if mine else None,
    }

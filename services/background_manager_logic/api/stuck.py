"""Routes of what is stuck on the market, and its repair."""

from __future__ import annotations

from typing import Any

from services.background_manager_logic.api.market_common import MARKET, eur, iso_or_none, market_of
from services.background_manager_logic.api.models_operation import OperationModels
from services.background_manager_logic.service.stuck import Stuck
from services.background_manager_logic.service.stuck_items import ID, Item
from services.shared.times import iso
from services.shared.web import Namespace, Query, Resource, Text, path_doc
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import groups

_OF_MARKET = Query({"market": MARKET})
_ID = Text("The item's id", pattern=ID)


def add_stuck_routes(v1: Namespace, cases: Stuck, shapes: OperationModels, once: Idempotency) -> None:
    """Add the routes to `v1`."""

    @v1.route("/market/stuck")
    class StuckItems(Resource):
        @v1.doc(params=_OF_MARKET.doc())
        @v1.response(200, "Everything, the oldest first", shapes.stuck)
        @v1.response(404, "There is no such market")
        @groups("EVU")
        def get(self) -> dict[str, Any]:
            """What does not go on by itself: why, since when, what is at stake, what repairs it."""
            found = cases.all(market_of(_OF_MARKET.read()))
            items = [_item(one) for one in found.items]
            return {"items": items, "next_cursor": None, "not_looked_at": list(found.not_looked_at)}

    @v1.route("/market/stuck/<string:item_id>/repair")
    @v1.doc(params=path_doc(item_id=_ID))
    class StuckRepair(Resource):
        @v1.response(200, "What it has come to", shapes.repaired)
        @v1.response(404, "There is no such thing")
        @v1.response(503, "The chain does not answer")
        @groups("EVU")
        @once
        def post(self, item_id: str) -> dict[str, Any]:
            """Repair it; what is repaired already stays as it is."""
            done = cases.repair(_ID.parse("item_id", item_id))
            return {
                "id": item_id,
                "state": done.state,
                "detail": done.detail,
                "missing_eur": eur(done.missing),
                "rule": done.rule,
                "transaction_id": done.transaction_id,
            }


def _item(one: Item) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "cause": one.cause,
        "repair": one.repair,
        "since": iso(one.since),
        "market": one.market,
        "offer_id": one.offer,
        "point_id": one.point,
        "slot_start": iso_or_none(one.slot),
        "eos_account": one.account,
        "amount_eur": eur(one.amount),
        "energy_wh": one.energy_wh,
        "missing_eur": eur(one.missing),
        "detail": one.detail,
        "rule": one.rule,
    }

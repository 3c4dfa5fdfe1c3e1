"""The routes of the owner's orders: each asks for the user's own token before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from services.cls_box_logic.api import parse
from services.cls_box_logic.api.models import Models
from services.cls_box_logic.auth import USER_TOKEN, cloud_may
from services.shared.web import Namespace, Resource, read_body

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

_TOKEN = {
    "in": "header",
    "type": "string",
    "required": True,
    "description": "The user's own token (access or id), without 'Bearer'; this box verifies it itself",
}
_KEY = {
    "in": "header",
    "type": "string",
    "required": True,
    "pattern": "^[!-~]{1,100}$",
    "description": "The same key gives the same answer and one effect; lives 7 days",
}
HEADERS = {USER_TOKEN: _TOKEN, "Idempotency-Key": _KEY}
_OFFER_HEADERS = {
    USER_TOKEN: _TOKEN,
    "Idempotency-Key": {**_KEY, "required": False, "description": f"{_KEY['description']}; or give the offer's `key`"},
}
WHOSE_401 = "No user's token, a bad one, or one that is too old for an order"
WHOSE_403 = "not this box's owner, or it is bound to nobody"
CONFLICT = "The market refused it (with `rule`), the key stands for another order, or the box has no account yet"
AWAY = "Chain or TPM are away: the same key may be tried again"


def add_offer_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/market/offer")
    class Offer(Resource):
        @cloud_may
        @v1.doc(params=_OFFER_HEADERS)
        @v1.expect(shapes.offer)
        @v1.response(201, "Placed, in a block", shapes.offer_answer)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Not a unit of this box, or beyond its limits; {WHOSE_403}")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Offer a unit's energy for a slot."""
            cases.owner.check(request.headers)
            order, key = parse.offer_of(read_body(shapes.offer), request.headers, cases.box.market_default)
            return cases.orders.offer(order, key), 201

    @v1.route("/market/bid")
    class Bid(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(shapes.bid)
        @v1.response(201, "Placed, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Beyond the box's limits; {WHOSE_403}")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Bid for an offer."""
            cases.owner.check(request.headers)
            order = parse.bid_of(read_body(shapes.bid), cases.box.market_default)
            return cases.orders.bid(order, parse.idempotency_key(request.headers)), 201

    @v1.route("/market/retract")
    class Retract(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(shapes.retract)
        @v1.response(201, "Withdrawn, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, WHOSE_403)
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Withdraw an offer that has no bid."""
            cases.owner.check(request.headers)
            order = parse.retraction_of(read_body(shapes.retract), cases.box.market_default)
            return cases.orders.retract(order, parse.idempotency_key(request.headers)), 201


def add_money_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/market/deposit")
    class Deposit(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(shapes.amount)
        @v1.response(201, "Paid in, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Beyond the box's limits; {WHOSE_403}")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Move the box's money into the market's ledger."""
            cases.owner.check(request.headers)
            order = parse.deposit_of(read_body(shapes.amount), cases.box.market_default)
            return cases.orders.deposit(order, parse.idempotency_key(request.headers)), 201

    @v1.route("/market/withdraw")
    class Withdraw(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(shapes.amount)
        @v1.response(201, "Paid out, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Beyond the box's limits; {WHOSE_403}")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Move the box's money out of the market's ledger."""
            cases.owner.check(request.headers)
            order = parse.withdrawal_of(read_body(shapes.amount), cases.box.market_default)
            return cases.orders.withdraw(order, parse.idempotency_key(request.headers)), 201

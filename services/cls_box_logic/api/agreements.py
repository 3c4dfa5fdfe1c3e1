"""The routes of the owner's orders about passive contracts and peer-to-peer deals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import request

from services.cls_box_logic.api import parse, parse_agreements
from services.cls_box_logic.api.models import Models
from services.cls_box_logic.api.models_agreements import AgreementModels, agreement_models
from services.cls_box_logic.api.orders import AWAY, CONFLICT, HEADERS, WHOSE_401, WHOSE_403
from services.cls_box_logic.auth import cloud_may
from services.cls_box_logic.domain.agreements import Agreement
from services.shared.web import Namespace, Resource, read_body
from services.shared.web.restx import Model

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

Parse = Callable[..., Agreement]
Order = Callable[[str, Model, Parse], tuple[dict[str, Any], int]]


def add_agreement_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    """Add the routes to `v1`."""
    bodies = agreement_models(v1)

    def order(kind: str, shape: Model, parsed: Parse) -> tuple[dict[str, Any], int]:
        cases.owner.check(request.headers)
        body, key = read_body(shape), parse.idempotency_key(request.headers)
        return cases.agreements.order(kind, parsed(body, cases.box.market_default, key), key), 201

    _add_passive_routes(v1, shapes, bodies, order)
    _add_deal_routes(v1, shapes, bodies, order)


def _add_passive_routes(v1: Namespace, shapes: Models, bodies: AgreementModels, order: Order) -> None:
    @v1.route("/market/passive-accept")
    class PassiveAccept(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(bodies.passive_accept)
        @v1.response(201, "Accepted, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Not a unit of this box, or beyond its limits; {WHOSE_403}")
        @v1.response(404, "The unit is not registered in this market")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Accept the EVU's proposal of a passive contract, with exactly these terms (M-PAS-03)."""
            return order("passive-accept", bodies.passive_accept, parse_agreements.passive_acceptance_of)

    @v1.route("/market/passive-drop")
    class PassiveDrop(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(bodies.passive_drop)
        @v1.response(201, "Refused, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Not a unit of this box; {WHOSE_403}")
        @v1.response(404, "The unit is not registered in this market")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Refuse the EVU's proposal for a unit (M-PAS-03)."""
            return order("passive-drop", bodies.passive_drop, parse_agreements.passive_drop_of)

    @v1.route("/market/passive-end")
    class PassiveEnd(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(bodies.passive_end)
        @v1.response(201, "Ended, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Not a unit of this box; {WHOSE_403}")
        @v1.response(404, "The unit is not registered in this market")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """End a passive contract with effect from a slot (M-PAS-05)."""
            return order("passive-end", bodies.passive_end, parse_agreements.passive_end_of)


def _add_deal_routes(v1: Namespace, shapes: Models, bodies: AgreementModels, order: Order) -> None:
    @v1.route("/market/p2p-propose")
    class P2pPropose(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(bodies.p2p_propose)
        @v1.response(201, "Proposed, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Not a unit of this box, or beyond its limits; {WHOSE_403}")
        @v1.response(404, "The unit is not registered in this market")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Propose a unit's energy for a slot to one buyer (M-P2P-01)."""
            return order("p2p-propose", bodies.p2p_propose, parse_agreements.deal_proposal_of)

    @v1.route("/market/p2p-drop")
    class P2pDrop(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(bodies.p2p_drop)
        @v1.response(201, "Dropped, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, WHOSE_403)
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Take one's own proposal of a deal back, or refuse one that was made (M-P2P-02)."""
            return order("p2p-drop", bodies.p2p_drop, parse_agreements.deal_drop_of)

    @v1.route("/market/p2p-accept")
    class P2pAccept(Resource):
        @cloud_may
        @v1.doc(params=HEADERS)
        @v1.expect(bodies.p2p_accept)
        @v1.response(201, "Agreed, in a block", shapes.written)
        @v1.response(401, WHOSE_401)
        @v1.response(403, f"Beyond the box's limits; {WHOSE_403}")
        @v1.response(409, CONFLICT)
        @v1.response(503, AWAY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Accept a seller's proposal, with exactly these terms (M-P2P-01)."""
            return order("p2p-accept", bodies.p2p_accept, parse_agreements.deal_acceptance_of)

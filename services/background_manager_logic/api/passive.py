"""Routes of passive contracts: what the EVU proposes to a unit's owner, and he accepts (M-PAS-*)."""

from __future__ import annotations

from typing import Any

from market.values import Price
from services.background_manager_logic.api.common import LIST, listed
from services.background_manager_logic.api.market_common import (
    MARKET,
    asking,
    iso_or_none,
    market_of,
    maybe,
    order_key,
    parsed,
)
from services.background_manager_logic.api.models_agreements import AgreementModels
from services.background_manager_logic.domain import mastr_number
from services.background_manager_logic.market.agreements import PASSIVE_STATUSES
from services.background_manager_logic.service.actors import Actor, Actors
from services.background_manager_logic.service.passive import Contract, PassiveContracts, Place, Terms, Written
from services.shared.times import iso, parse_epoch
from services.shared.web import Namespace, Query, Resource, Text, path_doc, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import groups

_LIST = Query({**LIST, "market": MARKET, "status": Text("How it stands", choices=PASSIVE_STATUSES)})
_OF_MARKET = Query({"market": MARKET})
_ID = Text("The contract's id", pattern=r"^[0-9]{1,10}-[0-9a-f]{16}$")
_PATH = path_doc(contract_id=_ID)


def add_passive_routes(
    v1: Namespace, cases: PassiveContracts, actors: Actors, shapes: AgreementModels, once: Idempotency
) -> None:
    """Add the routes to `v1`."""
    _add_proposals(v1, cases, actors, shapes, once)
    _add_answers(v1, cases, actors, shapes, once)


def _add_proposals(
    v1: Namespace, cases: PassiveContracts, actors: Actors, shapes: AgreementModels, once: Idempotency
) -> None:
    @v1.route("/market/passive-contracts")
    class PassiveContractList(Resource):
        @v1.doc(params=_LIST.doc())
        @v1.response(200, "A part of the list, what was proposed last first", shapes.passives)
        @v1.response(403, "No (active) participant record")
        @groups("User", "EVU")
        def get(self) -> dict[str, Any]:
            """Passive contracts, proposed ones, too: of one's own units; of all for the EVU."""
            query = _LIST.read()
            actor = asking(actors, acts=True)
            found = cases.contracts(
                actor, market_of(query), status=query["status"], limit=query["limit"], cursor=query["cursor"]
            )
            return listed(found, lambda one: _contract(one, actor))

    @v1.route("/market/passive-contract")
    class NewPassiveContract(Resource):
        @v1.expect(shapes.new_passive)
        @v1.response(201, "Proposed, in a block", shapes.written_passive)
        @v1.response(404, "There is no such unit or market")
        @v1.response(409, "The market refused it: a slot within the horizon, ... (`rule`)")
        @v1.response(503, "The chain does not answer")
        @groups("EVU")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Propose a contract to a unit's owner (M-PAS-03); it takes the place of what was proposed before."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.new_passive)
            wanted = Terms(
                market_of(body),
                mastr_number(body["unit_mastr_nr"], "unit_mastr_nr"),
                parsed(body, "price_ct_per_kwh", Price.from_ct_per_kwh),
                parsed(body, "from_slot", parse_epoch),
                maybe(body, "until_slot", parse_epoch) or 0,
            )
            return _written(cases.propose(actor, wanted, order_key()), actor), 201


def _add_answers(
    v1: Namespace, cases: PassiveContracts, actors: Actors, shapes: AgreementModels, once: Idempotency
) -> None:
    @v1.route("/market/passive-contract/<string:contract_id>")
    @v1.doc(params={**_PATH, **_OF_MARKET.doc()})
    class ProposedPassiveContract(Resource):
        @v1.response(200, "Dropped, in a block", shapes.written_passive)
        @v1.response(403, "It is another participant's, or the box does not allow it")
        @v1.response(404, "There is no such contract")
        @v1.response(409, "The market refused it: nothing is proposed (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User", "EVU")
        def delete(self, contract_id: str) -> dict[str, Any]:
            """Refuse a proposal, or take one's own back (M-PAS-03)."""
            actor = asking(actors, acts=True)
            place = Place(market_of(_OF_MARKET.read()), *_named(contract_id))
            return _written(cases.drop(actor, place, order_key()), actor)

    @v1.route("/market/passive-contract/<string:contract_id>/accept")
    @v1.doc(params=_PATH)
    class AcceptedPassiveContract(Resource):
        @v1.expect(shapes.accept_passive)
        @v1.response(201, "Accepted, in a block", shapes.written_passive)
        @v1.response(403, "It is another participant's, or the box does not allow it")
        @v1.response(404, "There is no such contract")
        @v1.response(409, "The market refused it: other terms are proposed, too late, ... (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User")
        @once
        def post(self, contract_id: str) -> tuple[dict[str, Any], int]:
            """Accept the terms that one has read, signed on one's own box: others than were proposed bind nobody."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.accept_passive)
            place = Place(market_of(body), *_named(contract_id))
            price = parsed(body, "price_ct_per_kwh", Price.from_ct_per_kwh)
            until = maybe(body, "until_slot", parse_epoch) or 0
            return _written(cases.accept(actor, place, price, until, order_key()), actor), 201

    @v1.route("/market/passive-contract/<string:contract_id>/end")
    @v1.doc(params=_PATH)
    class EndedPassiveContract(Resource):
        @v1.expect(shapes.end_passive)
        @v1.response(201, "Ended, in a block", shapes.written_passive)
        @v1.response(403, "It is another participant's, or the box does not allow it")
        @v1.response(404, "There is no such contract")
        @v1.response(409, "The market refused it: a slot whose trading has begun, ... (`rule`)")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The box or the chain does not answer")
        @groups("User", "EVU")
        @once
        def post(self, contract_id: str) -> tuple[dict[str, Any], int]:
            """End a contract with effect from a slot whose trading has not begun (M-PAS-05)."""
            actor = asking(actors, acts=True)
            body = read_body(shapes.end_passive)
            place = Place(market_of(body), *_named(contract_id))
            end = parsed(body, "end_slot", parse_epoch)
            return _written(cases.end(actor, place, end, order_key()), actor), 201


def _named(contract_id: str) -> tuple[int, str]:
    unit, _, name = _ID.parse("contract_id", contract_id).partition("-")
    return int(unit), name


def _contract(contract: Contract, actor: Actor) -> dict[str, Any]:
    found = contract.document
    return {
        "contract_id": f"{found['unit']}-{found['id']}",
        "market": found["market"],
        "status": contract.status,
        "unit_id": found["unit"],
        "unit_mastr_nr": contract.unit_mastr_nr,
        "owner_account": found["owner"],
        "mine": found["owner"] == actor.account,
        "price_ct_per_kwh": Price(found["price"]).ct_per_kwh,
        "from_slot": iso(found["from_slot"]),
        "until_slot": iso_or_none(found["until_slot"] or None),
        "accept_before": iso(found["closes_at"]),
        "proposed_at": iso(found["proposed_at"]),
        "accepted_at": iso_or_none(found["agreed_at"]),
        "irreversible": found["irreversible"],
    }


def _written(written: Written, actor: Actor) -> dict[str, Any]:
    place = {"transaction_id": written.transaction_id, "block_num": written.block_num}
    return {**_contract(written.contract, actor), **place}

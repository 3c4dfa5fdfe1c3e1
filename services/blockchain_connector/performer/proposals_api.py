"""Routes of the proposals to the governors: the cloud side's alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.blockchain_connector.domain import EOS_NAME, MANAGER, Order
from services.blockchain_connector.performer.authority import NotPermitted
from services.blockchain_connector.performer.proposals import Proposals
from services.blockchain_connector.reader.service import iso
from services.shared.chain.multisig import Proposal, ProposedAction
from services.shared.times import WHEN, parse_epoch
from services.shared.web import Namespace, Resource, Text, invalid, path_doc, read_body
from services.shared.web.tokens import GROUPS, SERVICE, groups

_NAME = Text("The proposal's name", pattern=r"^[a-z1-5.]{1,12}$")
_TIME = {"type": "string", "format": "date-time"}
_ACTION: dict[str, Any] = {
    "account": {"type": "string", "pattern": EOS_NAME, "description": "The contract"},
    "name": {"type": "string", "pattern": EOS_NAME, "description": "The contract's action"},
    "data": {"type": "object", "additionalProperties": True, "description": "As the contract's ABI has it"},
}
_WANTED = {
    "type": "object",
    "required": ["name", "expires_at", "actions"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z1-5]{1,12}$", "description": "Taken once while it is open"},
        "expires_at": {"type": "string", "pattern": WHEN, "description": "Void from then on"},
        "actions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 8,
            "description": "tbimarket::setparams, setprices; by the contract's own authority",
            "items": {"type": "object", "required": list(_ACTION), "properties": _ACTION},
        },
    },
}
_APPROVAL = {
    "account": {"type": "string"},
    "permission": {"type": "string"},
    "approved_at": {"type": ["string", "null"], "format": "date-time", "description": "null: not yet"},
}
_PROPOSED = {
    **{name: {"type": "string"} for name in ("account", "name")},
    "authorization": {"type": "array", "items": {"type": "string"}, "description": "`account@permission`"},
    "data": {"type": ["object", "null"], "additionalProperties": True, "description": "null: it fits no ABI of today"},
    "packed": {"type": "string", "description": "In hex"},
}
_PROPOSAL = {
    "proposer": {"type": "string"},
    "name": {"type": "string"},
    "hash": {"type": "string", "description": "SHA-256 of the packed transaction"},
    "expires_at": _TIME,
    "is_approved": {"type": "boolean", "description": "It may be executed"},
    "actions": {"type": "array", "items": {"type": "object", "required": list(_PROPOSED), "properties": _PROPOSED}},
    "approvals": {"type": "array", "items": {"type": "object", "required": list(_APPROVAL), "properties": _APPROVAL}},
}
_LIST = {
    "type": "object",
    "required": ["items", "governors", "threshold"],
    "properties": {
        "items": {"type": "array", "items": {"type": "object", "required": list(_PROPOSAL), "properties": _PROPOSAL}},
        "governors": {"type": "array", "items": {"type": "string"}},
        "threshold": {"type": "integer", "description": "How many of the governors must approve"},
    },
}


def add_routes(v1: Namespace, cases: Proposals, service: Callable[[], str | None]) -> None:
    """GET /reader/proposals, POST /performer/proposal, DELETE /performer/proposal/{name}."""
    wanted = v1.schema_model("NewProposal", _WANTED)
    listed = v1.schema_model("Proposals", _LIST)
    done = v1.schema_model("Written", _WRITTEN)

    @v1.route("/reader/proposals")
    class OpenProposals(Resource):
        @v1.response(200, "As they stand at the head, expired ones included", listed)
        @v1.response(503, "The chain is away")
        @groups(*GROUPS, SERVICE)
        def get(self) -> dict[str, Any]:
            """What stands before the governors, decoded."""
            governors, threshold = cases.deciding()
            return {"items": [_shown(one) for one in cases.all()], "governors": governors, "threshold": threshold}

    @v1.route("/performer/proposal")
    class NewProposal(Resource):
        @v1.expect(wanted)
        @v1.response(201, "Stands before the governors, in a block", done)
        @v1.response(400, "The body or an action's data is not valid")
        @v1.response(403, "Not this service's to ask for, or nothing that a service may propose")
        @v1.response(409, "One of this name stands already (`stands`); too many; refused by the chain")
        @v1.response(503, "The chain is away")
        @groups(SERVICE)
        def post(self) -> tuple[dict[str, Any], int]:
            """Put a change of the market before the governors (M-ADM-01)."""
            body = read_body(wanted)
            _require_manager(service())
            actions = [(one["account"], one["name"], one["data"]) for one in body["actions"]]
            try:
                expires_at = parse_epoch(body["expires_at"])
            except (ValueError, OverflowError) as error:
                raise invalid({"expires_at": str(error)}) from error
            return _written(cases.propose(body["name"], actions, expires_at)), 201

    @v1.route("/performer/proposal/<name>")
    @v1.doc(params=path_doc(name=_NAME))
    class OneProposal(Resource):
        @v1.response(200, "Taken back, in a block", done)
        @v1.response(403, "Not this service's to ask for")
        @v1.response(404, "The operator has no such proposal")
        @v1.response(503, "The chain is away")
        @groups(SERVICE)
        def delete(self, name: str) -> dict[str, Any]:
            """Take back a proposal of the operator's, or clear one that has expired."""
            _NAME.parse("name", name)
            _require_manager(service())
            return _written(cases.cancel(name))


_WRITTEN = {
    "type": "object",
    "required": ["transaction_id", "block_num"],
    "properties": {"transaction_id": {"type": "string"}, "block_num": {"type": "integer"}},
}


def _require_manager(calling: str | None) -> None:
    if calling != MANAGER:
        raise NotPermitted(f"Proposals are made for the {MANAGER}.")


def _written(order: Order) -> dict[str, Any]:
    return {"transaction_id": order.transaction_id, "block_num": order.block_num}


def _shown(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposer": proposal.proposer,
        "name": proposal.name,
        "hash": proposal.hash,
        "expires_at": iso(proposal.expires_at),
        "is_approved": proposal.is_approved,
        "actions": [_action(action) for action in proposal.actions],
        "approvals": [
            {
                "account": one.level[0],
                "permission": one.level[1],
                "approved_at": None if one.at is None else iso(one.at),
            }
            for one in proposal.approvals
        ],
    }


def _action(action: ProposedAction) -> dict[str, Any]:
    return {
        "account": action.account,
        "name": action.name,
        "authorization": [f"{actor}@{permission}" for actor, permission in action.authorization],
        "data": action.data,
        "packed": action.packed,
    }

"""Routes of the performer."""

from __future__ import annotations

import re
from typing import Any

from flask import request

from services.blockchain_connector.domain import Call, Order
from services.blockchain_connector.performer.events import EventByHand, EventCalls, UnknownTime
from services.blockchain_connector.performer.service import VALID_S, Performer
from services.shared.web import Namespace, Resource, invalid, read_body

_KEY = r"[\x21-\x7e]{1,128}"
_NAME = "^[a-z1-5.]{1,13}$"

_REQUEST = {
    "type": "object",
    "required": ["actions"],
    "properties": {
        "actions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 32,
            "description": "Take effect together or not at all",
            "items": {
                "type": "object",
                "required": ["account", "name", "data"],
                "properties": {
                    "account": {"type": "string", "pattern": _NAME, "description": "The contract"},
                    "name": {"type": "string", "pattern": _NAME},
                    "data": {
                        "type": "object",
                        "additionalProperties": True,
                        "description": "As the contract's ABI has it",
                    },
                },
            },
        },
        "confirm": {"type": "string", "enum": ["block", "irreversible"]},
        "valid_s": {
            "type": "integer",
            "minimum": 1,
            "maximum": 86400,
            "description": "How long the outbox goes on trying, if this request gets no answer; 3600 when left out",
        },
    },
}
_ANSWER = {
    "type": "object",
    "required": ["transaction_id", "block_num"],
    "properties": {"transaction_id": {"type": "string"}, "block_num": {"type": "integer"}},
}

_EVENT = {
    "type": "object",
    "required": ["account", "event_type", "unit_or_meter", "slot_start"],
    "properties": {
        "market": {"type": "string", "pattern": _NAME, "description": "`lem` when left out"},
        "account": {"type": "string", "maxLength": 13, "description": "The operator: tbiadmin"},
        "event_type": {"type": "string", "pattern": "^[A-Za-z1-5.]{1,13}$", "description": "senddata"},
        "unit_or_meter": {
            "type": "string",
            "pattern": "^([0-9a-f]{64}|[0-9]{1,9})$",
            "description": "The salted hash of the unit's or meter's number, or the metering point's id on the chain",
        },
        "slot_start": {"type": "string", "maxLength": 40, "description": "ISO 8601"},
        "energy_wh": {"type": "integer", "minimum": 0, "maximum": 4294967295},
        "buyer_account": {"type": "string", "pattern": "^[a-z1-5.]{0,13}$"},
    },
}


def add_routes(v1: Namespace, performer: Performer, events: EventCalls) -> None:
    """POST /performer/transaction, /performer/trigger-event."""
    wanted = v1.schema_model("Transaction", _REQUEST)
    done = v1.schema_model("Written", _ANSWER)

    @v1.route("/performer/transaction")
    class Transaction(Resource):
        @v1.doc(params={"Idempotency-Key": {"in": "header", "required": True, "type": "string"}})
        @v1.expect(wanted)
        @v1.response(200, "In a block", done)
        @v1.response(400, "The body or an action's data is not valid")
        @v1.response(403, "No authority for such an action")
        @v1.response(409, "A contract's refusal (with `rule`); a key of another order; a key in flight (`in_flight`)")
        @v1.response(503, "The chain or the signer is away")
        def post(self) -> dict[str, Any]:
            """Sign, send and confirm actions with this connector's own authority."""
            key = idempotency_key()
            body = read_body(wanted)
            calls = [Call(a["account"], a["name"], a["data"]) for a in body["actions"]]
            order = performer.submit(key, calls, body.get("confirm", "block"), body.get("valid_s", VALID_S))
            return _written(order)

    event_model = v1.schema_model("EventByHand", _EVENT)

    @v1.route("/performer/trigger-event")
    class TriggerEvent(Resource):
        @v1.doc(params={"Idempotency-Key": {"in": "header", "required": True, "type": "string"}})
        @v1.expect(event_model)
        @v1.response(200, "In a block", done)
        @v1.response(403, "Not the operator")
        @v1.response(404, "No such unit or metering point")
        @v1.response(409, "A contract's refusal (with `rule`); a key of another order; a key in flight (`in_flight`)")
        @v1.response(503, "The chain is away")
        def post(self) -> dict[str, Any]:
            """Raise an event for a box by hand (M-EVT-02)."""
            key = idempotency_key()
            body = read_body(event_model)
            event = EventByHand(
                market=body.get("market", "lem"),
                account=body["account"],
                kind=body["event_type"],
                unit_or_meter=body["unit_or_meter"],
                slot_start=body["slot_start"],
                energy_wh=body.get("energy_wh", 0),
                buyer=body.get("buyer_account", ""),
            )
            try:
                call = events.call(event)
            except UnknownTime as error:
                raise invalid({"slot_start": str(error)}) from error
            return _written(performer.submit(key, [call]))


def _written(order: Order) -> dict[str, Any]:
    return {"transaction_id": order.transaction_id, "block_num": order.block_num}


def idempotency_key() -> str:
    """The request's Idempotency-Key. Raises Problem 400."""
    key = request.headers.get("Idempotency-Key", "")
    if not re.fullmatch(_KEY, key):
        raise invalid({"Idempotency-Key": "must be a header of 1 to 128 visible ASCII characters"})
    return key

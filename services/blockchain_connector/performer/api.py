"""Routes of the performer."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from flask import request

from services.blockchain_connector.domain import EOS_NAME, MANAGER, Call, Order, may_write
from services.blockchain_connector.performer.accounts import Accounts
from services.blockchain_connector.performer.authority import NotPermitted
from services.blockchain_connector.performer.events import EventByHand, EventCalls, UnknownTime
from services.blockchain_connector.performer.service import VALID_S, Performer
from services.shared.web import Namespace, Resource, invalid, read_body
from services.shared.web.tokens import SERVICE, groups

_log = logging.getLogger(__name__)
_KEY = r"[\x21-\x7e]{1,128}"

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
                    "account": {"type": "string", "pattern": EOS_NAME, "description": "The contract"},
                    "name": {"type": "string", "pattern": EOS_NAME},
                    "data": {
                        "type": "object",
                        "additionalProperties": True,
                        "description": "As the contract's ABI has it",
                    },
                },
            },
        },
        "confirm": {
            "type": "string",
            "enum": ["block", "irreversible"],
            "description": "How far it has to be: `block` (when left out), in one that another stands upon, so that no "
            "node takes it back when it is killed",
        },
        "valid_s": {
            "type": "integer",
            "minimum": 1,
            "maximum": 86400,
            "description": "How long the outbox goes on trying, if this request gets no answer; 3600 when left out",
        },
        "answer": {
            "type": "string",
            "enum": ["sent"],
            "description": "Answer as soon as it was sent: whoever has many sends them one after the other, and asks "
            "for each one's block afterwards, by the same request without this",
        },
    },
}
_SENT = {"type": "object", "required": ["transaction_id"], "properties": {"transaction_id": {"type": "string"}}}
_ANSWER = {
    "type": "object",
    "required": ["transaction_id", "block_num"],
    "properties": {"transaction_id": {"type": "string"}, "block_num": {"type": "integer"}},
}

_EVENT = {
    "type": "object",
    "required": ["account", "event_type", "unit_or_meter", "slot_start"],
    "properties": {
        "market": {"type": "string", "pattern": EOS_NAME, "description": "`lem` when left out"},
        "account": {"type": "string", "maxLength": 13, "description": "The operator: tbiAdmin (tbiadmin)"},
        "event_type": {"type": "string", "pattern": "^[A-Za-z1-5._]{1,16}$", "description": "send_data (senddata)"},
        "unit_or_meter": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_.-]{1,64}$",
            "description": "A unit's MaStR number or a meter's serial number, its salted hash as on the chain, or the "
            "metering point's id on the chain",
        },
        "slot_start": {"type": "string", "maxLength": 40, "description": "ISO 8601"},
        "energy_wh": {"type": "integer", "minimum": 0, "maximum": 4294967295},
        "buyer_account": {"type": "string", "pattern": "^[a-z1-5.]{0,13}$"},
    },
}
_ACCOUNT = {
    "type": "object",
    "required": ["account_name", "public_key"],
    "properties": {
        "account_name": {"type": "string", "pattern": "^[a-z1-5.]{0,11}[a-z1-5]$"},
        "public_key": {
            "type": "string",
            "pattern": "^PUB_R1_[1-9A-HJ-NP-Za-km-z]{40,60}$",
            "description": "Of the box's TPM",
        },
    },
}
_ACCOUNT_ANSWER = {
    "type": "object",
    "required": ["transaction_id", "block_num"],
    "properties": {"transaction_id": {"type": ["string", "null"]}, "block_num": {"type": ["integer", "null"]}},
}


def add_routes(v1: Namespace, performer: Performer, service: Callable[[], str | None]) -> None:
    """POST /performer/transaction. `service` tells which service calls; None on a box, which signs for itself."""
    wanted = v1.schema_model("Transaction", _REQUEST)
    done = v1.schema_model("Written", _ANSWER)
    sent = v1.schema_model("Sent", _SENT)

    @v1.route("/performer/transaction")
    class Transaction(Resource):
        @v1.doc(params=_key_doc(required=True))
        @v1.expect(wanted)
        @v1.response(200, "In a block", done)
        @v1.response(202, "Sent, and not seen in a block yet (only with `answer` sent)", sent)
        @v1.response(400, "The body or an action's data is not valid")
        @v1.response(403, "No authority for such an action")
        @v1.response(404, "No such contract")
        @v1.response(409, "A contract's refusal (with `rule`); a key of another order; a key in flight (`in_flight`)")
        @v1.response(503, "The chain or the signer is away")
        @groups(SERVICE)
        def post(self) -> tuple[dict[str, Any], int]:
            """Sign, send and confirm actions with this connector's own authority."""
            key = idempotency_key()
            body = read_body(wanted)
            calls = [Call(a["account"], a["name"], a["data"]) for a in body["actions"]]
            calling = service()
            if calling is not None and not may_write(calling, calls):
                raise NotPermitted(f"Not all of these actions are the service {calling}'s to ask for.")
            confirm, valid_s = body.get("confirm", "block"), body.get("valid_s", VALID_S)
            order = performer.submit(key, calls, confirm, valid_s, until_sent=body.get("answer") == "sent")
            if not order.is_answered:
                return {"transaction_id": order.transaction_id}, 202
            return _written(order), 200


class OperatorCases(Protocol):
    """What only the cloud side does. `knock` tells a box, by its account, that it has an event; it waits for nobody."""

    @property
    def events(self) -> EventCalls: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def knock(self) -> Callable[[str], None]: ...


def add_operator_routes(
    v1: Namespace, performer: Performer, cases: OperatorCases, service: Callable[[], str | None]
) -> None:
    """POST /performer/trigger-event, /performer/account: the cloud side's alone."""
    done = v1.schema_model("Written", _ANSWER)
    event_model = v1.schema_model("EventByHand", _EVENT)
    account_model = v1.schema_model("NewAccount", _ACCOUNT)
    account_made = v1.schema_model("AccountMade", _ACCOUNT_ANSWER)

    @v1.route("/performer/trigger-event")
    class TriggerEvent(Resource):
        @v1.doc(params=_key_doc(required=False))
        @v1.expect(event_model)
        @v1.response(200, "In a block", done)
        @v1.response(400, "The body is not valid")
        @v1.response(403, "Not the operator")
        @v1.response(404, "No such unit or metering point")
        @v1.response(409, "A contract's refusal (with `rule`); a key of another order; a key in flight (`in_flight`)")
        @v1.response(503, "The chain is away, or nobody can say whose number it is")
        @groups("Admin", "EVU", SERVICE)
        def post(self) -> dict[str, Any]:
            """Raise an event for a box by hand (M-EVT-02)."""
            key = idempotency_key(default=f"event-{secrets.token_hex(16)}")
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
                call = cases.events.call(event)
            except UnknownTime as error:
                raise invalid({"slot_start": str(error)}) from error
            written = _written(performer.submit(key, [call]))
            cases.knock(str(call.data["box"]))
            return written

    @v1.route("/performer/account")
    class Account(Resource):
        @v1.expect(account_model)
        @v1.response(200, "It stands there already, with this key; no transaction was needed", account_made)
        @v1.response(201, "Made", account_made)
        @v1.response(400, "The body is not valid")
        @v1.response(403, "Not this service's to ask for")
        @v1.response(409, "It stands there with another key; or it is being made (`in_flight`)")
        @v1.response(503, "The chain is away")
        @groups(SERVICE)
        def post(self) -> tuple[dict[str, Any], int]:
            """Make a participant's account with the key of his box's TPM; name and key are all that identifies it."""
            body = read_body(account_model)
            if service() != MANAGER:
                raise NotPermitted(f"Accounts are made for the {MANAGER}.")
            order = cases.accounts.make(body["account_name"], body["public_key"])
            if order is None:
                return {"transaction_id": None, "block_num": None}, 200
            return _written(order), 201


def _written(order: Order) -> dict[str, Any]:
    # here a trace meets the chain: what a transaction came of is found by its id
    _log.info("transaction %s stands in block %s", order.transaction_id, order.block_num)
    return {"transaction_id": order.transaction_id, "block_num": order.block_num}


def idempotency_key(default: str | None = None) -> str:
    """The request's Idempotency-Key; `default` when it has none. Raises Problem 400."""
    key = request.headers.get("Idempotency-Key")
    if key is None and default is not None:
        return default
    if not re.fullmatch(_KEY, key or ""):
        raise invalid({"Idempotency-Key": "must be a header of 1 to 128 visible ASCII characters"})
    return key or ""


def _key_doc(*, required: bool) -> dict[str, dict[str, Any]]:
    return {
        "Idempotency-Key": {
            "in": "header",
            "required": required,
            "type": "string",
            "pattern": "^[!-~]{1,128}$",
            "description": "The same key is the same order",
        }
    }

"""The bodies of the routes of audits, settlement exports, what is stuck, and who saw and did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.domain import EOS_NAME
from services.background_manager_logic.service.stuck_items import KINDS, STATES
from services.shared.times import WHEN
from services.shared.web import Namespace
from services.shared.web.restx import Model

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_INT = {"type": "integer"}
_MAYBE_INT = {"type": ["integer", "null"]}
_TIME = {"type": "string", "format": "date-time", "example": "2026-11-22T10:15:00Z"}
_MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
_MAYBE_EUR = {"type": ["string", "null"], "description": "EUR with 6 places"}
_OPEN = {"type": ["object", "null"], "additionalProperties": True}
_MOMENT = {
    "type": "string",
    "pattern": WHEN,
    "description": "ISO 8601; without an offset Europe/Berlin",
    "example": "2026-11-01T00:00:00Z",
}

_RUN: dict[str, Any] = {
    "status": {"type": "string", "enum": ["queued", "started", "finished", "failed"]},
    "begun_at": _TIME,
    "ended_at": _MAYBE_TIME,
    "begun_by": {**_TEXT, "description": "A user's name"},
    "done_blocks": {**_INT, "description": "How far it is"},
    "total_blocks": {**_MAYBE_INT, "description": "null while that is not known"},
    "error": {**_MAYBE_TEXT, "description": "Why it failed"},
}
_DIVERGENCE = {
    "type": ["object", "null"],
    "description": "The first thing that does not hold; null when all is equal",
    "required": ["block", "transaction", "action", "rule", "expected", "found"],
    "properties": {"block": _INT, **dict.fromkeys(("transaction", "action", "rule", "expected", "found"), _TEXT)},
}
_AUDIT: dict[str, Any] = {
    "audit_id": _TEXT,
    **_RUN,
    "equal": {"type": ["boolean", "null"], "description": "Chain and rules agree; null while that is not known"},
    "chain_id": _MAYBE_TEXT,
    "blocks": {**_MAYBE_INT, "description": "How many were recomputed"},
    "seconds": {"type": ["number", "null"]},
    "counts": {**_OPEN, "description": "How many of each kind were recomputed"},
    "codes": {
        "type": ["array", "null"],
        "items": {"type": "object", "additionalProperties": True},
        "description": "Each code that a contract had: account, block, sha256, whether it is known",
    },
    "divergence": _DIVERGENCE,
}
_SETTLEMENT: dict[str, Any] = {
    "settlement_id": _TEXT,
    **_RUN,
    "market": _TEXT,
    "eos_account": _TEXT,
    "from": _TIME,
    "to": _TIME,
    "totals": {**_OPEN, "description": "Energy and money of the period; null while it is not finished"},
    "signed_by": {**_MAYBE_TEXT, "description": "The operator's key"},
    "files": {"type": "array", "items": {"type": "string", "enum": ["json", "csv", "pdf"]}},
}
_STUCK: dict[str, Any] = {
    "id": _TEXT,
    "kind": {"type": "string", "enum": list(KINDS)},
    "cause": {**_TEXT, "description": "In words"},
    "repair": {**_TEXT, "description": "What repairs it, in words"},
    "since": _TIME,
    "market": _MAYBE_TEXT,
    "offer_id": _MAYBE_INT,
    "point_id": _MAYBE_INT,
    "slot_start": _MAYBE_TIME,
    "eos_account": {**_MAYBE_TEXT, "description": "Whose it is"},
    "amount_eur": {**_MAYBE_EUR, "description": "What is at stake"},
    "energy_wh": _MAYBE_INT,
    "missing_eur": {
        **_MAYBE_EUR,
        "description": "What the EVU pays in so that it certainly suffices; null where money is not the cause",
    },
    "detail": {**_MAYBE_TEXT, "description": "What the chain or a box said"},
    "rule": {**_MAYBE_TEXT, "description": "The market's rule that refused it"},
}
_REPAIRED: dict[str, Any] = {
    "id": _TEXT,
    "state": {
        "type": "string",
        "enum": list(STATES),
        "description": "done: it is repaired (or was already); waiting: it is under way; needs_deposit: the EVU pays "
        "in `missing_eur` first; not_yet: the market refuses it still",
    },
    "detail": _TEXT,
    "missing_eur": _MAYBE_EUR,
    "rule": _MAYBE_TEXT,
    "transaction_id": _MAYBE_TEXT,
}
_ACCESS: dict[str, Any] = {
    "at": _TIME,
    "sub": {**_MAYBE_TEXT, "description": "Who; null where nobody had signed in"},
    "username": _MAYBE_TEXT,
    "groups": {"type": "array", "items": _TEXT},
    "service": {**_MAYBE_TEXT, "description": "The service that called, if one did"},
    "did": {"type": "string", "enum": ["changed", "read"]},
    "method": _TEXT,
    "route": {**_TEXT, "example": "/participant/<sub>"},
    "targets": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "The ids that path and query named",
    },
    "status": {**_INT, "description": "Of the answer"},
    "correlation_id": {**_TEXT, "description": "The answer's header X-Correlation-ID"},
}


@dataclass(frozen=True)
class OperationModels:
    """Each body by the name it has in the document."""

    audit: Model
    last_audit: Model
    audits: Model
    new_settlement: Model
    settlement: Model
    settlements: Model
    stuck: Model
    repaired: Model
    access: Model


def operation_models(v1: Namespace) -> OperationModels:
    """Make the models in `v1`."""

    def model(title: str, properties: dict[str, Any], *optional: str) -> Model:
        required = [name for name in properties if name not in optional]
        return v1.schema_model(title, {"type": "object", "required": required, "properties": properties})

    def listing(title: str, of: str) -> Model:
        items = {"type": "array", "items": {"$ref": f"#/definitions/{of}"}}
        return model(title, {"items": items, "next_cursor": _MAYBE_TEXT})

    audit = model("Audit", _AUDIT)
    settlement = model("Settlement", _SETTLEMENT)
    model("StuckItem", _STUCK)
    model("AccessRecord", _ACCESS)
    new = {
        "market": {"type": "string", "pattern": EOS_NAME, "description": "`lem` when left out", "example": "lem"},
        "from": {**_MOMENT, "description": "The first slot; ISO 8601, without an offset Europe/Berlin"},
        "to": {**_MOMENT, "description": "The first slot after the period", "example": "2026-12-01T00:00:00Z"},
        "eos_account": {"type": "string", "pattern": EOS_NAME, "description": "EVU only: whose"},
    }
    ends = {"type": "array", "items": {"$ref": "#/definitions/Audit"}, "maxItems": 1}
    return OperationModels(
        audit=audit,
        last_audit=model(
            "LastAudit",
            {
                "last": {**ends, "description": "The newest that came to a result; empty while there is none"},
                "running": {**ends, "description": "The one under way; empty while there is none"},
            },
        ),
        audits=listing("Audits", "Audit"),
        new_settlement=model("NewSettlement", new, "market", "eos_account"),
        settlement=settlement,
        settlements=listing("Settlements", "Settlement"),
        stuck=model(
            "Stuck",
            {
                "items": {"type": "array", "items": {"$ref": "#/definitions/StuckItem"}},
                "next_cursor": _MAYBE_TEXT,
                "not_looked_at": {
                    "type": "array",
                    "items": _TEXT,
                    "description": "What could not be asked now, in words: the list is not whole then",
                },
            },
        ),
        repaired=model("Repaired", _REPAIRED),
        access=listing("AccessLog", "AccessRecord"),
    )

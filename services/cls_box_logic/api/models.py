"""The bodies of CLS-Box-Logic, as its document shows them and its routes check them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.shared.web import Namespace
from services.shared.web.restx import Model

NAME = r"^[a-z1-5.]{0,11}[a-z1-5]$"
MASTR = r"^[A-Z]{3}9[0-9]{11}$"
SUB = r"^[A-Za-z0-9-]{1,64}$"
DECIMAL = r"^[0-9]{1,18}(\.[0-9]{1,6})?$"

UINT32 = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
MARKET = {
    "type": "string",
    "pattern": NAME,
    "description": "The market; the box's own when left out",
    "example": "lem",
}
PRICE = {
    "type": "string",
    "pattern": r"^[0-9]{1,6}(\.[0-9]{1,4})?$",
    "description": "ct/kWh, at most 4 places",
    "example": "28.7500",
}
_EUR = {"type": "string", "pattern": DECIMAL, "description": "EUR, at most 6 places", "example": "12.34"}
_OFFER_ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
KEY = {
    "type": "string",
    "pattern": "^[0-9]{1,20}$",
    "description": "64 bits, unique for owner and slot (M-OFF-07); derived from the Idempotency-Key when left out",
}
_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE_INT = {"type": ["integer", "null"]}
_HASH = {"type": "string", "description": "The number's salted hash, as on the chain (M-PRV-01)"}
_OPEN = {"type": "object", "additionalProperties": True}


@dataclass(frozen=True)
class Models:
    """Each body by the name it has in the document."""

    event: Model
    job_id: Model
    job: Model
    offer: Model
    offer_answer: Model
    bid: Model
    retract: Model
    amount: Model
    written: Model
    unit: Model
    units: Model
    meter: Model
    meters: Model
    energy: Model
    state: Model
    account_key: Model
    binding: Model
    bound: Model


def models(v1: Namespace) -> Models:
    """Make the models in `v1`."""

    def model(name: str, required: str, **properties: Any) -> Model:
        schema = {"type": "object", "required": required.split(), "properties": properties}
        return v1.schema_model(name, {key: part for key, part in schema.items() if part})

    def listing(name: str, of: str, **more: Any) -> Model:
        items = {"type": "array", "items": {"$ref": f"#/definitions/{of}"}}
        return model(name, " ".join(["items", *more]), items=items, **more)

    written = {"transaction_id": _MAYBE_TEXT, "block_num": _MAYBE_INT}
    live = {"reachable": {"type": "boolean"}, "reason": _MAYBE_TEXT, "power_w": _MAYBE_INT}
    made = {
        "event": _event(model),
        "job_id": model("JobId", "job_id", job_id=_TEXT),
        "job": model(
            "Job",
            "job_id status",
            job_id=_TEXT,
            status={"type": "string", "enum": ["queued", "started", "finished", "failed"]},
            result={"type": ["object", "null"], "additionalProperties": True},
            error=_MAYBE_TEXT,
        ),
        "offer": model(
            "NewOffer",
            "unit_mastr_nr slot_start energy_wh start_price_ct_per_kwh",
            market=MARKET,
            unit_mastr_nr={"type": "string", "pattern": MASTR},
            slot_start={"type": "string", "description": "ISO 8601", "example": "2026-11-22T10:15:00Z"},
            energy_wh={**UINT32, "minimum": 1},
            start_price_ct_per_kwh=PRICE,
            key=KEY,
        ),
        "offer_answer": model("PlacedOffer", "offer_id key", offer_id=_MAYBE_INT, key=_TEXT, **written),
        "bid": model("NewBid", "offer_id price_ct_per_kwh", market=MARKET, offer_id=_OFFER_ID, price_ct_per_kwh=PRICE),
        "retract": model("Retraction", "offer_id", market=MARKET, offer_id=_OFFER_ID),
        "amount": model("Amount", "amount_eur", market=MARKET, amount_eur=_EUR),
        "written": model("Written", "transaction_id block_num", offer_id={"type": "integer"}, **written),
        "unit": model(
            "Unit",
            "mastr_nr hash component reachable",
            mastr_nr=_TEXT,
            hash=_HASH,
            component=_TEXT,
            point_serial_number=_MAYBE_TEXT,
            produced_wh_total=_MAYBE_INT,
            **live,
        ),
        "meter": model(
            "Meter",
            "serial_number hash component reachable",
            serial_number=_TEXT,
            hash=_HASH,
            component=_TEXT,
            consumed_wh_total=_MAYBE_INT,
            fed_in_wh_total=_MAYBE_INT,
            **live,
        ),
        "state": v1.schema_model("State", _OPEN),
        **_registration(model),
    }
    _energy(model)
    return Models(
        units=listing("Units", "Unit"),
        meters=listing("Meters", "Meter"),
        energy=listing("Energy", "SlotEnergy", market=_TEXT, slot_s={"type": "integer"}),
        **made,
    )


def _event(model: Any) -> Model:
    made: Model = model(
        "Event",
        "event_id market kind point slot",
        event_id={
            "type": "string",
            "pattern": "^[A-Za-z0-9_.:-]{1,64}$",
            "description": "Unique among the box's events",
        },
        market={"type": "string", "pattern": NAME},
        kind={"type": "string", "pattern": NAME, "example": "senddata"},
        point=UINT32,
        slot={**UINT32, "description": "The slot's start in seconds since the epoch, UTC"},
        by_hand={"type": "boolean"},
    )
    return made


def _registration(model: Any) -> dict[str, Model]:
    owned = {"account": _MAYBE_TEXT, "owner_sub": _MAYBE_TEXT}
    statement = {
        "type": "object",
        "required": ["message", "signature"],
        "properties": {"message": _TEXT, "signature": _TEXT},
        "description": "TPMS_ATTEST and ECDSA P-256 over its SHA-256 (r and s), hexadecimal",
    }
    key = {"type": "object", "required": ["public_key", "pem"], "properties": {"public_key": _TEXT, "pem": _TEXT}}
    area = {"type": "string", "description": "TPMT_PUBLIC, hexadecimal"}
    return {
        "account_key": model(
            "AccountKey",
            "public_key pem account owner_sub salt quote attesting_key attesting_public_area certification "
            "certified_public_area",
            public_key={"type": "string", "example": "PUB_R1_..."},
            pem=_TEXT,
            salt={"type": "string", "description": "Of the box's hashes (M-PRV-01), hexadecimal"},
            quote=statement,
            attesting_key=key,
            attesting_public_area=area,
            certification=statement,
            certified_public_area=area,
            **owned,
        ),
        "binding": model(
            "Binding",
            "account_name owner_sub",
            account_name={"type": "string", "pattern": NAME, "description": "The box's account on the chain"},
            owner_sub={"type": "string", "pattern": SUB, "description": "The subject of its owner's tokens"},
        ),
        "bound": model("Bound", "account owner_sub", **owned),
    }


def _energy(model: Any) -> None:
    model(
        "SlotEnergy",
        "slot_start quality",
        slot_start=_TEXT,
        produced_wh=_MAYBE_INT,
        consumed_wh=_MAYBE_INT,
        fed_in_wh=_MAYBE_INT,
        quality={"type": "string", "enum": ["measured", "substituted", "missing", "pending"]},
        clock={
            "type": "string",
            "enum": ["good", "off", "unknown"],
            "description": "off: the box's clock may have been wrong by more than 2 s at a border",
        },
        reason=_MAYBE_TEXT,
    )

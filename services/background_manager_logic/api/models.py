"""The bodies of the Background-Manager-Logic, as its document shows them and its routes check them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.cognito import ANSWER_FIELDS
from services.background_manager_logic.domain import (
    ADDRESS,
    EOS_NAME,
    IN_USE,
    MASTR,
    MAX_KWH_ANNUM,
    RETIRED,
    SALT,
    SERIAL,
    STOLEN,
)
from services.shared.web import Namespace
from services.shared.web.restx import Model

_TEXT = {"type": "string"}
_LEFT = [RETIRED, STOLEN]
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE_INT = {"type": ["integer", "null"]}
_MAYBE_NUMBER = {"type": ["number", "null"]}
_BOOL = {"type": "boolean"}
_TIME = {"type": "string", "format": "date-time", "example": "2026-11-22T10:15:00Z"}
_MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
_ADDRESS = {"type": "string", "pattern": ADDRESS, "example": "10.8.0.11"}
_MASTR = {"type": "string", "pattern": MASTR, "example": "SEE900000000119"}
_SERIAL = {"type": "string", "pattern": SERIAL, "example": "1TBI0000000011"}
_KWH = {"type": "integer", "minimum": 0, "maximum": MAX_KWH_ANNUM, "description": "kWh a year"}
_MARKETS = {
    "type": "array",
    "items": _TEXT,
    "description": "Where it is registered on the chain, or is being registered",
}
_NAME = {"type": "string", "minLength": 1, "maxLength": 128}
_SECRET = {"type": "string", "minLength": 1, "maxLength": 256}
_LONG = {"type": "string", "minLength": 1, "maxLength": 8192}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


_ADDABLE_UNIT: dict[str, Any] = {
    "type": "object",
    "required": ["mastr_nr", "reachable"],
    "properties": {
        "mastr_nr": _TEXT,
        "name": _MAYBE_TEXT,
        "unit_type": _MAYBE_TEXT,
        "gross_power_kw": _MAYBE_NUMBER,
        "operating_status": _MAYBE_TEXT,
        "town": _MAYBE_TEXT,
        "reachable": _BOOL,
        "reason": _MAYBE_TEXT,
    },
}
_COMPONENT: dict[str, Any] = {
    "type": "object",
    "required": ["name", "kind", "address", "online", "status"],
    "properties": {
        "name": _TEXT,
        "kind": {"type": "string", "enum": ["service", "box"]},
        "address": _TEXT,
        "online": _BOOL,
        "status": {"type": "string", "enum": ["online", "offline"]},
        "health": _MAYBE_TEXT,
        "detail": _MAYBE_TEXT,
        "version": _MAYBE_TEXT,
        "last_seen": _MAYBE_TIME,
    },
}


@dataclass(frozen=True)
class Models:
    """Each body by the name it has in the document."""

    sign_in: Model
    challenge_answer: Model
    refresh: Model
    signed_in: Model
    new_participant: Model
    participant_change: Model
    participant: Model
    participants: Model
    export: Model
    new_box: Model
    box: Model
    box_end: Model
    boxes: Model
    new_meter: Model
    meter: Model
    meters: Model
    new_unit: Model
    unit: Model
    units: Model
    addable_units: Model
    components: Model


def models(v1: Namespace) -> Models:
    """Make the models in `v1`."""

    def model(title: str, required: str, /, **properties: Any) -> Model:
        schema = {"type": "object", "required": required.split(), "properties": properties}
        return v1.schema_model(title, {key: part for key, part in schema.items() if part})

    def listing(title: str, of: str | dict[str, Any]) -> Model:
        """`of`: a model that a route gives by itself, too (only those stand in the document), or a schema."""
        items = {"type": "array", "items": {"$ref": f"#/definitions/{of}"} if isinstance(of, str) else of}
        return model(title, "items next_cursor", items=items, next_cursor=_MAYBE_TEXT)

    return Models(
        participants=listing("Participants", "Participant"),
        boxes=listing("Boxes", "Box"),
        meters=listing("GridMeters", "GridMeter"),
        units=listing("Units", "Unit"),
        addable_units=listing("AddableUnits", _ADDABLE_UNIT),
        components=listing("Components", _COMPONENT),
        **_sign_in(model),
        **_participants(model),
        **_installation(model),
    )


def _sign_in(model: Any) -> dict[str, Model]:
    return {
        "sign_in": model("SignIn", "username password", username=_NAME, password=_SECRET),
        "challenge_answer": model(
            "ChallengeAnswer",
            "username challenge session answer",
            username=_NAME,
            challenge={"type": "string", "enum": sorted(ANSWER_FIELDS)},
            session=_LONG,
            answer={**_LONG, "description": "The new password, the code, or the answer as the challenge asks for it"},
        ),
        "refresh": model("Refresh", "refresh_token", refresh_token=_LONG),
        "signed_in": model(
            "SignedIn",
            "",
            access_token=_TEXT,
            id_token=_TEXT,
            refresh_token=_TEXT,
            expires_in={"type": "integer", "description": "Seconds"},
            challenge={"type": "string", "description": "Instead of tokens: to be answered at /token/challenge"},
            session=_TEXT,
            parameters={"type": "object", "additionalProperties": {"type": "string"}},
        ),
    }


def _participants(model: Any) -> dict[str, Model]:
    values: dict[str, Any] = {
        "cls_box_ip": _or_null({**_ADDRESS, "description": "The address of a box that was added"}),
        "eos_account": _or_null({"type": "string", "pattern": EOS_NAME, "description": "His account on the chain"}),
        "betreiber_mastr_nr": _or_null({**_MASTR, "example": "ABR900000000119"}),
        "kwh_annum": _or_null(_KWH),
        "salt": _or_null({"type": "string", "pattern": SALT, "description": "Of the hashes on the chain, hexadecimal"}),
    }
    point = {
        "type": "object",
        "required": ["serial_number", "kwh_annum", "unit_mastr_nrs"],
        "properties": {
            "serial_number": _TEXT,
            "kwh_annum": _MAYBE_INT,
            "unit_mastr_nrs": {"type": "array", "items": _TEXT},
        },
    }
    return {
        "new_participant": model("NewParticipant", "username", username=_NAME, **values),
        "participant_change": model("ParticipantChange", "", **values, disabled=_BOOL),
        "participant": model(
            "Participant",
            "sub username disabled mirrored metering_points created_at updated_at",
            sub=_TEXT,
            username=_TEXT,
            email=_MAYBE_TEXT,
            cls_box_ip=_MAYBE_TEXT,
            eos_account=_MAYBE_TEXT,
            betreiber_mastr_nr=_MAYBE_TEXT,
            kwh_annum=_MAYBE_INT,
            salt=_MAYBE_TEXT,
            disabled=_BOOL,
            mirrored={**_BOOL, "description": "Whether the identity provider has this state already"},
            metering_points={"type": "array", "items": point},
            created_at=_TIME,
            updated_at=_TIME,
        ),
        "export": model(
            "Export",
            "participant cls_box chain_account grid_meters units security_keys",
            participant={"type": "object", "additionalProperties": True},
            cls_box={"type": ["object", "null"], "additionalProperties": True},
            chain_account={"type": ["object", "null"], "additionalProperties": True},
            grid_meters={"type": "array", "items": {"type": "object", "additionalProperties": True}},
            units={"type": "array", "items": {"type": "object", "additionalProperties": True}},
            security_keys={"type": "array", "items": {"type": "object", "additionalProperties": True}},
        ),
    }


def _installation(model: Any) -> dict[str, Model]:
    return {
        "new_box": model("NewBox", "ip name location", ip=_ADDRESS, name=_NAME, location=_NAME),
        "box": model(
            "Box",
            "ip name location added_at state",
            ip=_TEXT,
            name=_TEXT,
            location=_TEXT,
            added_at=_TIME,
            state={"type": "string", "enum": [IN_USE, *_LEFT]},
        ),
        "box_end": model("BoxEnd", "state", state={"type": "string", "enum": _LEFT}),
        "new_meter": model(
            "NewGridMeter", "serial_number cls_box_ip", serial_number=_SERIAL, cls_box_ip=_ADDRESS, kwh_annum=_KWH
        ),
        "meter": model(
            "GridMeter",
            "serial_number cls_box_ip added_at markets",
            serial_number=_TEXT,
            cls_box_ip=_TEXT,
            kwh_annum=_MAYBE_INT,
            added_at=_TIME,
            markets=_MARKETS,
        ),
        "new_unit": model(
            "NewUnit",
            "unit_mastr_nr cls_box_ip marktakteur_mastr_nr",
            unit_mastr_nr=_MASTR,
            cls_box_ip=_ADDRESS,
            marktakteur_mastr_nr={**_MASTR, "example": "ABR900000000119"},
        ),
        "unit": model(
            "Unit",
            "mastr_nr cls_box_ip marktakteur_mastr_nr added_at markets",
            mastr_nr=_TEXT,
            cls_box_ip=_TEXT,
            marktakteur_mastr_nr=_TEXT,
            name=_MAYBE_TEXT,
            unit_type=_MAYBE_TEXT,
            meter_serial_number=_MAYBE_TEXT,
            added_at=_TIME,
            markets=_MARKETS,
        ),
    }

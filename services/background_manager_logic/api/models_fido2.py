"""The bodies of the security keys' routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.shared.web import Namespace
from services.shared.web.restx import Model

KEY_ID = r"^[A-Za-z0-9_-]{16,1366}$"

_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time", "example": "2026-11-22T10:15:00Z"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"\S"}
_ID = {"type": "string", "pattern": KEY_ID}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
_CREDENTIAL = {"type": "string", "pattern": r"^[A-Za-z0-9_-]{64,2800}$"}
_CODE = {"type": "string", "minLength": 1, "maxLength": 64, "description": "The administrator's one-time code"}


@dataclass(frozen=True)
class KeyModels:
    """Each body by what it is for."""

    options: Model
    registration: Model
    key: Model
    keys: Model
    change: Model
    code: Model
    verifiable: Model
    used: Model
    first: Model


def key_models(v1: Namespace) -> KeyModels:
    """Make the models in `v1`."""

    def model(title: str, required: str, /, **properties: Any) -> Model:
        return v1.schema_model(title, {"type": "object", "required": required.split(), "properties": properties})

    opened = {"type": "object", "additionalProperties": True}
    key = {
        "id": _TEXT,
        "name": _TEXT,
        "added_at": _TIME,
        "last_used_at": {"type": ["string", "null"], "format": "date-time"},
    }
    stored = {
        "type": "object",
        "required": ["id", "credential", "sign_count"],
        "properties": {"id": _TEXT, "credential": _TEXT, "sign_count": _COUNT},
    }
    return KeyModels(
        options=model(
            "SecurityKeyOptions",
            "options code_needed",
            options={**opened, "description": "PublicKeyCredentialCreationOptionsJSON (WebAuthn level 3)"},
            code_needed={"type": "boolean", "description": "The first key needs the administrator's one-time code"},
        ),
        registration=model(
            "NewSecurityKey",
            "challenge name credential",
            challenge={"type": "string", "pattern": r"^[A-Za-z0-9_-]{20,100}$", "description": "Of the options"},
            name=_NAME,
            credential={**opened, "description": "RegistrationResponseJSON (WebAuthn level 3)"},
            code=_CODE,
        ),
        key=model("SecurityKey", "id name added_at", **key),
        keys=model(
            "SecurityKeys",
            "items required by_key",
            items={"type": "array", "items": {"$ref": "#/definitions/SecurityKey"}},
            required={"type": "boolean", "description": "Whether everybody must have one"},
            by_key={"type": "boolean", "description": "Whether the caller's session has shown a key"},
        ),
        change=model("SecurityKeyChange", "name", name=_NAME),
        code=model("SecurityKeyCode", "code expires_at", code=_TEXT, expires_at=_TIME),
        verifiable=model("VerifiableKeys", "items", items={"type": "array", "items": stored}),
        used=model("SecurityKeyUse", "id sign_count", id=_ID, sign_count=_COUNT),
        first=model(
            "FirstSecurityKey",
            "code name id credential sign_count",
            code=_CODE,
            name=_NAME,
            id=_ID,
            credential=_CREDENTIAL,
            sign_count=_COUNT,
        ),
    )

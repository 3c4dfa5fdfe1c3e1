"""The bodies of accounts and of units on the market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.domain import ADDRESS, EOS_NAME, MASTR, NEW_ACCOUNT
from services.shared.web import Namespace
from services.shared.web.restx import Model

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_INT = {"type": "integer"}
_BOOL = {"type": "boolean"}
_TEXTS = {"type": "array", "items": _TEXT}
_TIME = {"type": "string", "format": "date-time", "example": "2026-11-22T10:15:00Z"}
_MARKET = {"type": "string", "pattern": EOS_NAME, "description": "`lem` when left out", "example": "lem"}
_PSEUDONYM = {"type": "string", "description": "The participant's account, a pseudonym (M-PRV-01)"}

_ACCOUNT: dict[str, Any] = {
    "account_name": _TEXT,
    "cls_box_ip": _TEXT,
    "participant_sub": {**_MAYBE_TEXT, "description": "null when his personal data were erased"},
    "public_key": {"type": "string", "description": "The key of the box's TPM as the chain writes it: PUB_R1_..."},
    "markets": {**_TEXTS, "description": "Where it is registered"},
    "attested": {**_BOOL, "description": "Whether a TPM's quote and certification of the key were verified"},
    "attested_at": _TIME,
    "created_at": _TIME,
}
_UNIT: dict[str, Any] = {
    "market": _TEXT,
    "unit_id": {**_INT, "description": "Its id on the chain"},
    "point_id": {**_INT, "description": "The id of its metering point on the chain"},
    "account": _PSEUDONYM,
    "since": _TIME,
    "unit_mastr_nr": {**_MAYBE_TEXT, "description": "Of one's own units; of all for Admin and EVU"},
    "mine": _BOOL,
}


@dataclass(frozen=True)
class RegistrationModels:
    """Each body by the name it has in the document."""

    new_account: Model
    registered_account: Model
    accounts: Model
    new_market_unit: Model
    registered_unit: Model
    market_units: Model


def registration_models(v1: Namespace) -> RegistrationModels:
    """Make the models in `v1`."""

    def model(title: str, required: str, /, **properties: Any) -> Model:
        return v1.schema_model(title, {"type": "object", "required": required.split(), "properties": properties})

    def listing(title: str, of: dict[str, Any]) -> Model:
        item = {"type": "object", "required": list(of), "properties": of}
        return model(title, "items next_cursor", items={"type": "array", "items": item}, next_cursor=_MAYBE_TEXT)

    point = {
        "type": "object",
        "required": ["serial_number", "point_id", "added"],
        "properties": {"serial_number": _TEXT, "point_id": _INT, "added": _BOOL},
    }
    number = {"type": "string", "pattern": MASTR, "example": "SEE900000000119"}
    return RegistrationModels(
        new_account=model(
            "NewEosAccount",
            "cls_box_ip account_name",
            cls_box_ip={"type": "string", "pattern": ADDRESS, "example": "10.8.0.11"},
            account_name={
                "type": "string",
                "pattern": NEW_ACCOUNT,
                "description": "A generated pseudonym (M-PRV-01)",
                "example": "k3wq5mzh1abt",
            },
            market=_MARKET,
        ),
        registered_account=model(
            "RegisteredEosAccount",
            " ".join([*_ACCOUNT, "market", "points", "added", "transaction_ids"]),
            **_ACCOUNT,
            market=_TEXT,
            points={"type": "array", "items": point, "description": "The box's meters on the chain"},
            added={**_TEXTS, "description": "What this call did; the rest was there"},
            transaction_ids=_TEXTS,
        ),
        accounts=listing("EosAccounts", _ACCOUNT),
        new_market_unit=model("NewMarketUnit", "unit_mastr_nr", unit_mastr_nr=number, market=_MARKET),
        registered_unit=model(
            "RegisteredUnit",
            "unit_mastr_nr market unit_id point_id account transaction_id block_num",
            unit_mastr_nr=_TEXT,
            market=_TEXT,
            unit_id=_INT,
            point_id=_INT,
            account=_PSEUDONYM,
            transaction_id=_TEXT,
            block_num=_INT,
        ),
        market_units=listing("MarketUnits", _UNIT),
    )

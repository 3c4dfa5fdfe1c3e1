"""The bodies of orders about passive contracts and peer-to-peer deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.cls_box_logic.api.models import KEY, MARKET, MASTR, NAME, PRICE, UINT32
from services.shared.web import Namespace
from services.shared.web.restx import Model

_UNIT = {"type": "string", "pattern": MASTR, "description": "A unit of this box"}
_UNIT_ID = {**UINT32, "minimum": 1, "description": "The unit's id on the chain"}
_SLOT = {"type": "string", "description": "A slot's start, ISO 8601", "example": "2026-11-22T10:15:00Z"}
_UNTIL = {"type": ["string", "null"], "description": "The first slot in which it holds no more; null: an open end"}
_ENERGY = {**UINT32, "minimum": 1}
_ACCOUNT = {"type": "string", "pattern": NAME, "description": "The partner's account"}


@dataclass(frozen=True)
class AgreementModels:
    """Each body by the name it has in the document."""

    passive_accept: Model
    passive_drop: Model
    passive_end: Model
    p2p_propose: Model
    p2p_drop: Model
    p2p_accept: Model


def agreement_models(v1: Namespace) -> AgreementModels:
    """Make the models in `v1`."""

    def model(name: str, **properties: Any) -> Model:
        given = {"market": MARKET, **properties}
        required = [part for part in properties if part not in ("key", "until_slot")]
        return v1.schema_model(name, {"type": "object", "required": required, "properties": given})

    terms = {"slot_start": _SLOT, "energy_wh": _ENERGY, "price_ct_per_kwh": PRICE}
    return AgreementModels(
        passive_accept=model(
            "PassiveAcceptance", unit_mastr_nr=_UNIT, price_ct_per_kwh=PRICE, from_slot=_SLOT, until_slot=_UNTIL
        ),
        passive_drop=model("PassiveDrop", unit_mastr_nr=_UNIT),
        passive_end=model("PassiveEnd", unit_mastr_nr=_UNIT, from_slot=_SLOT, end_slot=_SLOT),
        p2p_propose=model("P2pProposal", unit_mastr_nr=_UNIT, buyer_account=_ACCOUNT, **terms, key=KEY),
        p2p_drop=model("P2pDrop", unit_id=_UNIT_ID, slot_start=_SLOT),
        p2p_accept=v1.schema_model("P2pAcceptance", _acceptance(terms)),
    )


def _acceptance(terms: dict[str, Any]) -> dict[str, Any]:
    """The proposal's own key stands in it: the buyer signs the very proposal that the seller has signed."""
    key = {"type": "string", "pattern": "^[0-9]{1,20}$", "description": "The proposal's 64-bit key"}
    given = {"seller_account": _ACCOUNT, "unit_id": _UNIT_ID, **terms, "key": key}
    return {"type": "object", "required": list(given), "properties": {"market": MARKET, **given}}

"""The bodies of passive contracts and peer-to-peer deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.api.models_market import (
    EUR_OUT,
    INT,
    MARKET_IN,
    MAYBE_INT,
    MAYBE_TEXT,
    MAYBE_TIME,
    OWN,
    PRICE_IN,
    PRICE_OUT,
    TEXT,
    TIME,
    WRITTEN,
    array,
)
from services.background_manager_logic.domain import EOS_NAME, MASTR
from services.background_manager_logic.market.agreements import DEAL_STATUSES, PASSIVE_STATUSES
from services.shared.web import Namespace
from services.shared.web.restx import Model

_MASTR = {"type": "string", "pattern": MASTR, "example": "SEE900000000119"}
_SLOT_IN = {
    "type": "string",
    "maxLength": 40,
    "description": "A slot's start, ISO 8601; without an offset Europe/Berlin",
    "example": "2026-11-22T10:15:00Z",
}
_UNTIL_IN = {
    "type": ["string", "null"],
    "maxLength": 40,
    "description": "The first slot in which it holds no more; null or left out: an open end",
}
_ENERGY_IN = {"type": "integer", "minimum": 1, "maximum": 2**32 - 1}
_IRREVERSIBLE = {"type": "boolean", "description": "Whether its last change cannot be undone by a fork any more"}
_BEFORE = {**TIME, "description": "From then on the chain takes no acceptance any more"}

_PASSIVE: dict[str, Any] = {
    "contract_id": {**TEXT, "description": "Its id from its proposal on", "example": "7-5f0c1d2e3a4b5968"},
    "market": TEXT,
    "status": {
        "type": "string",
        "enum": list(PASSIVE_STATUSES),
        "description": "expired: proposed, and too late to be accepted; accepted: its first slot is still to come",
    },
    "unit_id": {**INT, "description": "On the chain"},
    "unit_mastr_nr": OWN,
    "owner_account": {**TEXT, "description": "Of the unit's owner, a pseudonym"},
    "mine": {"type": "boolean", "description": "Whether one is the unit's owner"},
    "price_ct_per_kwh": PRICE_OUT,
    "from_slot": TIME,
    "until_slot": {**MAYBE_TIME, "description": "The first slot in which it holds no more; null: an open end"},
    "accept_before": _BEFORE,
    "proposed_at": TIME,
    "accepted_at": MAYBE_TIME,
    "irreversible": _IRREVERSIBLE,
}
_DEAL: dict[str, Any] = {
    "deal_id": {**TEXT, "description": "A unit has one for a slot", "example": "7-1795305600"},
    "market": TEXT,
    "status": {
        "type": "string",
        "enum": list(DEAL_STATUSES),
        "description": "expired: proposed, and too late to be accepted",
    },
    "role": {
        "type": ["string", "null"],
        "enum": ["seller", "buyer", None],
        "description": "What one is in it; null for the EVU",
    },
    "slot_start": TIME,
    "slot_end": TIME,
    "unit_id": {**INT, "description": "On the chain"},
    "unit_mastr_nr": OWN,
    "seller_account": TEXT,
    "buyer_account": TEXT,
    "energy_wh": INT,
    "price_ct_per_kwh": PRICE_OUT,
    "amount_eur": {**EUR_OUT, "description": "What the energy costs the buyer: it is locked when he accepts"},
    "accept_before": _BEFORE,
    "proposed_at": TIME,
    "accepted_at": MAYBE_TIME,
    "offer_id": {**MAYBE_INT, "description": "The sold offer that an accepted deal is; see /market/balances"},
    "offer_status": {**MAYBE_TEXT, "description": "awarded, delivered, settled or unfunded"},
    "irreversible": _IRREVERSIBLE,
}


@dataclass(frozen=True)
class AgreementModels:
    """Each body by the name it has in the document."""

    new_passive: Model
    accept_passive: Model
    end_passive: Model
    written_passive: Model
    passives: Model
    new_deal: Model
    accept_deal: Model
    written_deal: Model
    deals: Model


def agreement_models(v1: Namespace) -> AgreementModels:
    """Make the models in `v1`."""

    def model(title: str, optional: str, /, **properties: Any) -> Model:
        required = [name for name in properties if name not in optional.split()]
        return v1.schema_model(title, {"type": "object", "required": required, "properties": properties})

    def listing(title: str, of: dict[str, Any]) -> Model:
        return model(title, "", items=array(of), next_cursor=MAYBE_TEXT)

    terms = {"energy_wh": _ENERGY_IN, "price_ct_per_kwh": PRICE_IN}
    buyer = "The buyer's account, a pseudonym: he sees his own at /market/account and tells it to his partner"
    return AgreementModels(
        new_passive=model(
            "NewPassiveContract",
            "market until_slot",
            market=MARKET_IN,
            unit_mastr_nr=_MASTR,
            price_ct_per_kwh=PRICE_IN,
            from_slot=_SLOT_IN,
            until_slot=_UNTIL_IN,
        ),
        accept_passive=model(
            "AcceptedPassiveTerms",
            "market until_slot",
            market=MARKET_IN,
            price_ct_per_kwh=PRICE_IN,
            until_slot=_UNTIL_IN,
        ),
        end_passive=model("PassiveContractEnd", "market", market=MARKET_IN, end_slot=_SLOT_IN),
        written_passive=model("WrittenPassiveContract", "", **_PASSIVE, **WRITTEN),
        passives=listing("PassiveContracts", _PASSIVE),
        new_deal=model(
            "NewP2pDeal",
            "market",
            market=MARKET_IN,
            unit_mastr_nr=_MASTR,
            buyer_account={"type": "string", "pattern": EOS_NAME, "description": buyer},
            slot_start=_SLOT_IN,
            **terms,
        ),
        accept_deal=model("AcceptedP2pTerms", "market", market=MARKET_IN, **terms),
        written_deal=model("WrittenP2pDeal", "", **_DEAL, **WRITTEN),
        deals=listing("P2pDeals", _DEAL),
    )

"""The bodies of the routes of parameters, prices and what stands before the governors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.api.models_market import EUR, PRICE
from services.background_manager_logic.domain import EOS_NAME
from services.background_manager_logic.service.governance import STATUSES
from services.shared.times import WHEN
from services.shared.web import Namespace
from services.shared.web.restx import Model

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_INT = {"type": "integer"}
_TIME = {"type": "string", "format": "date-time", "example": "2026-11-22T10:15:00Z"}
_MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
_MARKET = {"type": "string", "pattern": EOS_NAME, "description": "`lem` when left out", "example": "lem"}
_PRICE_OUT = {"type": "string", "description": "ct/kWh with 4 places", "example": "28.7500"}
_PRICE_IN = {"type": "string", "pattern": PRICE, "description": "ct/kWh, at most 4 places", "example": "28.7500"}
_FROM = {
    "type": "string",
    "pattern": WHEN,
    "description": "The slot from which it is to hold, beyond the market's horizon (M-ADM-03); ISO 8601, without an "
    "offset Europe/Berlin",
    "example": "2026-12-24T00:00:00Z",
}
_SECONDS = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 256}
TIMES = ("lead_s", "extend_s", "settle_gap_s", "deadline_s", "retain_s")
LEVELS = ("tick", "min_price", "max_price")
COUNTS = ("max_offers", "max_bids")

_PARAMETERS: dict[str, Any] = {
    "from_slot": {**_MAYBE_TIME, "description": "The slot from which they hold; null: from the beginning"},
    **dict.fromkeys(TIMES, _INT),
    **{f"{name}_ct_per_kwh": _PRICE_OUT for name in LEVELS},
    **dict.fromkeys(COUNTS, _INT),
    "credit_line_eur": {"type": "string", "description": "EUR with 6 places", "example": "12.340000"},
}
_PRICES: dict[str, Any] = {
    "from_slot": _PARAMETERS["from_slot"],
    "evu_buy_ct_per_kwh": _PRICE_OUT,
    "evu_sell_ct_per_kwh": _PRICE_OUT,
}


@dataclass(frozen=True)
class GovernanceModels:
    """Each body by the name it has in the document."""

    parameters: Model
    prices: Model
    new_parameters: Model
    new_prices: Model
    proposal: Model
    proposals: Model


def governance_models(v1: Namespace) -> GovernanceModels:
    """Make the models in `v1`."""

    def model(title: str, properties: dict[str, Any], *optional: str) -> Model:
        required = [name for name in properties if name not in optional]
        return v1.schema_model(title, {"type": "object", "required": required, "properties": properties})

    model("MarketParametersRow", _PARAMETERS)
    model("MarketPricesRow", _PRICES)
    model("ProposedChange", _change())
    proposal = model("MarketProposal", _proposal())
    return GovernanceModels(
        model("MarketParameters", {**_about(), **_rules("MarketParametersRow")}),
        model("MarketPrices", {**_about(), **_rules("MarketPricesRow")}),
        model("NewMarketParameters", _new_parameters(), "market"),
        model("NewMarketPrices", _new_prices(), "market"),
        proposal,
        model("MarketProposals", {"items": _array("MarketProposal"), "next_cursor": _MAYBE_TEXT}),
    )


def _array(title: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/definitions/{title}"}}


def _about() -> dict[str, Any]:
    return {
        "market": _TEXT,
        "slot_s": _INT,
        "horizon_s": {**_INT, "description": "A change holds from a slot that lies further ahead than this"},
    }


def _rules(row: str) -> dict[str, Any]:
    return {
        "items": {**_array(row), "description": "All rows, in the order of their slots"},
        "holds": {"$ref": f"#/definitions/{row}"},
        "coming": {**_array(row), "description": "Decided, for slots to come"},
        "proposals": {**_array("MarketProposal"), "description": "Not decided yet"},
    }


def _change() -> dict[str, Any]:
    return {
        "kind": {"type": "string", "enum": ["parameters", "prices", "other"]},
        "action": {**_TEXT, "example": "tbimarket::setprices"},
        "market": _MAYBE_TEXT,
        "parameters": {"type": ["object", "null"], "required": list(_PARAMETERS), "properties": _PARAMETERS},
        "prices": {"type": ["object", "null"], "required": list(_PRICES), "properties": _PRICES},
        "text": {**_MAYBE_TEXT, "description": "Of another action: its data as JSON"},
    }


def _proposal() -> dict[str, Any]:
    approval = {
        "governor": _TEXT,
        "approved_at": {**_MAYBE_TIME, "description": "null: he has not approved it"},
    }
    return {
        "name": _TEXT,
        "proposer": {**_TEXT, "description": "The account whose proposal it is: `./tbi governance show NAME`"},
        "status": {"type": "string", "enum": list(STATUSES)},
        "changes": _array("ProposedChange"),
        "approvals": {
            "type": "array",
            "items": {"type": "object", "required": list(approval), "properties": approval},
            "description": "Who has approved it, and who may",
        },
        "needed": {**_INT, "description": "How many must approve"},
        "expires_at": _TIME,
        "proposed_at": _TIME,
        "proposed_by": {**_MAYBE_TEXT, "description": "The user whose request it was; null: not made here"},
        "ended_at": {**_MAYBE_TIME, "description": "null while it stands"},
        "hash": {**_TEXT, "description": "SHA-256 of what would be executed"},
        "transaction_id": _MAYBE_TEXT,
    }


def _new_parameters() -> dict[str, Any]:
    return {
        "market": _MARKET,
        "from_slot": _FROM,
        **dict.fromkeys(TIMES, _SECONDS),
        **{f"{name}_ct_per_kwh": _PRICE_IN for name in LEVELS},
        **dict.fromkeys(COUNTS, _COUNT),
        "credit_line_eur": {"type": "string", "pattern": EUR, "description": "EUR, at most 6 places"},
    }


def _new_prices() -> dict[str, Any]:
    prices = dict.fromkeys(("evu_buy_ct_per_kwh", "evu_sell_ct_per_kwh"), _PRICE_IN)
    return {"market": _MARKET, "from_slot": _FROM, **prices}

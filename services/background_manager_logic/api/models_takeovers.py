"""The bodies of the secondary market and of Power2X."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.api.models_market import (
    EUR_OUT,
    INT,
    MARKET_IN,
    MAYBE_TEXT,
    TEXT,
    TIME,
    WRITTEN,
    array,
)
from services.shared.web import Namespace
from services.shared.web.restx import Model

_SUMS: dict[str, Any] = {
    "taken_over_wh": {**INT, "description": "The sum of the next three"},
    "swept_wh": {**INT, "description": "Surplus: fed in and neither sold nor under a passive contract"},
    "passive_wh": {**INT, "description": "Feed-in of units under passive contracts"},
    "unused_wh": {**INT, "description": "Delivered to a buyer who did not consume it"},
    "amount_eur": {**EUR_OUT, "description": "What the EVU has paid for it: the sum of the next three"},
    "swept_eur": EUR_OUT,
    "passive_eur": EUR_OUT,
    "unused_eur": {**EUR_OUT, "description": "Without what was paid back for energy that the EVU had supplied itself"},
    "minted_wh": {**INT, "description": "For how much of it P2X tokens were minted"},
}
_MINTABLE: dict[str, Any] = {
    "slot_start": TIME,
    "slot_end": TIME,
    "taken_over_wh": INT,
    "minted_wh": INT,
    "mintable_kwh": {**INT, "description": "For how much P2X tokens can still be minted"},
}
_MINT: dict[str, Any] = {"slot_start": TIME, "kwh": INT, "at": TIME, "transaction_id": TEXT}


@dataclass(frozen=True)
class TakeoverModels:
    """Each body by the name it has in the document."""

    secondary: Model
    power2x: Model
    mint: Model
    minted: Model


def takeover_models(v1: Namespace) -> TakeoverModels:
    """Make the models in `v1`."""

    def model(title: str, optional: str, /, **properties: Any) -> Model:
        required = [name for name in properties if name not in optional.split()]
        return v1.schema_model(title, {"type": "object", "required": required, "properties": properties})

    totals = {"type": "object", "required": list(_SUMS), "properties": _SUMS}
    slot = {"slot_start": TIME, "slot_end": TIME, **_SUMS}
    kwh = {"type": "integer", "minimum": 1, "maximum": 2**32 - 1, "description": "One token per kWh"}
    slot_in = {
        "type": "string",
        "maxLength": 40,
        "description": "ISO 8601; without an offset Europe/Berlin",
        "example": "2026-11-22T10:15:00Z",
    }
    return TakeoverModels(
        secondary=model("SecondaryMarket", "", market=TEXT, items=array(slot), totals=totals),
        power2x=model(
            "Power2x",
            "",
            market=TEXT,
            ptx_balance={**INT, "description": "The EVU's P2X tokens (PTX), one per kWh"},
            mintable_kwh={**INT, "description": "Of all slots shown"},
            slots=array(_MINTABLE),
            history=array(_MINT),
            next_cursor={**MAYBE_TEXT, "description": "Of the history"},
        ),
        mint=model("NewP2xTokens", "market", market=MARKET_IN, slot_start=slot_in, kwh=kwh),
        minted=model("MintedP2xTokens", "", market=TEXT, slot_start=TIME, kwh=INT, **WRITTEN),
    )

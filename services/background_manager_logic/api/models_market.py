"""The bodies of the market's routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.background_manager_logic.domain import EOS_NAME, MASTR, SUB
from services.background_manager_logic.market.view import STATUSES
from services.shared.web import Namespace
from services.shared.web.restx import Model

PRICE = r"^[0-9]{1,6}(\.[0-9]{1,4})?$"
EUR = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
MAX_OFFER_ID = 2**63 - 1

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
INT = {"type": "integer"}
MAYBE_INT = {"type": ["integer", "null"]}
_BOOL = {"type": "boolean"}
_MAYBE_BOOL = {"type": ["boolean", "null"]}
TIME = {"type": "string", "format": "date-time", "example": "2026-11-22T10:15:00Z"}
MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
MARKET_IN = {"type": "string", "pattern": EOS_NAME, "description": "`lem` when left out", "example": "lem"}
PRICE_IN = {"type": "string", "pattern": PRICE, "description": "ct/kWh, at most 4 places", "example": "28.7500"}
PRICE_OUT = {"type": "string", "description": "ct/kWh with 4 places", "example": "28.7500"}
_MAYBE_PRICE = {"type": ["string", "null"], "description": "ct/kWh with 4 places"}
_EUR_IN = {"type": "string", "pattern": EUR, "description": "EUR, at most 6 places, above 0", "example": "12.34"}
EUR_OUT = {"type": "string", "description": "EUR with 6 places", "example": "12.340000"}
_MAYBE_EUR = {"type": ["string", "null"], "description": "EUR with 6 places"}
_OFFER_ID = {"type": "integer", "minimum": 1, "maximum": MAX_OFFER_ID}
OWN = {"type": ["string", "null"], "description": "Of one's own; of all for Admin and EVU"}
WRITTEN = {"transaction_id": MAYBE_TEXT, "block_num": MAYBE_INT}

_OFFER: dict[str, Any] = {
    "offer_id": INT,
    "market": TEXT,
    "status": {"type": "string", "enum": list(STATUSES)},
    "slot_start": TIME,
    "slot_end": TIME,
    "energy_wh": INT,
    "start_price_ct_per_kwh": PRICE_OUT,
    "highest_bid_ct_per_kwh": _MAYBE_PRICE,
    "closes_at": TIME,
    "bids": {**MAYBE_INT, "description": "How many; null while the offer is not irreversible yet"},
    "mine": _BOOL,
    "highest_bid_is_mine": _BOOL,
    "unit_mastr_nr": OWN,
    "seller_account": OWN,
    "buyer_account": {**OWN, "description": "The highest bidder, or who has bought it"},
}
_BID: dict[str, Any] = {
    "offer_id": INT,
    "market": TEXT,
    "price_ct_per_kwh": PRICE_OUT,
    "placed_at": TIME,
    "mine": _BOOL,
    "bidder_account": {**MAYBE_TEXT, "description": "Of one's own only"},
    "slot_start": MAYBE_TIME,
    "energy_wh": MAYBE_INT,
    "is_highest": {**_MAYBE_BOOL, "description": "null where the offer is not known yet"},
    "offer_status": MAYBE_TEXT,
    "irreversible": _BOOL,
    "transaction_id": {**MAYBE_TEXT, "description": "Of one's own only"},
}
_ENTRY: dict[str, Any] = {
    "kind": {
        "type": "string",
        "enum": [
            *("deposit", "withdrawal", "offer", "bid", "released", "settlement", "surplus"),
            *("issued", "retired", "sent", "received"),
        ],
    },
    "at": TIME,
    "available_eur": {**EUR_OUT, "description": "By how much it changed; so the next two"},
    "locked_eur": EUR_OUT,
    "wallet_eur": EUR_OUT,
    "offer_id": MAYBE_INT,
    "slot_start": MAYBE_TIME,
    "transaction_id": TEXT,
}
_BALANCE: dict[str, Any] = {
    "offer_id": INT,
    "market": TEXT,
    "status": {"type": "string", "enum": ["awarded", "delivered", "settled", "unfunded"]},
    "role": {
        "type": ["string", "null"],
        "description": "What one is in it: seller or buyer",
        "enum": ["seller", "buyer", None],
    },
    "slot_start": TIME,
    "slot_end": TIME,
    "price_ct_per_kwh": PRICE_OUT,
    "sold_wh": INT,
    "delivered_wh": MAYBE_INT,
    "produced_wh": MAYBE_INT,
    "consumed_wh": MAYBE_INT,
    "difference_wh": {**MAYBE_INT, "description": "delivered - consumed"},
    "amount_eur": {**EUR_OUT, "description": "What the sold energy costs: price x sold"},
    "to_seller_eur": {**_MAYBE_EUR, "description": "price x delivered, from the buyer"},
    "shortfall_eur": {**_MAYBE_EUR, "description": "price x not delivered, from the buyer to the EVU"},
    "penalty_eur": {**_MAYBE_EUR, "description": "From the seller to the EVU for what was not delivered"},
    "surplus_eur": {**_MAYBE_EUR, "description": "From the EVU to the buyer for what he did not consume"},
    "own_amount_eur": {**_MAYBE_EUR, "description": "What all this is to the caller; below 0: he pays"},
    "settled_at": MAYBE_TIME,
    "unit_mastr_nr": OWN,
    "seller_account": OWN,
    "buyer_account": OWN,
}
_DAY_SLOT: dict[str, Any] = {
    "slot_start": TIME,
    "slot_end": TIME,
    "forecast_wh": {**MAYBE_INT, "description": "The unit's generation; null where none is recorded"},
    "forecast_consumption_wh": {**MAYBE_INT, "description": "Of its metering point"},
    "max_offer_wh": MAYBE_INT,
    "offered_wh": INT,
    "sold_wh": INT,
    "delivered_wh": INT,
    "produced_wh": {**MAYBE_INT, "description": "null while nothing is delivered; so the next three"},
    "fed_in_wh": {**MAYBE_INT, "description": "By its metering point"},
    "consumed_wh": {**MAYBE_INT, "description": "By its metering point, from the grid"},
    "reading": {"type": ["string", "null"], "enum": ["on_time", "late", "record_only", None]},
}
_GROUP_SLOT: dict[str, Any] = {
    "slot_start": TIME,
    "slot_end": TIME,
    "forecast_generation_wh": INT,
    "forecast_consumption_wh": INT,
    "produced_wh": INT,
    "fed_in_wh": INT,
    "consumed_wh": INT,
    "traded_wh": INT,
    "residual_wh": {**INT, "description": "fed in - consumed: + is feed-in"},
    "points": {**INT, "description": "Metering points that count in this slot"},
    "measured_points": INT,
    "status": {
        "type": "string",
        "enum": ["forecast", "running", "empty", "incomplete", "measured", "settled"],
        "description": "empty: before there was a metering point",
    },
}
GROUP_COLUMNS = tuple(_GROUP_SLOT)


@dataclass(frozen=True)
class MarketModels:
    """Each body by the name it has in the document."""

    new_offer: Model
    offer: Model
    placed_offer: Model
    offers: Model
    new_bid: Model
    placed_bid: Model
    bids: Model
    account: Model
    deposit: Model
    withdrawal: Model
    moved: Model
    day: Model
    balances: Model
    group: Model


def market_models(v1: Namespace) -> MarketModels:
    """Make the models in `v1`."""

    def model(title: str, required: str, /, **properties: Any) -> Model:
        schema = {"type": "object", "required": required.split(), "properties": properties}
        return v1.schema_model(title, {key: part for key, part in schema.items() if part})

    def whole(title: str, /, **properties: Any) -> Model:
        return model(title, " ".join(properties), **properties)

    def listing(title: str, of: dict[str, Any], **more: Any) -> Model:
        return whole(title, items=array(of), next_cursor=MAYBE_TEXT, **more)

    return MarketModels(
        new_offer=model(
            "NewMarketOffer",
            "unit_mastr_nr slot_start energy_wh start_price_ct_per_kwh",
            market=MARKET_IN,
            unit_mastr_nr={"type": "string", "pattern": MASTR, "example": "SEE900000000119"},
            slot_start={
                "type": "string",
                "maxLength": 40,
                "description": "ISO 8601; without an offset Europe/Berlin",
                "example": "2026-11-22T10:15:00Z",
            },
            energy_wh={"type": "integer", "minimum": 1, "maximum": 2**32 - 1},
            start_price_ct_per_kwh=PRICE_IN,
        ),
        offer=whole("MarketOffer", **_OFFER),
        placed_offer=model("PlacedMarketOffer", "offer_id market transaction_id block_num", **_OFFER, **WRITTEN),
        offers=listing("MarketOffers", _OFFER),
        new_bid=model(
            "NewMarketBid", "offer_id price_ct_per_kwh", market=MARKET_IN, offer_id=_OFFER_ID, price_ct_per_kwh=PRICE_IN
        ),
        placed_bid=model(
            "PlacedMarketBid",
            "offer_id market price_ct_per_kwh transaction_id block_num",
            **_OFFER,
            price_ct_per_kwh=PRICE_OUT,
            **WRITTEN,
        ),
        bids=listing("MarketBids", _BID),
        **_money(model, whole),
        **_figures(whole, listing),
    )


def array(of: dict[str, Any]) -> dict[str, Any]:
    """A list of objects, each with all of these properties."""
    return {"type": "array", "items": {"type": "object", "required": list(of), "properties": of}}


def _money(model: Any, whole: Any) -> dict[str, Model]:
    return {
        "account": whole(
            "MarketAccount",
            market=TEXT,
            eos_account={**MAYBE_TEXT, "description": "null while the box is not registered"},
            available_eur=EUR_OUT,
            locked_eur=EUR_OUT,
            wallet_eur={**EUR_OUT, "description": "Outside of the market"},
            history=array(_ENTRY),
            next_cursor=MAYBE_TEXT,
        ),
        "deposit": model(
            "MarketDeposit",
            "amount_eur",
            market=MARKET_IN,
            amount_eur=_EUR_IN,
            eos_account={"type": "string", "pattern": EOS_NAME, "description": "EVU only: whose payment it is"},
            participant_sub={"type": "string", "pattern": SUB, "description": "EVU only: whose payment it is"},
        ),
        "withdrawal": model("MarketWithdrawal", "amount_eur", market=MARKET_IN, amount_eur=_EUR_IN),
        "moved": whole("MarketMoneyMoved", market=TEXT, eos_account=TEXT, amount_eur=EUR_OUT, **WRITTEN),
    }


def _figures(whole: Any, listing: Any) -> dict[str, Model]:
    summed = {name: part for name, part in _GROUP_SLOT.items() if name.endswith("_wh")}
    totals = {"type": "object", "required": list(summed), "properties": summed}
    return {
        "day": whole(
            "MarketDay",
            market=TEXT,
            unit_mastr_nr=TEXT,
            date={"type": "string", "format": "date", "description": "In Europe/Berlin: 92, 96 or 100 quarter hours"},
            items=array(_DAY_SLOT),
        ),
        "balances": listing("MarketBalances", _BALANCE),
        "group": whole("BalancingGroup", market=TEXT, group=MAYBE_TEXT, items=array(_GROUP_SLOT), totals=totals),
    }

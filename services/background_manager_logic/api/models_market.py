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

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_INT = {"type": "integer"}
_MAYBE_INT = {"type": ["integer", "null"]}
_BOOL = {"type": "boolean"}
_MAYBE_BOOL = {"type": ["boolean", "null"]}
_TIME = {"type": "string", "format": "date-time", "example": "2026-11-22T10:15:00Z"}
_MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
_MARKET = {"type": "string", "pattern": EOS_NAME, "description": "`lem` when left out", "example": "lem"}
_PRICE = {"type": "string", "pattern": PRICE, "description": "ct/kWh, at most 4 places", "example": "28.7500"}
_PRICE_OUT = {"type": "string", "description": "ct/kWh with 4 places", "example": "28.7500"}
_MAYBE_PRICE = {"type": ["string", "null"], "description": "ct/kWh with 4 places"}
_EUR_IN = {"type": "string", "pattern": EUR, "description": "EUR, at most 6 places, above 0", "example": "12.34"}
_EUR_OUT = {"type": "string", "description": "EUR with 6 places", "example": "12.340000"}
_MAYBE_EUR = {"type": ["string", "null"], "description": "EUR with 6 places"}
_OFFER_ID = {"type": "integer", "minimum": 1, "maximum": MAX_OFFER_ID}
_OWN = {"type": ["string", "null"], "description": "Of one's own; of all for Admin and EVU"}
_WRITTEN = {"transaction_id": _MAYBE_TEXT, "block_num": _MAYBE_INT}

_OFFER: dict[str, Any] = {
    "offer_id": _INT,
    "market": _TEXT,
    "status": {"type": "string", "enum": list(STATUSES)},
    "slot_start": _TIME,
    "slot_end": _TIME,
    "energy_wh": _INT,
    "start_price_ct_per_kwh": _PRICE_OUT,
    "highest_bid_ct_per_kwh": _MAYBE_PRICE,
    "closes_at": _TIME,
    "bids": {**_MAYBE_INT, "description": "How many; null while the offer is not irreversible yet"},
    "mine": _BOOL,
    "highest_bid_is_mine": _BOOL,
    "unit_mastr_nr": _OWN,
    "seller_account": _OWN,
    "buyer_account": {**_OWN, "description": "The highest bidder, or who has bought it"},
}
_BID: dict[str, Any] = {
    "offer_id": _INT,
    "market": _TEXT,
    "price_ct_per_kwh": _PRICE_OUT,
    "placed_at": _TIME,
    "mine": _BOOL,
    "bidder_account": {**_MAYBE_TEXT, "description": "Of one's own only"},
    "slot_start": _MAYBE_TIME,
    "energy_wh": _MAYBE_INT,
    "is_highest": {**_MAYBE_BOOL, "description": "null where the offer is not known yet"},
    "offer_status": _MAYBE_TEXT,
    "irreversible": _BOOL,
    "transaction_id": {**_MAYBE_TEXT, "description": "Of one's own only"},
}
_ENTRY: dict[str, Any] = {
    "kind": {
        "type": "string",
        "enum": [
            *("deposit", "withdrawal", "offer", "bid", "released", "settlement", "surplus"),
            *("issued", "retired", "sent", "received"),
        ],
    },
    "at": _TIME,
    "available_eur": {**_EUR_OUT, "description": "By how much it changed; so the next two"},
    "locked_eur": _EUR_OUT,
    "wallet_eur": _EUR_OUT,
    "offer_id": _MAYBE_INT,
    "slot_start": _MAYBE_TIME,
    "transaction_id": _TEXT,
}
_BALANCE: dict[str, Any] = {
    "offer_id": _INT,
    "market": _TEXT,
    "status": {"type": "string", "enum": ["awarded", "delivered", "settled", "unfunded"]},
    "role": {
        "type": ["string", "null"],
        "description": "What one is in it: seller or buyer",
        "enum": ["seller", "buyer", None],
    },
    "slot_start": _TIME,
    "slot_end": _TIME,
    "price_ct_per_kwh": _PRICE_OUT,
    "sold_wh": _INT,
    "delivered_wh": _MAYBE_INT,
    "produced_wh": _MAYBE_INT,
    "consumed_wh": _MAYBE_INT,
    "difference_wh": {**_MAYBE_INT, "description": "delivered - consumed"},
    "amount_eur": {**_EUR_OUT, "description": "What the sold energy costs: price x sold"},
    "to_seller_eur": {**_MAYBE_EUR, "description": "price x delivered, from the buyer"},
    "shortfall_eur": {**_MAYBE_EUR, "description": "price x not delivered, from the buyer to the EVU"},
    "penalty_eur": {**_MAYBE_EUR, "description": "From the seller to the EVU for what was not delivered"},
    "surplus_eur": {**_MAYBE_EUR, "description": "From the EVU to the buyer for what he did not consume"},
    "own_amount_eur": {**_MAYBE_EUR, "description": "What all this is to the caller; below 0: he pays"},
    "settled_at": _MAYBE_TIME,
    "unit_mastr_nr": _OWN,
    "seller_account": _OWN,
    "buyer_account": _OWN,
}
_DAY_SLOT: dict[str, Any] = {
    "slot_start": _TIME,
    "slot_end": _TIME,
    "forecast_wh": {**_MAYBE_INT, "description": "The unit's generation; null where none is recorded"},
    "forecast_consumption_wh": {**_MAYBE_INT, "description": "Of its metering point"},
    "max_offer_wh": _MAYBE_INT,
    "offered_wh": _INT,
    "sold_wh": _INT,
    "delivered_wh": _INT,
    "produced_wh": {**_MAYBE_INT, "description": "null while nothing is delivered; so the next three"},
    "fed_in_wh": {**_MAYBE_INT, "description": "By its metering point"},
    "consumed_wh": {**_MAYBE_INT, "description": "By its metering point, from the grid"},
    "reading": {"type": ["string", "null"], "enum": ["on_time", "late", "record_only", None]},
}
_GROUP_SLOT: dict[str, Any] = {
    "slot_start": _TIME,
    "slot_end": _TIME,
    "forecast_generation_wh": _INT,
    "forecast_consumption_wh": _INT,
    "produced_wh": _INT,
    "fed_in_wh": _INT,
    "consumed_wh": _INT,
    "traded_wh": _INT,
    "residual_wh": {**_INT, "description": "fed in - consumed: + is feed-in"},
    "points": {**_INT, "description": "Metering points that count in this slot"},
    "measured_points": _INT,
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
        return whole(title, items=_array(of), next_cursor=_MAYBE_TEXT, **more)

    return MarketModels(
        new_offer=model(
            "NewMarketOffer",
            "unit_mastr_nr slot_start energy_wh start_price_ct_per_kwh",
            market=_MARKET,
            unit_mastr_nr={"type": "string", "pattern": MASTR, "example": "SEE900000000119"},
            slot_start={
                "type": "string",
                "maxLength": 40,
                "description": "ISO 8601; without an offset Europe/Berlin",
                "example": "2026-11-22T10:15:00Z",
            },
            energy_wh={"type": "integer", "minimum": 1, "maximum": 2**32 - 1},
            start_price_ct_per_kwh=_PRICE,
        ),
        offer=whole("MarketOffer", **_OFFER),
        placed_offer=model("PlacedMarketOffer", "offer_id market transaction_id block_num", **_OFFER, **_WRITTEN),
        offers=listing("MarketOffers", _OFFER),
        new_bid=model(
            "NewMarketBid", "offer_id price_ct_per_kwh", market=_MARKET, offer_id=_OFFER_ID, price_ct_per_kwh=_PRICE
        ),
        placed_bid=model(
            "PlacedMarketBid",
            "offer_id market price_ct_per_kwh transaction_id block_num",
            **_OFFER,
            price_ct_per_kwh=_PRICE_OUT,
            **_WRITTEN,
        ),
        bids=listing("MarketBids", _BID),
        **_money(model, whole),
        **_figures(whole, listing),
    )


def _array(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": list(of), "properties": of}}


def _money(model: Any, whole: Any) -> dict[str, Model]:
    return {
        "account": whole(
            "MarketAccount",
            market=_TEXT,
            eos_account={**_MAYBE_TEXT, "description": "null while the box is not registered"},
            available_eur=_EUR_OUT,
            locked_eur=_EUR_OUT,
            wallet_eur={**_EUR_OUT, "description": "Outside of the market"},
            history=_array(_ENTRY),
            next_cursor=_MAYBE_TEXT,
        ),
        "deposit": model(
            "MarketDeposit",
            "amount_eur",
            market=_MARKET,
            amount_eur=_EUR_IN,
            eos_account={"type": "string", "pattern": EOS_NAME, "description": "EVU only: whose payment it is"},
            participant_sub={"type": "string", "pattern": SUB, "description": "EVU only: whose payment it is"},
        ),
        "withdrawal": model("MarketWithdrawal", "amount_eur", market=_MARKET, amount_eur=_EUR_IN),
        "moved": whole("MarketMoneyMoved", market=_TEXT, eos_account=_TEXT, amount_eur=_EUR_OUT, **_WRITTEN),
    }


def _figures(whole: Any, listing: Any) -> dict[str, Model]:
    summed = {name: part for name, part in _GROUP_SLOT.items() if name.endswith("_wh")}
    totals = {"type": "object", "required": list(summed), "properties": summed}
    return {
        "day": whole(
            "MarketDay",
            market=_TEXT,
            unit_mastr_nr=_TEXT,
            date={"type": "string", "format": "date", "description": "In Europe/Berlin: 92, 96 or 100 quarter hours"},
            items=_array(_DAY_SLOT),
        ),
        "balances": listing("MarketBalances", _BALANCE),
        "group": whole("BalancingGroup", market=_TEXT, group=_MAYBE_TEXT, items=_array(_GROUP_SLOT), totals=totals),
    }

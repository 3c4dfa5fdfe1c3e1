"""Actions as the ABIs give them, as the model takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from auditor.chain.abi import Asset
from market import actions
from market.rows import Params, Prices

TOKEN, BOXES, MARKET, POOL = "tbitoken", "tbiclsbox", "tbimarket", "tbipool"
CONTRACTS: Final = (TOKEN, BOXES, MARKET, POOL)
EUR: Final = "EUR"

ROOTS: Final[Mapping[tuple[str, str], type]] = {
    (TOKEN, "create"): actions.Create,
    (TOKEN, "issue"): actions.Issue,
    (TOKEN, "transfer"): actions.Transfer,
    (BOXES, "regbox"): actions.RegBox,
    (BOXES, "rekey"): actions.ReKey,
    (BOXES, "regpoint"): actions.RegPoint,
    (BOXES, "regunit"): actions.RegUnit,
    (BOXES, "senddata"): actions.SendData,
    (BOXES, "raise"): actions.Raise,
    (BOXES, "expire"): actions.Expire,
    (MARKET, "openmarket"): actions.OpenMarket,
    (MARKET, "setparams"): actions.SetParams,
    (MARKET, "setprices"): actions.SetPrices,
    (MARKET, "withdraw"): actions.Withdraw,
    (MARKET, "forecast"): actions.RecordForecast,
    (MARKET, "offer"): actions.PlaceOffer,
    (MARKET, "retract"): actions.Retract,
    (MARKET, "bid"): actions.Bid,
    (MARKET, "award"): actions.Award,
    (MARKET, "deliver"): actions.Deliver,
    (MARKET, "settle"): actions.Settle,
    (MARKET, "sweep"): actions.Sweep,
    (MARKET, "erase"): actions.Erase,
    (MARKET, "passpropose"): actions.PassPropose,
    (MARKET, "passdrop"): actions.PassDrop,
    (MARKET, "passaccept"): actions.PassAccept,
    (MARKET, "passend"): actions.PassEnd,
    (MARKET, "passclear"): actions.PassClear,
    (MARKET, "p2ppropose"): actions.P2pPropose,
    (MARKET, "p2pdrop"): actions.P2pDrop,
    (MARKET, "p2paccept"): actions.P2pAccept,
    (MARKET, "mintp2x"): actions.MintP2x,
}
"""What people and keepers call. All other actions of these contracts follow from these."""

_INSIDE: Final[Mapping[tuple[type, str], type]] = {
    (actions.OpenMarket, "params"): Params,
    (actions.OpenMarket, "prices"): Prices,
    (actions.SetParams, "params"): Params,
    (actions.SetPrices, "prices"): Prices,
    (actions.RecordForecast, "points"): actions.PointForecast,
    (actions.PointForecast, "units"): actions.UnitMaximum,
    (actions.Deliver, "readings"): actions.PointReading,
    (actions.PointReading, "units"): actions.UnitProduction,
}


def to_model(kind: type, data: Mapping[str, Any]) -> Any:
    """The model's action (or a part of one) from the ABI's fields. Raises KeyError when one is missing."""
    return kind(**{field.name: _value(kind, field.name, data) for field in fields(kind)})


def _value(kind: type, field: str, data: Mapping[str, Any]) -> Any:
    value = data["from" if field == "sender" else field]
    inside = _INSIDE.get((kind, field))
    if isinstance(value, Asset):
        return value.amount
    if isinstance(value, list):
        return tuple(to_model(inside, item) if inside else item for item in value)
    return to_model(inside, value) if inside else value

"""The actions of the contracts: same names and fields as in the ABIs, frozen.

Money is an integer in units of 1e-6 EUR where the ABI has an asset.
"""

from __future__ import annotations

from market.actions.agreements import (
    MintP2x,
    P2pAccept,
    P2pDrop,
    P2pPropose,
    PassAccept,
    PassClear,
    PassDrop,
    PassEnd,
    PassPropose,
)
from market.actions.boxes import (
    Expire,
    Raise,
    RegBox,
    RegPoint,
    RegUnit,
    ReKey,
    SendData,
)
from market.actions.token import (
    Create,
    Issue,
    Transfer,
)
from market.actions.trading import (
    Award,
    Bid,
    Deliver,
    Erase,
    OpenMarket,
    PlaceOffer,
    PointForecast,
    PointReading,
    RecordForecast,
    Retract,
    SetParams,
    SetPrices,
    Settle,
    Sweep,
    UnitMaximum,
    UnitProduction,
    Withdraw,
)

__all__ = [
    "Action",
    "Award",
    "Bid",
    "Create",
    "Deliver",
    "Erase",
    "Expire",
    "Issue",
    "MintP2x",
    "OpenMarket",
    "P2pAccept",
    "P2pDrop",
    "P2pPropose",
    "PassAccept",
    "PassClear",
    "PassDrop",
    "PassEnd",
    "PassPropose",
    "PlaceOffer",
    "PointForecast",
    "PointReading",
    "Raise",
    "ReKey",
    "RecordForecast",
    "RegBox",
    "RegPoint",
    "RegUnit",
    "Retract",
    "SendData",
    "SetParams",
    "SetPrices",
    "Settle",
    "Sweep",
    "Transfer",
    "UnitMaximum",
    "UnitProduction",
    "Withdraw",
]

Action = (
    Create
    | Issue
    | Transfer
    | RegBox
    | ReKey
    | RegPoint
    | RegUnit
    | SendData
    | Raise
    | Expire
    | OpenMarket
    | SetParams
    | SetPrices
    | Withdraw
    | RecordForecast
    | PlaceOffer
    | Retract
    | Bid
    | Award
    | Deliver
    | Settle
    | Sweep
    | Erase
    | PassPropose
    | PassDrop
    | PassAccept
    | PassEnd
    | PassClear
    | P2pPropose
    | P2pDrop
    | P2pAccept
    | MintP2x
)

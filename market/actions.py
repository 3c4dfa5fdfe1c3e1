"""The actions of the contracts: same names and fields as in the ABIs, frozen.

Money is an integer in units of 1e-6 EUR where the ABI has an asset.
"""

from __future__ import annotations

from dataclasses import dataclass

from market.rows import Params, Prices

# tbitoken


@dataclass(frozen=True, slots=True)
class Create:
    issuer: str
    maximum_supply: int


@dataclass(frozen=True, slots=True)
class Issue:
    to: str
    quantity: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """`from` is a word of Python's own: `sender` here."""

    sender: str
    to: str
    quantity: int
    memo: str


# tbiclsbox


@dataclass(frozen=True, slots=True)
class RegBox:
    market: str
    box: str
    key: str


@dataclass(frozen=True, slots=True)
class ReKey:
    market: str
    box: str
    key: str


@dataclass(frozen=True, slots=True)
class RegPoint:
    market: str
    account: str
    box: str
    group: str
    hash: str


@dataclass(frozen=True, slots=True)
class RegUnit:
    market: str
    point: int
    hash: str


@dataclass(frozen=True, slots=True)
class SendData:
    market: str
    limit: int


@dataclass(frozen=True, slots=True)
class Raise:
    market: str
    box: str
    kind: str
    point: int
    slot: int
    energy_wh: int
    buyer: str


@dataclass(frozen=True, slots=True)
class Expire:
    market: str
    box: str
    limit: int


# tbimarket


@dataclass(frozen=True, slots=True)
class OpenMarket:
    market: str
    slot_s: int
    horizon_s: int
    until: int
    operator: str
    evu: str
    params: Params
    prices: Prices


@dataclass(frozen=True, slots=True)
class SetParams:
    market: str
    params: Params


@dataclass(frozen=True, slots=True)
class SetPrices:
    market: str
    prices: Prices


@dataclass(frozen=True, slots=True)
class Withdraw:
    market: str
    owner: str
    quantity: int


@dataclass(frozen=True, slots=True)
class UnitMaximum:
    unit: int
    generation_wh: int
    max_wh: int


@dataclass(frozen=True, slots=True)
class PointForecast:
    point: int
    consumption_wh: int
    units: tuple[UnitMaximum, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordForecast:
    """The action `forecast`."""

    market: str
    slot: int
    points: tuple[PointForecast, ...]


@dataclass(frozen=True, slots=True)
class PlaceOffer:
    """The action `offer`."""

    market: str
    seller: str
    unit: int
    slot: int
    energy_wh: int
    start_price: int
    key: int


@dataclass(frozen=True, slots=True)
class Retract:
    market: str
    seller: str
    offer: int


@dataclass(frozen=True, slots=True)
class Bid:
    market: str
    bidder: str
    offer: int
    price: int


@dataclass(frozen=True, slots=True)
class Award:
    market: str
    offer: int


@dataclass(frozen=True, slots=True)
class UnitProduction:
    unit: int
    produced_wh: int


@dataclass(frozen=True, slots=True)
class PointReading:
    point: int
    fed_in_wh: int
    consumed_wh: int
    units: tuple[UnitProduction, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliver:
    market: str
    box: str
    slot: int
    readings: tuple[PointReading, ...]


@dataclass(frozen=True, slots=True)
class Settle:
    market: str
    offer: int


@dataclass(frozen=True, slots=True)
class Sweep:
    market: str
    slot: int
    point: int


@dataclass(frozen=True, slots=True)
class Erase:
    market: str
    slot: int
    limit: int


@dataclass(frozen=True, slots=True)
class PassPropose:
    market: str
    unit: int
    price: int
    from_slot: int
    until_slot: int


@dataclass(frozen=True, slots=True)
class PassDrop:
    market: str
    party: str
    unit: int


@dataclass(frozen=True, slots=True)
class PassAccept:
    market: str
    owner: str
    unit: int
    price: int
    from_slot: int
    until_slot: int


@dataclass(frozen=True, slots=True)
class PassEnd:
    market: str
    party: str
    unit: int
    from_slot: int
    end_slot: int


@dataclass(frozen=True, slots=True)
class PassClear:
    market: str
    unit: int
    from_slot: int


@dataclass(frozen=True, slots=True)
class P2pPropose:
    market: str
    seller: str
    buyer: str
    unit: int
    slot: int
    energy_wh: int
    price: int
    key: int


@dataclass(frozen=True, slots=True)
class P2pDrop:
    market: str
    party: str
    unit: int
    slot: int


@dataclass(frozen=True, slots=True)
class P2pAccept:
    market: str
    buyer: str
    seller: str
    unit: int
    slot: int
    energy_wh: int
    price: int
    key: int


@dataclass(frozen=True, slots=True)
class MintP2x:
    market: str
    slot: int
    kwh: int


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

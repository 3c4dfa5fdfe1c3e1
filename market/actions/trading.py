"""Markets, the auction, deliveries and settlements (tbimarket)."""

from __future__ import annotations

from dataclasses import dataclass

from market.rows import Params, Prices


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

"""tbimarket's rows: ledger, auction, delivery, settlement, other ways to market."""

from __future__ import annotations

from dataclasses import dataclass

from market.rows.states import SOLD, OfferStatus, ReadingStatus, Surplus
from market.values import UINT32_MAX


@dataclass(frozen=True, slots=True)
class Market:
    market: str
    slot_s: int
    horizon_s: int
    until: int
    operator: str
    evu: str
    opened_at: int
    next_offer: int


@dataclass(frozen=True, slots=True)
class Params:
    from_slot: int
    lead_s: int
    extend_s: int
    settle_gap_s: int
    deadline_s: int
    retain_s: int
    tick: int
    min_price: int
    max_price: int
    max_offers: int
    max_bids: int
    credit_line: int


@dataclass(frozen=True, slots=True)
class Prices:
    from_slot: int
    evu_buy: int
    evu_sell: int


@dataclass(frozen=True, slots=True)
class Account:
    """A row of the ledger."""

    owner: str
    participant: int
    available: int = 0
    locked: int = 0
    bids: int = 0


@dataclass(frozen=True, slots=True)
class UnitForecast:
    unit: int
    generation_wh: int
    max_wh: int
    offered_wh: int
    offers: int


@dataclass(frozen=True, slots=True)
class Forecast:
    key: int
    consumption_wh: int
    units: tuple[UnitForecast, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    id: int
    seller: str
    unit: int
    point: int
    slot: int
    energy_wh: int
    start_price: int
    closes_at: int
    status: OfferStatus
    bid_price: int
    bidder: str
    lock: int
    client_key: int
    seller_key: int
    buyer_key: int

    @property
    def due_key(self) -> int:
        return self.status << 32 | self.closes_at

    @property
    def is_sold(self) -> bool:
        return self.status in SOLD


@dataclass(frozen=True, slots=True)
class SlotState:
    slot: int
    undecided: int
    pending: int


@dataclass(frozen=True, slots=True)
class UnitReading:
    unit: int
    produced_wh: int
    fed_in_wh: int


@dataclass(frozen=True, slots=True)
class Reading:
    key: int
    box: str
    fed_in_wh: int
    consumed_wh: int
    units: tuple[UnitReading, ...]
    delivered_at: int
    status: ReadingStatus
    surplus: Surplus


@dataclass(frozen=True, slots=True)
class Watermark:
    """`bits` is one integer here: bit n stands for the slot `newest - n * slot_s`. The contract keeps it as 16
    words of 64 bits."""

    point: int
    newest: int
    bits: int


@dataclass(frozen=True, slots=True)
class PassiveProposal:
    """What the EVU has proposed to a unit's owner (M-PAS-03)."""

    unit: int
    owner: str
    price: int
    from_slot: int
    until_slot: int


@dataclass(frozen=True, slots=True)
class PassiveContract:
    """Holds from the slot in its key's lower half on, before `until_slot` (0: open end)."""

    key: int
    owner: str
    price: int
    until_slot: int

    @property
    def unit(self) -> int:
        return self.key >> 32

    @property
    def from_slot(self) -> int:
        return self.key & UINT32_MAX


@dataclass(frozen=True, slots=True)
class Deal:
    """What a seller has proposed to a buyer for a slot and unit; accepted when it has become an offer (not 0)."""

    key: int
    seller: str
    buyer: str
    energy_wh: int
    price: int
    client_key: int
    offer: int = 0


@dataclass(frozen=True, slots=True)
class Takeover:
    """What the EVU took over in a slot (M-SEC-02)."""

    slot: int
    swept_wh: int = 0
    passive_wh: int = 0
    unused_wh: int = 0
    minted_wh: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    offer: int
    seller: str
    buyer: str
    slot: int
    price: int
    sold_wh: int
    delivered_wh: int
    produced_wh: int
    consumed_wh: int
    difference_wh: int
    to_seller: int
    shortfall: int
    penalty: int
    surplus: int
    settled_at: int

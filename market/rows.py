"""The rows of the contracts' tables: same names, same fields, frozen. Units as in `contracts/README.md`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from market.values import UINT32_MAX, slot_key


class OfferStatus(IntEnum):
    """Where an offer stands. SOLD and FINAL below say what counts as which."""

    OPEN = 0
    AWARDED = 1
    UNSOLD = 2
    WITHDRAWN = 3
    SETTLED = 4
    UNFUNDED = 5


SOLD = frozenset({OfferStatus.AWARDED, OfferStatus.SETTLED, OfferStatus.UNFUNDED})
FINAL = frozenset({OfferStatus.UNSOLD, OfferStatus.WITHDRAWN, OfferStatus.SETTLED})


class ReadingStatus(IntEnum):
    """When a reading arrived (M-DEL-04): after the deadline it is a record only."""

    ON_TIME = 0
    LATE = 1
    RECORD_ONLY = 2


class Surplus(IntEnum):
    """Whether a reading's surplus has been paid for (M-SEC-01)."""

    PENDING = 0
    SETTLED = 1
    UNFUNDED = 2


# tbitoken


@dataclass(frozen=True, slots=True)
class Stat:
    """A token: EUR, amounts in units of 1e-6 EUR; PTX, in kWh."""

    supply: int
    max_supply: int
    issuer: str


# tbiclsbox


@dataclass(frozen=True, slots=True)
class Participant:
    id: int
    account: str
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Box:
    box: str
    key: str
    since: int


@dataclass(frozen=True, slots=True)
class Key:
    id: int
    box: str
    key: str
    since: int


@dataclass(frozen=True, slots=True)
class Point:
    id: int
    hash: str
    participant: int
    account: str
    box: str
    group: str
    since: int
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    id: int
    hash: str
    point: int
    since: int


@dataclass(frozen=True, slots=True)
class Counters:
    id: int
    participants: int
    points: int
    units: int
    keys: int
    event_slot: int
    event_point: int


@dataclass(frozen=True, slots=True)
class BoxPoint:
    id: int
    market: str
    point: int
    slot_s: int


@dataclass(frozen=True, slots=True)
class BoxEvent:
    id: int
    market: str
    kind: str
    point: int
    slot: int
    energy_wh: int
    buyer: str
    raised_at: int
    by_hand: bool

    @property
    def due(self) -> int:
        return slot_key(self.slot, self.point)


@dataclass(frozen=True, slots=True)
class BoxState:
    id: int
    next_event: int
    next_point: int


# tbimarket


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


# tbipool


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    group: str


@dataclass(frozen=True, slots=True)
class Figures:
    key: int
    forecast_generation_wh: int = 0
    forecast_consumption_wh: int = 0
    fed_in_wh: int = 0
    consumed_wh: int = 0
    traded_wh: int = 0
    residual_wh: int = 0

"""The story of the day: who offers, bids, produces and consumes what. Everything else follows from the rules."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from deploy.chain.market import Market
from market.rows import Params, Prices
from market.values import Money, Price

SLOT_S = 20
HORIZON_S = 3600
SLOTS_UNTIL_THE_END = 4
"""The market closes this many slots after the last traded one: nothing goes on for ever after a demonstration."""

PARAMS = Params(
    from_slot=0,
    lead_s=6,
    extend_s=4,
    settle_gap_s=1,
    deadline_s=90,
    retain_s=600,
    tick=Price.from_ct_per_kwh("0.01"),
    min_price=1,
    max_price=Price.from_ct_per_kwh("100"),
    max_offers=4,
    max_bids=16,
    credit_line=Money.from_eur("100"),
)
PRICES = Prices(from_slot=0, evu_buy=Price.from_ct_per_kwh("8"), evu_sell=Price.from_ct_per_kwh("32"))

DEPOSIT = Money.from_eur("10")
PLAYERS = ("seller", "bidder1", "bidder2")
"""By the names of their boxes. `seller` and `bidder1` have photovoltaics, `bidder2` only consumes."""

GENERATION_FORECAST_KWH = {"seller": "2.5", "bidder1": "1.2"}
"""What the utility's workbook says for each quarter hour, by whose unit it is."""


@dataclass(frozen=True)
class Bid:
    """`late`: placed shortly before the auction closes, so that it moves the closing."""

    bidder: str
    price: Price
    late: bool = False


@dataclass(frozen=True)
class Offer:
    """`slot` counts the traded slots from 0."""

    slot: int
    seller: str
    energy_wh: int
    start_price: Price
    bids: tuple[Bid, ...] = ()
    says: str = ""


def _ct(text: str) -> Price:
    return Price.from_ct_per_kwh(text)


OFFERS = (
    Offer(
        *(0, "seller", 600, _ct("20")),
        (Bid("bidder1", _ct("22")), Bid("bidder2", _ct("25")), Bid("bidder1", _ct("28"), late=True)),
        "bidder1 is outbid and comes back late; more is fed in than was sold: a surplus",
    ),
    Offer(1, "seller", 1000, _ct("20"), (Bid("bidder2", _ct("26")),), "less is fed in than was sold: a shortfall"),
    Offer(1, "bidder1", 300, _ct("30"), (), "nobody bids: unsold"),
    Offer(2, "seller", 500, _ct("18"), (Bid("bidder2", _ct("19.5")),), "the buyer's box has no link: it delivers late"),
    Offer(2, "bidder1", 200, _ct("17"), (Bid("bidder2", _ct("18")),), "a second unit sells in the same slot"),
)
"""In the order of their ids, from 1 on."""

SLOTS = 1 + max(offer.slot for offer in OFFERS)
OFFLINE, OFFLINE_SLOT = "bidder2", 2
"""Whose box loses its link, and in which slot; it comes back when a delivery is late already."""


@dataclass(frozen=True)
class Day:
    """What a household does in a slot, in Wh: PV production and consumption behind the meter."""

    produced_wh: int = 0
    used_wh: int = 0

    @property
    def fed_in_wh(self) -> int:
        return max(0, self.produced_wh - self.used_wh)

    @property
    def consumed_wh(self) -> int:
        return max(0, self.used_wh - self.produced_wh)


DAYS = {
    "seller": (Day(1200, 300), Day(1000, 300), Day(800, 200)),
    "bidder1": (Day(0, 700), Day(500, 200), Day(450, 150)),
    "bidder2": (Day(0, 450), Day(0, 450), Day(0, 900)),
}
"""Slot 0: the seller feeds in 900 Wh and sold 600. Slot 1: 700 of the 1000 it sold, of which bidder2 uses 450."""


def eur(units: int) -> str:
    """Units of 1e-6 EUR as people read them."""
    return f"{Decimal(Money(units).eur):.6f} EUR"


def market(name: str, until: int) -> Market:
    """The short-slot market of the story."""
    return Market(name, SLOT_S, HORIZON_S, until, PARAMS, PRICES)

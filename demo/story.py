"""The story of the slot: who offers, bids, produces and consumes what. Everything else follows from the rules."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from deploy.chain.market import Market
from market.rows import Params, Prices
from market.values import Money, Price

SLOT_S = 20
HORIZON_S = 3600
SLOTS_UNTIL_THE_END = 3
"""The market closes this many slots after the traded one: nothing goes on for ever after a demonstration."""

PARAMS = Params(
    from_slot=0,
    lead_s=6,
    extend_s=4,
    settle_gap_s=1,
    deadline_s=30,
    retain_s=10,
    tick=Price.from_ct_per_kwh("0.01"),
    min_price=1,
    max_price=Price.from_ct_per_kwh("100"),
    max_offers=4,
    max_bids=16,
    credit_line=Money.from_eur("100"),
)
PRICES = Prices(from_slot=0, evu_buy=Price.from_ct_per_kwh("8"), evu_sell=Price.from_ct_per_kwh("32"))

GROUP = "trier"
DEPOSIT = Money.from_eur("10")

GENERATION_FORECAST_WH = 1500
CONSUMPTION_FORECAST_WH = {"seller": 300, "bidder1": 800, "bidder2": 500}
OFFER_WH = 1000
START_PRICE = Price.from_ct_per_kwh("20")


@dataclass(frozen=True)
class Bid:
    """`late`: placed shortly before the auction closes, so that it moves the closing."""

    bidder: str
    price: Price
    late: bool = False


BIDS = (
    Bid("bidder1", Price.from_ct_per_kwh("22")),
    Bid("bidder2", Price.from_ct_per_kwh("25")),
    Bid("bidder1", Price.from_ct_per_kwh("28"), late=True),
)


@dataclass(frozen=True)
class Day:
    """What a household does in the slot, in Wh: PV production and consumption behind the meter."""

    produced_wh: int = 0
    used_wh: int = 0

    @property
    def fed_in_wh(self) -> int:
        return max(0, self.produced_wh - self.used_wh)

    @property
    def consumed_wh(self) -> int:
        return max(0, self.used_wh - self.produced_wh)


DAYS = {"seller": Day(produced_wh=1200, used_wh=300), "bidder1": Day(used_wh=700), "bidder2": Day(used_wh=450)}
"""The seller feeds in 900 of the 1000 Wh that it sold; bidder1 uses 700 of the 1000 Wh that it bought."""


def eur(units: int) -> str:
    return f"{Decimal(Money(units).eur):.6f} EUR"


def market(name: str, until: int) -> Market:
    """The short-slot market of the story."""
    return Market(name, SLOT_S, HORIZON_S, until, PARAMS, PRICES)

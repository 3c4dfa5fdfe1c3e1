"""The owner's orders: parsed once, held against the box's own limits, and turned into actions of the contracts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from market.values import EosName, MastrNumber, Money, Price, Slot, WattHours
from services.cls_box_logic.errors import NotAllowedHere

LOCAL = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the box signs at most, whoever asks."""

    max_energy_wh: WattHours
    min_price: Price
    max_price: Price
    max_transfer: Money


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of a unit's energy. `key` makes it unique for its owner and slot (M-OFF-07)."""

    market: EosName
    unit_mastr_nr: MastrNumber
    slot: Slot
    energy: WattHours
    start_price: Price
    key: int

    def action(self, seller: EosName, unit: int) -> dict[str, Any]:
        """`tbimarket::offer`."""
        return market_action(
            "offer",
            market=self.market,
            seller=seller,
            unit=unit,
            slot=int(self.slot),
            energy_wh=int(self.energy),
            start_price=int(self.start_price),
            key=self.key,
        )


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid for an offer."""

    market: EosName
    offer: int
    price: Price

    def action(self, bidder: EosName) -> dict[str, Any]:
        """`tbimarket::bid`."""
        return market_action("bid", market=self.market, bidder=bidder, offer=self.offer, price=int(self.price))


@dataclass(frozen=True, slots=True)
class Retraction:
    """The withdrawal of an offer without a bid (M-OFF-05)."""

    market: EosName
    offer: int

    def action(self, seller: EosName) -> dict[str, Any]:
        """`tbimarket::retract`."""
        return market_action("retract", market=self.market, seller=seller, offer=self.offer)


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money into the market's ledger (M-LED-01)."""

    market: EosName
    amount: Money

    def action(self, owner: EosName) -> dict[str, Any]:
        """`tbitoken::transfer` to the market."""
        body = {"from": str(owner), "to": "tbimarket", "quantity": self.amount.asset, "memo": str(self.market)}
        return {"account": "tbitoken", "name": "transfer", "data": body}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Money out of the market's ledger (M-LED-02)."""

    market: EosName
    amount: Money

    def action(self, owner: EosName) -> dict[str, Any]:
        """`tbimarket::withdraw`."""
        return market_action("withdraw", market=self.market, owner=owner, quantity=self.amount.asset)


def check_offer(offer: Offer, own_units: set[str], limits: Limits) -> None:
    """Raises NotAllowedHere for a unit of another box, or energy or price beyond the limits."""
    if offer.unit_mastr_nr not in own_units:
        raise NotAllowedHere(f"{offer.unit_mastr_nr} is not a unit of this box; offer one of its own")
    if offer.energy > limits.max_energy_wh:
        raise NotAllowedHere(f"this box offers at most {limits.max_energy_wh} Wh at once, not {offer.energy}")
    check_price(offer.start_price, limits)


def check_bid(bid: Bid, limits: Limits) -> None:
    """Raises NotAllowedHere for a price beyond the limits."""
    check_price(bid.price, limits)


def check_transfer(amount: Money, limits: Limits) -> None:
    """Raises NotAllowedHere for more money than the box moves at once."""
    if amount > limits.max_transfer:
        raise NotAllowedHere(f"this box moves at most {limits.max_transfer.eur} EUR at once, not {amount.eur}")


def key_from(text: str) -> int:
    """A 64-bit key that follows from a text: the same request gives the same key."""
    return int.from_bytes(hashlib.sha256(b"offer-key:" + text.encode()).digest()[:8])


def parse_slot(text: str) -> Slot:
    """A slot's start from an ISO 8601 time; without an offset it means Europe/Berlin. ValueError on anything else."""
    try:
        return Slot.from_datetime(parse_local(text))
    except (OverflowError, OSError) as error:
        raise ValueError("must lie within the years that a chain knows") from error


def parse_local(text: str) -> datetime:
    """A time with offset from ISO 8601; without one it means Europe/Berlin. ValueError on anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must be an ISO 8601 time such as 2026-11-22T10:15:00Z") from error
    return moment if moment.tzinfo is not None else _local(moment)


def _local(moment: datetime) -> datetime:
    first, second = (moment.replace(tzinfo=LOCAL, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise ValueError("is ambiguous or skipped at the change of time: give it with an offset or Z")
    return first.astimezone(UTC)


def parse_amount(text: str) -> Money:
    """A positive amount of EUR. ValueError on anything else."""
    amount = Money.from_eur(text)
    if amount <= 0:
        raise ValueError("must be above 0")
    return amount


def check_price(price: Price, limits: Limits) -> None:
    """Raises NotAllowedHere for a price beyond the limits."""
    if not limits.min_price <= price <= limits.max_price:
        raise NotAllowedHere(
            f"this box signs prices from {limits.min_price.ct_per_kwh} to {limits.max_price.ct_per_kwh} ct/kWh, not "
            f"{price.ct_per_kwh}"
        )


def market_action(action: str, /, **data: Any) -> dict[str, Any]:
    """An action of `tbimarket`, with plain values."""
    body = {name: str(value) if isinstance(value, str) else value for name, value in data.items()}
    return {"account": "tbimarket", "name": action, "data": body}

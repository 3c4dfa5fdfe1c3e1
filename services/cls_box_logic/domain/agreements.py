"""The owner's orders about passive contracts (M-PAS-*) and peer-to-peer deals (M-P2P-*): what he agrees to, in his own
words, held against the box's own limits, as actions of the contracts.

The account that acts is always the box's own. Slots are the starts of slots; `until` 0: an open end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.values import EosName, MastrNumber, Price, Slot, WattHours
from services.cls_box_logic.domain.orders import Limits, check_price, market_action
from services.cls_box_logic.errors import NotAllowedHere
from services.shared.times import iso

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PassiveAcceptance:
    """The acceptance of the EVU's proposal with exactly these terms (M-PAS-03)."""

    market: EosName
    unit_mastr_nr: MastrNumber
    price: Price
    from_slot: Slot
    until_slot: Slot

    def action(self, owner: EosName, unit: int) -> Body:
        """`tbimarket::passaccept`."""
        terms = {"price": int(self.price), "from_slot": int(self.from_slot), "until_slot": int(self.until_slot)}
        return market_action("passaccept", market=self.market, owner=owner, unit=unit, **terms)

    def body(self) -> Body:
        """As JSON."""
        return {
            "market": str(self.market),
            "unit_mastr_nr": str(self.unit_mastr_nr),
            "price_ct_per_kwh": self.price.ct_per_kwh,
            "from_slot": iso(self.from_slot),
            "until_slot": iso(self.until_slot) if self.until_slot else None,
        }


@dataclass(frozen=True, slots=True)
class PassiveDrop:
    """The refusal of a unit's proposal (M-PAS-03)."""

    market: EosName
    unit_mastr_nr: MastrNumber

    def action(self, party: EosName, unit: int) -> Body:
        """`tbimarket::passdrop`."""
        return market_action("passdrop", market=self.market, party=party, unit=unit)

    def body(self) -> Body:
        """As JSON."""
        return {"market": str(self.market), "unit_mastr_nr": str(self.unit_mastr_nr)}


@dataclass(frozen=True, slots=True)
class PassiveEnd:
    """The end of the contract that begins at `from_slot`, with effect from `end_slot` (M-PAS-05)."""

    market: EosName
    unit_mastr_nr: MastrNumber
    from_slot: Slot
    end_slot: Slot

    def action(self, party: EosName, unit: int) -> Body:
        """`tbimarket::passend`."""
        slots = {"from_slot": int(self.from_slot), "end_slot": int(self.end_slot)}
        return market_action("passend", market=self.market, party=party, unit=unit, **slots)

    def body(self) -> Body:
        """As JSON."""
        slots = {"from_slot": iso(self.from_slot), "end_slot": iso(self.end_slot)}
        return {"market": str(self.market), "unit_mastr_nr": str(self.unit_mastr_nr), **slots}


@dataclass(frozen=True, slots=True)
class DealProposal:
    """Energy of a unit for a slot, proposed to one buyer at a fixed price (M-P2P-01)."""

    market: EosName
    unit_mastr_nr: MastrNumber
    buyer: EosName
    slot: Slot
    energy: WattHours
    price: Price
    key: int

    def action(self, seller: EosName, unit: int) -> Body:
        """`tbimarket::p2ppropose`."""
        return market_action(
            "p2ppropose",
            market=self.market,
            seller=seller,
            buyer=self.buyer,
            unit=unit,
            slot=int(self.slot),
            energy_wh=int(self.energy),
            price=int(self.price),
            key=self.key,
        )

    def body(self) -> Body:
        """As JSON; large keys as text, so that no reader rounds them."""
        return {
            "market": str(self.market),
            "unit_mastr_nr": str(self.unit_mastr_nr),
            "buyer_account": str(self.buyer),
            **_terms(self.slot, self.energy, self.price, self.key),
        }


@dataclass(frozen=True, slots=True)
class DealDrop:
    """A proposal that is taken back by its seller, or refused by its buyer (M-P2P-02). `unit`: its id on the chain."""

    market: EosName
    unit: int
    slot: Slot

    def action(self, party: EosName) -> Body:
        """`tbimarket::p2pdrop`."""
        return market_action("p2pdrop", market=self.market, party=party, unit=self.unit, slot=int(self.slot))

    def body(self) -> Body:
        """As JSON."""
        return {"market": str(self.market), "unit_id": self.unit, "slot": int(self.slot)}


@dataclass(frozen=True, slots=True)
class DealAcceptance:
    """The purchase that a seller has proposed, with exactly these terms (M-P2P-01). `unit`: its id on the chain."""

    market: EosName
    seller: EosName
    unit: int
    slot: Slot
    energy: WattHours
    price: Price
    key: int

    def action(self, buyer: EosName) -> Body:
        """`tbimarket::p2paccept`."""
        return market_action(
            "p2paccept",
            market=self.market,
            buyer=buyer,
            seller=self.seller,
            unit=self.unit,
            slot=int(self.slot),
            energy_wh=int(self.energy),
            price=int(self.price),
            key=self.key,
        )

    def body(self) -> Body:
        """As JSON; large keys as text, so that no reader rounds them."""
        about = {"market": str(self.market), "seller_account": str(self.seller), "unit_id": self.unit}
        return {**about, **_terms(self.slot, self.energy, self.price, self.key)}


OfOwnUnit = PassiveAcceptance | PassiveDrop | PassiveEnd | DealProposal
Agreement = OfOwnUnit | DealDrop | DealAcceptance


def check_agreement(order: Agreement, own_units: set[str], limits: Limits) -> None:
    """Raises NotAllowedHere for a unit of another box, or energy or price beyond the limits."""
    if isinstance(order, OfOwnUnit) and order.unit_mastr_nr not in own_units:
        raise NotAllowedHere(f"{order.unit_mastr_nr} is not a unit of this box; name one of its own")
    if isinstance(order, DealProposal | DealAcceptance) and order.energy > limits.max_energy_wh:
        raise NotAllowedHere(f"this box trades at most {limits.max_energy_wh} Wh at once, not {order.energy}")
    if isinstance(order, PassiveAcceptance | DealProposal | DealAcceptance):
        check_price(order.price, limits)


def _terms(slot: Slot, energy: WattHours, price: Price, key: int) -> Body:
    return {"slot": int(slot), "energy_wh": int(energy), "price_ct_per_kwh": price.ct_per_kwh, "key": str(key)}

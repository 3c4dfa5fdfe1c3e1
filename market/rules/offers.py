"""Offers (M-OFF)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from market.actions import PlaceOffer, Retract
from market.call import Call
from market.refusal import Refused, check
from market.rows import Forecast, Offer, OfferStatus, Point, SlotState, UnitForecast
from market.rules import ledger, passive
from market.values import amount, slot_key


@dataclass(frozen=True, slots=True)
class Draft:
    """An offer that nothing speaks against, not yet made."""

    seller: str
    unit: int
    point: Point
    slot: int
    energy_wh: int
    start_price: int
    key: int
    lock: int
    forecast: Forecast
    maximum: UnitForecast


def place(call: Call, action: PlaceOffer) -> None:
    """A unit's energy for a slot, offered from a start price on."""
    call.require(action.seller, "M-OFF-01")
    new = draft(
        call,
        action.seller,
        unit=action.unit,
        slot=action.slot,
        energy_wh=action.energy_wh,
        price=action.start_price,
        key=action.key,
    )
    make(call, new)


def draft(call: Call, seller: str, *, unit: int, slot: int, energy_wh: int, price: int, key: int) -> Draft:
    """Checks all that an offer must be, but the seller's authority."""
    _ = call.row
    known = call.books.units.get(unit)
    if known is None:
        raise Refused("M-REG-02", "the unit is not registered in this market")
    point = call.books.points[known.point]
    check(point.account == seller, "M-OFF-01", "the unit belongs to another participant")
    before = call.books.offers.where("seller", slot_key(slot, point.participant))
    check(all(offer.client_key != key for offer in before), "M-OFF-07", "this offer is placed already")
    call.check_open_for_trade(slot, "M-OFF-02")
    check(passive.price_of(call, unit, slot) is None, "M-PAS-02", "the unit is passive in this slot")
    deal = call.books.deals.get(slot_key(slot, unit))
    check(deal is None or not deal.offer, "M-PAS-02", "the unit is sold peer-to-peer in this slot")
    check(energy_wh > 0, "M-OFF-03", "the energy must be above 0")
    params = call.params(slot)
    check(
        params.min_price <= price <= params.max_price,
        "M-OFF-04",
        "the start price lies outside the market's bounds",
    )
    forecast, maximum = _maximum(call, slot, point.id, unit)
    check(
        maximum.offered_wh + energy_wh <= maximum.max_wh, "M-OFF-03", "all offers together exceed the forecast maximum"
    )
    check(maximum.offers < params.max_offers, "M-RAM-03", "the unit has as many offers for this slot as it may have")
    lock = amount(energy_wh, max(0, call.prices(slot).evu_sell - price))
    check(ledger.of(call, seller).available >= lock, "M-OFF-06", "too little money is available to cover a shortfall")
    return Draft(seller, unit, point, slot, energy_wh, price, key, lock, forecast, maximum)


def make(call: Call, new: Draft) -> Offer:
    """The offer, with the seller's lock and its share of the forecast maximum."""
    ledger.lock(call, new.seller, new.lock)
    _count(call, new.forecast, new.maximum, energy_wh=new.energy_wh, offers=1)
    offer_id = call.row.next_offer
    call.world.markets.put(call.market, replace(call.row, next_offer=offer_id + 1))
    count_slot(call, new.slot, undecided=1, pending=1)
    return call.books.offers.put(
        offer_id,
        Offer(
            id=offer_id,
            seller=new.seller,
            unit=new.unit,
            point=new.point.id,
            slot=new.slot,
            energy_wh=new.energy_wh,
            start_price=new.start_price,
            closes_at=call.gate(new.slot),
            status=OfferStatus.OPEN,
            bid_price=0,
            bidder="",
            lock=new.lock,
            client_key=new.key,
            seller_key=slot_key(new.slot, new.point.participant),
            buyer_key=0,
        ),
    )


def retract(call: Call, action: Retract) -> None:
    """An offer without a bid may be withdrawn before the gate (M-OFF-05)."""
    call.require(action.seller, "M-OFF-01")
    _ = call.row
    offer = call.books.offers.get(action.offer)
    if offer is None:
        raise Refused("M-OFF-05", "there is no such offer")
    check(offer.seller == action.seller, "M-OFF-01", "the offer belongs to another participant")
    check(offer.status == OfferStatus.OPEN, "M-OFF-05", "the offer is not open")
    check(not offer.bidder, "M-OFF-05", "the offer has a bid")
    check(call.now < call.gate(offer.slot), "M-OFF-05", "the gate of this slot is closed")

    ledger.lock(call, offer.seller, -offer.lock)
    forecast, maximum = _maximum(call, offer.slot, offer.point, offer.unit)
    _count(call, forecast, maximum, energy_wh=-offer.energy_wh, offers=0)
    call.books.offers.put(offer.id, replace(offer, status=OfferStatus.WITHDRAWN))
    count_slot(call, offer.slot, undecided=-1, pending=-1)


def count_slot(call: Call, slot: int, *, undecided: int, pending: int) -> None:
    """Counts the slot's offers that are open and those that are not final."""
    before = call.books.slots.get(slot) or SlotState(slot, 0, 0)
    call.books.slots.put(slot, SlotState(slot, before.undecided + undecided, before.pending + pending))


def _maximum(call: Call, slot: int, point: int, unit: int) -> tuple[Forecast, UnitForecast]:
    forecast = call.books.forecasts.get(slot_key(slot, point))
    maximum = next((entry for entry in forecast.units if entry.unit == unit), None) if forecast else None
    if forecast is None or maximum is None:
        raise Refused("M-OFF-03", "no forecast maximum is recorded for this unit and slot")
    return forecast, maximum


def _count(call: Call, forecast: Forecast, maximum: UnitForecast, *, energy_wh: int, offers: int) -> None:
    changed = replace(maximum, offered_wh=maximum.offered_wh + energy_wh, offers=maximum.offers + offers)
    units = tuple(changed if entry.unit == changed.unit else entry for entry in forecast.units)
    call.books.forecasts.put(forecast.key, replace(forecast, units=units))

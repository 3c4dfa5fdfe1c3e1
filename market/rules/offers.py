"""Offers (M-OFF)."""

from __future__ import annotations

from dataclasses import replace

from market.actions import PlaceOffer, Retract
from market.call import Call
from market.refusal import Refused, check
from market.rows import Forecast, Offer, OfferStatus, SlotState, UnitForecast
from market.rules import ledger, passive
from market.values import amount, slot_key


def place(call: Call, action: PlaceOffer) -> None:
    """A unit's energy for a slot, offered from a start price on."""
    call.require(action.seller, "M-OFF-01")
    _ = call.row
    unit = call.books.units.get(action.unit)
    if unit is None:
        raise Refused("M-REG-02", "the unit is not registered in this market")
    point = call.books.points[unit.point]
    check(point.account == action.seller, "M-OFF-01", "the unit belongs to another participant")
    seller_key = slot_key(action.slot, point.participant)
    repeated = any(offer.client_key == action.key for offer in call.books.offers.where("seller", seller_key))
    check(not repeated, "M-OFF-07", "this offer is placed already")
    call.check_open_for_trade(action.slot, "M-OFF-02")
    check(passive.price_of(call, action.unit, action.slot) is None, "M-PAS-02", "the unit is passive in this slot")
    check(action.energy_wh > 0, "M-OFF-03", "the energy must be above 0")
    params = call.params(action.slot)
    check(
        params.min_price <= action.start_price <= params.max_price,
        "M-OFF-04",
        "the start price lies outside the market's bounds",
    )
    forecast, maximum = _maximum(call, action.slot, point.id, action.unit)
    check(
        maximum.offered_wh + action.energy_wh <= maximum.max_wh,
        "M-OFF-03",
        "all offers together exceed the forecast maximum",
    )
    check(maximum.offers < params.max_offers, "M-RAM-03", "the unit has as many offers for this slot as it may have")
    lock = amount(action.energy_wh, max(0, call.prices(action.slot).evu_sell - action.start_price))
    check(
        ledger.of(call, action.seller).available >= lock,
        "M-OFF-06",
        "too little money is available to cover a shortfall",
    )

    ledger.lock(call, action.seller, lock)
    _count(call, forecast, maximum, energy_wh=action.energy_wh, offers=1)
    offer_id = call.row.next_offer
    call.world.markets.put(call.market, replace(call.row, next_offer=offer_id + 1))
    call.books.offers.put(
        offer_id,
        Offer(
            id=offer_id,
            seller=action.seller,
            unit=action.unit,
            point=point.id,
            slot=action.slot,
            energy_wh=action.energy_wh,
            start_price=action.start_price,
            closes_at=call.gate(action.slot),
            status=OfferStatus.OPEN,
            bid_price=0,
            bidder="",
            lock=lock,
            client_key=action.key,
            seller_key=seller_key,
            buyer_key=0,
        ),
    )
    count_slot(call, action.slot, undecided=1, pending=1)


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

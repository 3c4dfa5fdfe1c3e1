"""Settlement (M-SET), the surplus that the EVU takes (M-SEC-01), with every unit of money accounted for
(M-LED-03)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from market.actions import Settle, Sweep
from market.call import Call
from market.refusal import Refused, check
from market.rows import Balance, Offer, OfferStatus, Prices, Reading, ReadingStatus, Surplus, UnitReading
from market.rules import awards, ledger, passive, takeovers
from market.rules.offers import count_slot
from market.values import amount, slot_key


@dataclass(frozen=True, slots=True)
class Energy:
    """What became of a sold offer's energy, in Wh."""

    sold: int
    delivered: int
    consumed: int
    produced: int

    @property
    def shortfall(self) -> int:
        return self.sold - self.delivered

    @property
    def unused(self) -> int:
        return self.sold - self.consumed


@dataclass(frozen=True, slots=True)
class Payments:
    """Who pays whom for a sold offer, in units of 1e-6 EUR."""

    to_seller: int
    shortfall: int
    penalty: int
    surplus: int

    @property
    def evu_change(self) -> int:
        return self.shortfall + self.penalty - self.surplus


def payments(energy: Energy, price: int, prices: Prices) -> Payments:
    """M-SET-02 and M-SET-03: the buyer pays seller and EVU, the seller the EVU for a shortfall, the EVU the
    buyer for what he did not use."""
    return Payments(
        to_seller=amount(energy.delivered, price),
        shortfall=amount(energy.shortfall, price),
        penalty=amount(energy.shortfall, max(0, prices.evu_sell - price)),
        surplus=amount(energy.unused, prices.evu_buy),
    )


def settle(call: Call, action: Settle) -> None:
    """Settles one sold offer. Anyone may call it."""
    _ = call.row
    offer = call.books.offers.get(action.offer)
    if offer is None or offer.status not in (OfferStatus.AWARDED, OfferStatus.UNFUNDED):
        raise Refused("M-SET-06", "there is no such sold offer to be settled")
    _check_decided(call, offer.slot)
    energy = _energy(call, offer)
    pays = payments(energy, offer.bid_price, call.prices(offer.slot))
    if not ledger.evu_can_bear(call, pays.evu_change, offer.slot):
        check(offer.status != OfferStatus.UNFUNDED, "M-LED-04", "the EVU's account is still too low")
        awards.log(call, call.books.offers.put(offer.id, replace(offer, status=OfferStatus.UNFUNDED)))
        return
    _pay(call, offer, pays)
    call.books.offers.put(offer.id, replace(offer, status=OfferStatus.SETTLED))
    count_slot(call, offer.slot, undecided=0, pending=-1)
    takeovers.count(call, offer.slot, unused_wh=max(0, energy.delivered - energy.consumed))
    balance = _balance(call, offer, energy, pays)
    call.emit("logsettle", call.books.balances.put(offer.id, balance))


def sweep(call: Call, action: Sweep) -> None:
    """The feed-in of a point that no sold offer took goes to the EVU, at `evu_buy` (M-SET-01, M-SEC-01) or at the
    price of a unit's passive contract (M-PAS-01). Anyone may call it."""
    _ = call.row
    reading = _settling(call, action.slot, action.point)
    if reading is None or reading.surplus == Surplus.SETTLED:
        raise Refused("M-SEC-01", "there is no reading with a surplus to be settled")
    _check_decided(call, action.slot)
    point = call.books.points[action.point]
    sold = {share.unit: 0 for share in reading.units}
    for offer in _sold(call.books.offers.where("seller", slot_key(action.slot, point.participant))):
        if offer.unit in sold:
            sold[offer.unit] += offer.energy_wh
    rest = reading.fed_in_wh - sum(min(share.fed_in_wh, sold[share.unit]) for share in reading.units)
    passive_wh = worth = 0
    for share in reading.units:
        price = passive.price_of(call, share.unit, action.slot)
        if price is not None:
            left = share.fed_in_wh - min(share.fed_in_wh, sold[share.unit])
            passive_wh += left
            worth += amount(left, price)
    worth += amount(rest - passive_wh, call.prices(action.slot).evu_buy)
    if not ledger.evu_can_bear(call, -worth, action.slot):
        check(reading.surplus != Surplus.UNFUNDED, "M-LED-04", "the EVU's account is still too low")
        call.books.readings.put(reading.key, replace(reading, surplus=Surplus.UNFUNDED))
        return
    ledger.credit(call, call.row.evu, -worth)
    ledger.credit(call, point.account, worth)
    call.books.readings.put(reading.key, replace(reading, surplus=Surplus.SETTLED))
    takeovers.count(call, action.slot, swept_wh=rest - passive_wh, passive_wh=passive_wh)
    call.emit("logsweep", (action.slot, action.point, rest, worth))


def _energy(call: Call, offer: Offer) -> Energy:
    reading = _settling(call, offer.slot, offer.point)
    buyer = ledger.participant_id(call, offer.bidder) or 0
    points = [] if not buyer else _points_at(call, buyer, offer.slot)
    consumption = [_settling(call, offer.slot, point) for point in points]
    complete = reading is not None and all(row is not None for row in consumption)
    check(
        complete or call.now > call.deadline(offer.slot),
        "M-SET-04",
        "readings are missing and the deadline has not passed",
    )

    share = next((row for row in reading.units if row.unit == offer.unit), None) if reading else None
    share = share or UnitReading(offer.unit, 0, 0)
    own = _sold(call.books.offers.where("seller", offer.seller_key))
    before = sum(other.energy_wh for other in own if other.unit == offer.unit and other.id < offer.id)
    return Energy(
        sold=offer.energy_wh,
        delivered=_covered(offer, share.fed_in_wh - before),
        consumed=_consumed(call, offer, buyer, consumption),
        produced=share.produced_wh,
    )


def _consumed(call: Call, offer: Offer, buyer: int, consumption: list[Reading | None]) -> int:
    """M-SET-03; a missing reading counts as consumption of all that was bought (M-SET-04), and so does the EVU's
    purchase."""
    readings = [row for row in consumption if row is not None]
    if not buyer or len(readings) < len(consumption):
        return offer.energy_wh
    bought = _sold(call.books.offers.where("buyer", offer.buyer_key))
    before = sum(other.energy_wh for other in bought if other.id < offer.id)
    return _covered(offer, sum(row.consumed_wh for row in readings) - before)


def _covered(offer: Offer, left: int) -> int:
    return min(offer.energy_wh, max(0, left))


def _points_at(call: Call, participant: int, slot: int) -> list[int]:
    """The participant's points that were registered when the slot began."""
    return [point for point in call.books.participants[participant].points if call.books.points[point].since <= slot]


def _settling(call: Call, slot: int, point: int) -> Reading | None:
    """The reading, unless it is missing or a record only."""
    row = call.books.readings.get(slot_key(slot, point))
    return row if row is not None and row.status != ReadingStatus.RECORD_ONLY else None


def _sold(offers: Iterable[Offer]) -> list[Offer]:
    return [offer for offer in offers if offer.is_sold]


def _check_decided(call: Call, slot: int) -> None:
    state = call.books.slots.get(slot)
    check(state is None or state.undecided == 0, "M-SET-07", "an offer of this slot is not decided yet")


def _pay(call: Call, offer: Offer, pays: Payments) -> None:
    ledger.lock(call, offer.bidder, -amount(offer.energy_wh, offer.bid_price), bids=-1)
    ledger.credit(call, offer.bidder, pays.surplus - pays.to_seller - pays.shortfall)
    ledger.lock(call, offer.seller, -offer.lock)
    ledger.credit(call, offer.seller, pays.to_seller - pays.penalty)
    ledger.credit(call, call.row.evu, pays.evu_change)


def _balance(call: Call, offer: Offer, energy: Energy, pays: Payments) -> Balance:
    """What M-SET-05 says that the row holds."""
    return Balance(
        offer=offer.id,
        seller=offer.seller,
        buyer=offer.bidder,
        slot=offer.slot,
        price=offer.bid_price,
        sold_wh=energy.sold,
        delivered_wh=energy.delivered,
        produced_wh=energy.produced,
        consumed_wh=energy.consumed,
        difference_wh=energy.delivered - energy.consumed,
        to_seller=pays.to_seller,
        shortfall=pays.shortfall,
        penalty=pays.penalty,
        surplus=pays.surplus,
        settled_at=call.now,
    )

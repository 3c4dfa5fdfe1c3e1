"""Awards (M-AWD)."""

from __future__ import annotations

from dataclasses import replace

from market.actions import Award
from market.call import Call
from market.refusal import Refused, check
from market.rows import Offer, OfferStatus
from market.rules import ledger, pool
from market.rules.offers import count_slot
from market.values import slot_key


def award(call: Call, action: Award) -> None:
    """The highest bid wins; without a bid the offer is unsold. Anyone may call it."""
    _ = call.row
    offer = call.books.offers.get(action.offer)
    if offer is None or offer.status != OfferStatus.OPEN:
        raise Refused("M-AWD-02", "there is no such offer to be awarded")
    check(call.now >= offer.closes_at, "M-AWD-01", "the auction is still open")
    decided = sell(call, offer) if offer.bidder else _leave_unsold(call, offer)
    call.books.offers.put(offer.id, decided)
    log(call, decided)


def sell(call: Call, offer: Offer) -> Offer:
    """To the one who has bid; the caller writes the row."""
    pool.add_traded(call, offer.slot, call.books.points[offer.point].group, offer.energy_wh)
    count_slot(call, offer.slot, undecided=-1, pending=0)
    buyer = ledger.participant_id(call, offer.bidder) or 0
    return replace(offer, status=OfferStatus.AWARDED, buyer_key=slot_key(offer.slot, buyer))


def _leave_unsold(call: Call, offer: Offer) -> Offer:
    ledger.lock(call, offer.seller, -offer.lock)
    count_slot(call, offer.slot, undecided=-1, pending=-1)
    return replace(offer, status=OfferStatus.UNSOLD)


def log(call: Call, offer: Offer) -> None:
    """The action `logaward`: how the offer stands now."""
    call.emit("logaward", (offer.id, int(offer.status), offer.bidder, offer.bid_price))

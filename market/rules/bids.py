"""Bids (M-BID): an open ascending auction with a soft close."""

from __future__ import annotations

from dataclasses import replace

from market.actions import Bid
from market.call import Call
from market.refusal import Refused, check
from market.rows import Offer, OfferStatus, Params
from market.rules import ledger
from market.values import amount


def place(call: Call, action: Bid) -> None:
    """The bid of a participant or of the EVU (M-EVU-01)."""
    call.require(action.bidder, "M-BID-07")
    _ = call.row
    offer = call.books.offers.get(action.offer)
    if offer is None or offer.status != OfferStatus.OPEN or call.now >= offer.closes_at:
        raise Refused("M-BID-01", "the auction of this offer is closed")
    check(offer.seller != action.bidder, "M-BID-03", "nobody bids on his own offer")
    params = call.params(offer.slot)
    least = offer.bid_price + params.tick if offer.bidder else offer.start_price
    check(action.price >= least, "M-BID-02", f"the price must be at least {least}")
    check(
        ledger.participant_id(call, action.bidder) is not None,
        "M-BID-07",
        "only a participant of the market or its EVU bids",
    )
    account = ledger.of(call, action.bidder)
    raises_own = offer.bidder == action.bidder
    check(raises_own or account.bids < params.max_bids, "M-BID-08", "as many highest bids as allowed are held already")
    lock = amount(offer.energy_wh, action.price)
    released = amount(offer.energy_wh, offer.bid_price) if offer.bidder else 0
    check(
        account.available + (released if raises_own else 0) >= lock,
        "M-BID-04",
        "too little money is available for this bid",
    )

    if offer.bidder:
        ledger.lock(call, offer.bidder, -released, bids=-1)
    ledger.lock(call, action.bidder, lock, bids=1)
    call.books.offers.put(
        offer.id,
        replace(offer, bid_price=action.price, bidder=action.bidder, closes_at=_closing(call.now, offer, params)),
    )


def _closing(now: int, offer: Offer, params: Params) -> int:
    """M-BID-05, the soft close: a late bid leaves the others time to answer."""
    if now <= offer.closes_at - params.extend_s:
        return offer.closes_at
    return max(offer.closes_at, min(now + params.extend_s, offer.slot - params.settle_gap_s))

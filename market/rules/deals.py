"""Peer-to-peer deals (M-P2P): an accepted one is an offer that is bid for and awarded in the same action."""

from __future__ import annotations

from dataclasses import replace

from market.actions import P2pAccept, P2pDrop, P2pPropose
from market.call import Call
from market.refusal import Refused, check
from market.rows import Deal
from market.rules import awards, ledger, offers
from market.values import amount, slot_key


def propose(call: Call, action: P2pPropose) -> None:
    """By the seller. Nothing is locked and nobody else bound yet."""
    call.require(action.seller, "M-P2P-01")
    _draft(call, action)
    check(
        bool(ledger.participant_id(call, action.buyer)) and action.buyer != action.seller,
        "M-P2P-01",
        "the buyer must be another participant of the market",
    )
    deal = _terms(action)
    call.books.deals.put(deal.key, deal)


def drop(call: Call, action: P2pDrop) -> None:
    """Either party takes a proposal off the table."""
    call.require(action.party, "M-P2P-02")
    _ = call.row
    deal = call.books.deals.get(slot_key(action.slot, action.unit))
    if deal is None or deal.offer:
        raise Refused("M-P2P-02", "there is no proposal for this unit and slot")
    check(action.party in (deal.seller, deal.buyer), "M-P2P-02", "the proposal is between others")
    call.books.deals.remove(deal.key)


def accept(call: Call, action: P2pAccept) -> None:
    """By the buyer, who names the terms that he signs."""
    call.require(action.buyer, "M-P2P-01")
    _ = call.row
    deal = _terms(action)
    check(call.books.deals.get(deal.key) == deal, "M-P2P-01", "nothing was proposed to this buyer with these terms")
    new = _draft(call, action)
    buyer = ledger.of(call, action.buyer)
    limit = call.params(action.slot).max_bids
    check(buyer.bids < limit, "M-BID-08", "as many highest bids as allowed are held already")
    lock = amount(action.energy_wh, action.price)
    check(buyer.available >= lock, "M-BID-04", "too little money is available for this purchase")

    offer = offers.make(call, new)
    ledger.lock(call, action.buyer, lock, bids=1)
    sold = awards.sell(call, replace(offer, bid_price=action.price, bidder=action.buyer))
    call.books.deals.put(deal.key, replace(deal, offer=offer.id))
    awards.log(call, call.books.offers.put(offer.id, sold))


def _draft(call: Call, action: P2pPropose | P2pAccept) -> offers.Draft:
    new = offers.draft(
        call,
        action.seller,
        unit=action.unit,
        slot=action.slot,
        energy_wh=action.energy_wh,
        price=action.price,
        key=action.key,
    )
    check(not new.maximum.offered_wh, "M-PAS-02", "the unit is offered in this slot")
    return new


def _terms(action: P2pPropose | P2pAccept) -> Deal:
    key = slot_key(action.slot, action.unit)
    return Deal(key, action.seller, action.buyer, action.energy_wh, action.price, action.key)

"""Erasure (M-RAM-01): a settled slot leaves the tables; watermarks, ledger and pool figures stay, and so do the
blocks."""

from __future__ import annotations

from collections.abc import Iterator

from market.actions import Erase
from market.call import Call, check_limit
from market.refusal import check
from market.rows import Offer, Reading, ReadingStatus, Surplus


def erase(call: Call, action: Erase) -> None:
    """Anyone may call it."""
    _ = call.row
    check_limit(action.limit)
    slot = action.slot
    check(call.now >= call.end(slot) + call.params(slot).retain_s, "M-RAM-01", "the slot is kept a while longer")
    state = call.books.slots.get(slot)
    check(state is None or state.pending == 0, "M-RAM-01", "an offer of this slot is not settled yet")

    left = action.limit
    for offer in sorted(call.books.offers.where("slot", slot), key=_by_seller)[:left]:
        call.books.offers.remove(offer.id)
        if offer.id in call.books.balances:
            call.books.balances.remove(offer.id)
        left -= 1
    for deal in list(call.books.deals.where("slot", slot))[:left]:
        call.books.deals.remove(deal.key)
        left -= 1
    for forecast in list(call.books.forecasts.where("slot", slot))[:left]:
        call.books.forecasts.remove(forecast.key)
        left -= 1
    for reading in list(call.books.readings.where("slot", slot))[:left]:
        if not _is_done(reading):
            break
        call.books.readings.remove(reading.key)
        left -= 1
    nothing_left = not any(any(table) for table in _rest(call, slot))
    is_done = nothing_left and _forget(call, slot)
    check(left < action.limit or is_done, "M-RAM-01", "there is nothing to erase")


def _forget(call: Call, slot: int) -> bool:
    """Removes what was counted in the slot; says whether there was anything."""
    states, takeovers = call.books.slots, call.books.takeovers
    found = slot in states or slot in takeovers
    if slot in states:
        states.remove(slot)
    if slot in takeovers:
        takeovers.remove(slot)
    return found


def _by_seller(offer: Offer) -> tuple[int, int]:
    return offer.seller_key, offer.id


def _is_done(reading: Reading) -> bool:
    return reading.surplus == Surplus.SETTLED or reading.status == ReadingStatus.RECORD_ONLY


def _rest(call: Call, slot: int) -> tuple[Iterator[object], ...]:
    books = call.books
    tables = (books.offers, books.deals, books.forecasts, books.readings)
    return tuple(table.where("slot", slot) for table in tables)

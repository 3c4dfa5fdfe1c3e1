/** An offer's states and indexes, the counts of its slot, and what is logged of it. */
import { Encoder, Name } from "proton-tsc";
import { send } from "../shared/inline";
import { N_LOGAWARD, N_TBIMARKET } from "../shared/names";
import { slotKey } from "../shared/values";
import { Offer, SlotState, buyerKeys, dueKeys, sellerKeys, slots } from "./tables";

export namespace Status {
    export const OPEN: u8 = 0;
    export const AWARDED: u8 = 1;
    export const UNSOLD: u8 = 2;
    export const WITHDRAWN: u8 = 3;
    export const SETTLED: u8 = 4;
    export const UNFUNDED: u8 = 5;
}

export function isSold(offer: Offer): bool {
    return offer.status == Status.AWARDED || offer.status == Status.SETTLED || offer.status == Status.UNFUNDED;
}

/** The new offer's entries in its three indexes. */
export function addToIndexes(market: Name, offer: Offer): void {
    offer.due_key = dueKeyOf(offer);
    sellerKeys(market).add(offer.id, offer.seller_key);
    buyerKeys(market).add(offer.id, offer.buyer_key);
    dueKeys(market).add(offer.id, offer.due_key);
}

export function removeFromIndexes(market: Name, offer: u64): void {
    sellerKeys(market).remove(offer);
    buyerKeys(market).remove(offer);
    dueKeys(market).remove(offer);
}

/** The caller writes the row. */
export function setStatus(market: Name, offer: Offer, status: u8): void {
    offer.status = status;
    moveDue(market, offer);
}

/** The caller writes the row. */
export function setClosing(market: Name, offer: Offer, closesAt: u32): void {
    if (closesAt == offer.closes_at) return;
    offer.closes_at = closesAt;
    moveDue(market, offer);
}

/** The caller writes the row. */
export function setBuyer(market: Name, offer: Offer, participant: u32): void {
    offer.buyer_key = slotKey(offer.slot, participant);
    buyerKeys(market).move(offer.id, offer.buyer_key);
}

/** Counts the slot's offers that are open and those that are not final. */
export function countSlot(market: Name, slot: u32, undecided: i32, pending: i32): void {
    const table = slots(market);
    const known = table.get(slot);
    const row = known == null ? new SlotState() : known;
    row.undecided += undecided;
    row.pending += pending;
    if (known == null) {
        row.slot = slot;
        table.add(slot, row);
    } else {
        table.change(slot, row);
    }
}

/** How the offer stands now, for those who watch. */
export function logAward(market: Name, offer: Offer): void {
    const data = new Encoder(8 + 8 + 1 + 8 + 4);
    data.packName(market);
    data.packNumber<u64>(offer.id);
    data.packNumber<u8>(offer.status);
    data.packName(offer.bidder);
    data.packNumber<u32>(offer.bid_price);
    send(N_TBIMARKET, N_LOGAWARD, data);
}

function dueKeyOf(offer: Offer): u64 {
    return ((<u64>offer.status) << 32) | (<u64>offer.closes_at);
}

function moveDue(market: Name, offer: Offer): void {
    offer.due_key = dueKeyOf(offer);
    dueKeys(market).move(offer.id, offer.due_key);
}

/** Erasure (M-RAM-01): a settled slot leaves the tables. Watermarks, ledger and pool figures stay, and so do the blocks. */
import { Name, check } from "proton-tsc";
import { checkLimit } from "../shared/rules";
import { now, slotKey } from "../shared/values";
import { Arrival } from "./delivery";
import { endOf, marketOf, paramsOf } from "./markets";
import { removeFromIndexes } from "./offerbook";
import { Surplus } from "./surplus";
import { balances, forecasts, offers, readings, sellerKeys, slots } from "./tables";
import { deals, takeovers } from "./waytables";

/** Anyone may call it. */
export function erase(market: Name, slot: u32, limit: u32): void {
    const row = marketOf(market);
    checkLimit(limit);
    check(now() >= endOf(row, slot) + paramsOf(market, slot).retain_s, "M-RAM-01: the slot is kept a while longer");
    const states = slots(market);
    const state = states.get(slot);
    check(state == null || state.pending == 0, "M-RAM-01: an offer of this slot is not settled yet");

    let left = limit;
    left = eraseOffers(market, slot, left);
    left = eraseDeals(market, slot, left);
    left = eraseForecasts(market, slot, left);
    left = eraseReadings(market, slot, left);
    let isDone = false;
    if (!hasRows(market, slot)) {
        const taken = takeovers(market);
        const hasTakeover = taken.has(slot);
        if (hasTakeover) taken.remove(slot);
        if (state != null) states.remove(slot);
        isDone = hasTakeover || state != null;
    }
    check(left < limit || isDone, "M-RAM-01: there is nothing to erase");
}

/** Index 2 begins with the slot, so that its offers stand together, ordered by seller and id. Each goes with its balance. */
function eraseOffers(market: Name, slot: u32, limit: u32): u32 {
    const index = sellerKeys(market);
    const table = offers(market);
    const settled = balances(market);
    const end = slotKey(slot, u32.MAX_VALUE);
    let left = limit;
    while (left > 0) {
        const at = index.from(slotKey(slot, 0));
        if (at < 0 || at == index.after(end)) break;
        const id = index.id;
        table.remove(id);
        removeFromIndexes(market, id);
        if (settled.has(id)) settled.remove(id);
        left--;
    }
    return left;
}

function eraseDeals(market: Name, slot: u32, limit: u32): u32 {
    const table = deals(market);
    let left = limit;
    for (let at = table.from(slotKey(slot, 0)); at >= 0 && left > 0; at = table.from(slotKey(slot, 0)), left--) {
        const key = table.read(at).key;
        if (<u32>(key >> 32) != slot) break;
        table.remove(key);
    }
    return left;
}

function eraseForecasts(market: Name, slot: u32, limit: u32): u32 {
    const table = forecasts(market);
    let left = limit;
    for (let at = table.from(slotKey(slot, 0)); at >= 0 && left > 0; at = table.from(slotKey(slot, 0)), left--) {
        const key = table.read(at).key;
        if (<u32>(key >> 32) != slot) break;
        table.remove(key);
    }
    return left;
}

/** Up to the first reading whose surplus is still to be settled. */
function eraseReadings(market: Name, slot: u32, limit: u32): u32 {
    const table = readings(market);
    let left = limit;
    for (let at = table.from(slotKey(slot, 0)); at >= 0 && left > 0; at = table.from(slotKey(slot, 0)), left--) {
        const reading = table.read(at);
        if (<u32>(reading.key >> 32) != slot) break;
        if (reading.surplus != Surplus.SETTLED && reading.status != Arrival.RECORD_ONLY) break;
        table.remove(reading.key);
    }
    return left;
}

function hasRows(market: Name, slot: u32): bool {
    const first = slotKey(slot, 0);
    const last = slotKey(slot, u32.MAX_VALUE);
    const index = sellerKeys(market);
    const offer = index.from(first);
    if (offer >= 0 && offer != index.after(last)) return true;
    const deal = deals(market).from(first);
    if (deal >= 0 && deals(market).read(deal).key <= last) return true;
    const forecast = forecasts(market).from(first);
    if (forecast >= 0 && forecasts(market).read(forecast).key <= last) return true;
    const reading = readings(market).from(first);
    return reading >= 0 && readings(market).read(reading).key <= last;
}

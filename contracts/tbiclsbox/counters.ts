/** The ids of a market's participants, points, units and keys, and how far its events have come. */
import { MarketView } from "../shared/market_view";
import { now } from "../shared/values";
import { Counters, counters } from "./tables";

/** The market's counters; with the first registration events begin at the first slot that starts from now on. */
export function countersOf(market: MarketView): Counters {
    const row = counters(market.market).get(0);
    if (row != null) return row;
    const fresh = new Counters();
    fresh.event_slot = <u32>((now() + market.slot_s - 1) / market.slot_s) * market.slot_s;
    return fresh;
}

export function saveCounters(market: MarketView, row: Counters): void {
    counters(market.market).put(0, row);
}

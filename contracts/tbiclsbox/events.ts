/** Events that ask a box for a slot's readings (M-EVT). */
import { Name, check } from "proton-tsc";
import { MarketView, deadlineOf, isDelivered } from "../shared/market_view";
import { N_SENDDATA, N_TBIMARKET } from "../shared/names";
import { checkAuthority, checkLimit } from "../shared/rules";
import { now, slotKey } from "../shared/values";
import { BoxState, Counters, Event, Point, boxStates, counters, events, eventsByDue, points } from "./tables";

/** The events of the slot that has ended (M-EVT-01), at most `limit` points at a time. Anyone may call it. */
export function sendData(market: Name, limit: u32): void {
    const row = new MarketView(market);
    checkLimit(limit);
    const table = counters(market);
    const state = table.get(0);
    if (state == null || !hasEnded(row, state)) {
        check(false, "M-EVT-01: no slot has ended since the last events");
        return;
    }
    const slot = state.event_slot;
    let last = state.event_point;
    const all = points(market);
    for (; last < state.points && last - state.event_point < limit; last++) {
        const point = all.get(last + 1)!;
        if (point.since <= slot && !isRaised(row, point, slot)) raiseEvent(row, point, slot, 0, new Name(), false);
    }
    state.event_point = last;
    if (last >= state.points) {
        state.event_point = 0;
        state.event_slot += row.slot_s;
    }
    table.change(0, state);
}

/** An event that the operator raises (M-EVT-02). */
export function raiseByHand(market: Name, box: Name, kind: Name, pointId: u32, slot: u32, energy: u32, buyer: Name): void {
    const row = new MarketView(market);
    checkAuthority(row.operator, "M-EVT-02");
    const point = points(market).get(pointId);
    if (point == null) {
        check(false, "M-REG-02: the metering point is not registered in this market");
        return;
    }
    check(point.box == box, "M-REG-02: the metering point belongs to another box");
    check(kind.N == N_SENDDATA, "M-EVT-02: the only kind of event is senddata");
    check(slot % row.slot_s == 0, "M-EVT-02: a slot begins at a multiple of the market's slot length");
    check(point.since <= slot, "M-EVT-02: the metering point was registered after this slot began");
    check(pendingEvent(market, box, pointId, slot) == 0, "M-EVT-03: the event is pending already");
    check(!isDelivered(row, pointId, slot), "M-EVT-03: the slot is delivered already");
    raiseEvent(row, point, slot, energy, buyer, true);
}

/** A delivery takes the point's event off the box's list. */
export function acknowledge(market: Name, box: Name, point: u32, slot: u32): void {
    checkAuthority(new Name(N_TBIMARKET), "M-DEL-01");
    const id = pendingEvent(market, box, point, slot);
    if (id != 0) remove(box, id);
}

/** Events that nobody answered until the deadline are erased (M-RAM-01). Anyone may call it. */
export function expire(market: Name, box: Name, limit: u32): void {
    const row = new MarketView(market);
    checkLimit(limit);
    const table = events(box);
    const byDue = eventsByDue(box);
    const expired: u64[] = [];
    let seen: u32 = 0;
    for (let at = byDue.from(0); at >= 0 && seen < limit; at = byDue.next(at), seen++) {
        const event = table.get(byDue.id)!;
        if (event.market == market && isExpired(row, event.slot)) expired.push(event.id);
    }
    check(expired.length > 0, "M-RAM-01: no event of this box has expired");
    for (let i = 0; i < expired.length; i++) remove(box, expired[i]);
}

function hasEnded(market: MarketView, state: Counters): bool {
    return now() >= <u64>state.event_slot + market.slot_s && (market.until == 0 || state.event_slot < market.until);
}

function isExpired(market: MarketView, slot: u32): bool {
    return now() > <u64>slot + market.slot_s + deadlineOf(market.market, slot);
}

/** M-EVT-03: whether there is nothing to ask for any more. */
function isRaised(market: MarketView, point: Point, slot: u32): bool {
    return pendingEvent(market.market, point.box, <u32>point.id, slot) != 0 || isDelivered(market, <u32>point.id, slot);
}

/** The id of the event that asks for the slot; 0 when there is none. Another market's point may have the same number. */
function pendingEvent(market: Name, box: Name, point: u32, slot: u32): u64 {
    const byDue = eventsByDue(box);
    const table = events(box);
    const due = slotKey(slot, point);
    for (let at = byDue.from(due), end = byDue.after(due); at >= 0 && at != end; at = byDue.next(at)) {
        if (table.get(byDue.id)!.market == market) return byDue.id;
    }
    return 0;
}

function raiseEvent(market: MarketView, point: Point, slot: u32, energy: u32, buyer: Name, byHand: bool): void {
    const states = boxStates(point.box);
    const known = states.get(0);
    const state = known == null ? new BoxState() : known;
    const event = new Event();
    event.id = state.next_event;
    event.due = slotKey(slot, <u32>point.id);
    event.market = market.market;
    event.kind = new Name(N_SENDDATA);
    event.point = <u32>point.id;
    event.slot = slot;
    event.energy_wh = energy;
    event.buyer = buyer;
    event.raised_at = <u32>now();
    event.by_hand = byHand;
    events(point.box).add(event.id, event);
    eventsByDue(point.box).add(event.id, event.due);
    state.next_event++;
    states.put(0, state);
}

function remove(box: Name, id: u64): void {
    events(box).remove(id);
    eventsByDue(box).remove(id);
}

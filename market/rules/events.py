"""Events that ask a box for a slot's readings (M-EVT)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from market.actions import Expire, Raise, SendData
from market.call import Call, check_limit
from market.refusal import Refused, check
from market.rows import BoxEvent, BoxState, Counters, Market, Point
from market.rules import watermarks
from market.rules.registration import registered_point
from market.values import slot_key

SEND_DATA = "senddata"


def send_data(call: Call, action: SendData) -> None:
    """The events of the slot that has ended (M-EVT-01), at most `limit` points at a time."""
    row = call.row
    check_limit(action.limit)
    counters = call.books.counters.get(0)
    if counters is None or call.end(counters.event_slot) > call.now or _is_over(row, counters.event_slot):
        raise Refused("M-EVT-01", "no slot has ended since the last events")

    slot = counters.event_slot
    last = counters.event_point
    for point_id in range(last + 1, min(last + action.limit, counters.points) + 1):
        point = call.books.points[point_id]
        if point.since <= slot and not _is_raised(call, point, slot):
            raise_event(call, point, slot)
        last = point_id
    call.books.counters.put(0, _next(counters, last, row.slot_s))


def _is_over(market: Market, slot: int) -> bool:
    return bool(market.until) and slot >= market.until


def _next(counters: Counters, last: int, slot_s: int) -> Counters:
    if last < counters.points:
        return replace(counters, event_point=last)
    return replace(counters, event_slot=counters.event_slot + slot_s, event_point=0)


def raise_by_hand(call: Call, action: Raise) -> None:
    """An event that the operator raises (M-EVT-02)."""
    call.require(call.row.operator, "M-EVT-02")
    point = registered_point(call, action.point)
    check(point.box == action.box, "M-REG-02", "the metering point belongs to another box")
    check(action.kind == SEND_DATA, "M-EVT-02", f"the only kind of event is {SEND_DATA}")
    check(action.slot % call.row.slot_s == 0, "M-EVT-02", f"a slot begins at a multiple of {call.row.slot_s} s")
    check(point.since <= action.slot, "M-EVT-02", "the metering point was registered after this slot began")
    check(not _is_pending(call, point, action.slot), "M-EVT-03", "the event is pending already")
    check(not watermarks.is_delivered(call, point.id, action.slot), "M-EVT-03", "the slot is delivered already")
    raise_event(call, point, action.slot, action.energy_wh, action.buyer, by_hand=True)


def raise_event(
    call: Call, point: Point, slot: int, energy_wh: int = 0, buyer: str = "", *, by_hand: bool = False
) -> None:
    box = call.world.box(point.box)
    state = box.state.get(0) or BoxState(0, next_event=1, next_point=1)
    box.events.put(
        state.next_event,
        BoxEvent(state.next_event, call.market, SEND_DATA, point.id, slot, energy_wh, buyer, call.now, by_hand),
    )
    box.state.put(0, replace(state, next_event=state.next_event + 1))


def acknowledge(call: Call, box: str, point: int, slot: int) -> None:
    """A delivery takes the event off the box's list (the action `ack`)."""
    events = call.world.box(box).events
    for event in events.where("due", (call.market, slot_key(slot, point))):
        events.remove(event.id)


def expire(call: Call, action: Expire) -> None:
    """Events that nobody answered until the deadline (M-RAM-01)."""
    _ = call.row
    check_limit(action.limit)
    events = call.world.box(action.box).events
    first = islice(sorted(events.values(), key=lambda event: (event.due, event.id)), action.limit)
    expired = [event for event in first if event.market == call.market and call.now > call.deadline(event.slot)]
    check(bool(expired), "M-RAM-01", "no event of this box has expired")
    for event in expired:
        events.remove(event.id)


def _is_raised(call: Call, point: Point, slot: int) -> bool:
    return _is_pending(call, point, slot) or watermarks.is_delivered(call, point.id, slot)


def _is_pending(call: Call, point: Point, slot: int) -> bool:
    due = (call.market, slot_key(slot, point.id))
    return any(call.world.box(point.box).events.where("due", due))

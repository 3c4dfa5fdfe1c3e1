"""Boxes, metering points, units (M-REG)."""

from __future__ import annotations

from dataclasses import replace

from market.actions import RegBox, RegPoint, RegUnit, ReKey
from market.call import Call
from market.refusal import Refused, check
from market.rows import Box, BoxPoint, BoxState, Counters, Key, Participant, Point, Unit

MAX_POINTS = 8
MAX_UNITS = 8


def reg_box(call: Call, action: RegBox) -> None:
    call.require(call.row.operator, "M-REG-01")
    check(action.box not in call.books.boxes, "M-REG-01", "the box is registered already")
    _check_key(call, action.box, action.key)
    _put_key(call, action.box, action.key)


def re_key(call: Call, action: ReKey) -> None:
    call.require(call.row.operator, "M-REG-01")
    box = registered_box(call, action.box)
    check(box.key != action.key, "M-REG-04", "this is the key that the box has")
    _check_key(call, action.box, action.key)
    _put_key(call, action.box, action.key)


def reg_point(call: Call, action: RegPoint) -> None:
    """A metering point; with his first one comes the participant (M-REG-03)."""
    call.require(call.row.operator, "M-REG-01")
    registered_box(call, action.box)
    check(action.account in call.world.accounts, "M-REG-01", "the participant's account does not exist")
    check(not any(call.books.points.where("hash", action.hash)), "M-REG-01", "the metering point is registered already")
    participant = next(call.books.participants.where("account", action.account), None)
    check(
        participant is None or len(participant.points) < MAX_POINTS,
        "M-RAM-03",
        f"a participant has at most {MAX_POINTS} points",
    )

    counters = counters_of(call)
    point_id = counters.points + 1
    if participant is None:
        counters = replace(counters, participants=counters.participants + 1)
        participant = Participant(counters.participants, action.account, ())
    call.books.participants.put(participant.id, replace(participant, points=(*participant.points, point_id)))
    call.books.counters.put(0, replace(counters, points=point_id))
    call.books.points.put(
        point_id,
        Point(point_id, action.hash, participant.id, action.account, action.box, action.group, call.now, units=()),
    )
    box = call.world.box(action.box)
    state = box.state.get(0) or BoxState(0, next_event=1, next_point=1)
    box.boxpoints.put(state.next_point, BoxPoint(state.next_point, call.market, point_id, call.row.slot_s))
    box.state.put(0, replace(state, next_point=state.next_point + 1))


def reg_unit(call: Call, action: RegUnit) -> None:
    call.require(call.row.operator, "M-REG-01")
    point = registered_point(call, action.point)
    check(not any(call.books.units.where("hash", action.hash)), "M-REG-01", "the unit is registered already")
    check(len(point.units) < MAX_UNITS, "M-RAM-03", f"a metering point has at most {MAX_UNITS} units")
    counters = counters_of(call)
    unit_id = counters.units + 1
    call.books.counters.put(0, replace(counters, units=unit_id))
    call.books.units.put(unit_id, Unit(unit_id, action.hash, point.id, call.now))
    call.books.points.put(point.id, replace(point, units=(*point.units, unit_id)))


def registered_box(call: Call, box: str) -> Box:
    found = call.books.boxes.get(box)
    if found is None:
        raise Refused("M-REG-02", "the box is not registered in this market")
    return found


def registered_point(call: Call, point: int) -> Point:
    found = call.books.points.get(point)
    if found is None:
        raise Refused("M-REG-02", "the metering point is not registered in this market")
    return found


def counters_of(call: Call) -> Counters:
    """The market's counters; the first registration sets where the events begin."""
    first_slot = -(-call.now // call.row.slot_s) * call.row.slot_s
    return call.books.counters.get(0) or Counters(0, 0, 0, 0, 0, event_slot=first_slot, event_point=0)


def _check_key(call: Call, box: str, key: str) -> None:
    check(
        call.world.accounts.get(box) == key,
        "M-REG-05",
        "the key does not by itself satisfy the box's active permission",
    )


def _put_key(call: Call, box: str, key: str) -> None:
    counters = counters_of(call)
    key_id = counters.keys + 1
    call.books.counters.put(0, replace(counters, keys=key_id))
    call.books.boxes.put(box, Box(box, key, call.now))
    call.books.keys.put(key_id, Key(key_id, box, key, call.now))

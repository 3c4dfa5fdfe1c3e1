"""Delivery (M-DEL): a box hands in the readings of a slot, signed by its TPM."""

from __future__ import annotations

from market.actions import Deliver, PointReading, UnitProduction
from market.call import Call, check_ascending
from market.refusal import Refused, check
from market.rows import Point, Reading, ReadingStatus, Surplus, UnitReading
from market.rules import events, pool, watermarks
from market.rules.registration import MAX_UNITS
from market.values import slot_key

MAX_READINGS = 16


def deliver(call: Call, action: Deliver) -> None:
    call.require(action.box, "M-DEL-01")
    _ = call.row
    check_ascending([reading.point for reading in action.readings], 1, MAX_READINGS, "readings")
    call.check_aligned(action.slot, "M-DEL-03")
    check(call.now >= call.end(action.slot), "M-DEL-03", "the slot has not ended")
    status = _status(call, action.slot)
    measured: dict[str, tuple[int, int]] = {}
    for reading in action.readings:
        point = _deliver_point(call, action, reading, status)
        fed_in, consumed = measured.get(point.group, (0, 0))
        measured[point.group] = (fed_in + reading.fed_in_wh, consumed + reading.consumed_wh)
    if status != ReadingStatus.RECORD_ONLY:
        for group, (fed_in, consumed) in measured.items():
            pool.add_measured(call, action.slot, group, fed_in, consumed)


def _deliver_point(call: Call, action: Deliver, reading: PointReading, status: ReadingStatus) -> Point:
    point = call.books.points.get(reading.point)
    if point is None or point.box != action.box:
        raise Refused("M-DEL-01", "only the metering point's box delivers for it")
    check(point.since <= action.slot, "M-DEL-05", "the metering point was registered after this slot began")
    check_ascending([entry.unit for entry in reading.units], 0, MAX_UNITS, "units")
    for entry in reading.units:
        check(entry.unit in point.units, "M-REG-02", "the unit does not belong to this metering point")
    watermarks.mark(call, point.id, action.slot)
    key = slot_key(action.slot, point.id)
    call.books.readings.put(
        key,
        Reading(
            key=key,
            box=action.box,
            fed_in_wh=reading.fed_in_wh,
            consumed_wh=reading.consumed_wh,
            units=split(reading.fed_in_wh, point.units, reading.units),
            delivered_at=call.now,
            status=status,
            surplus=Surplus.PENDING,
        ),
    )
    events.acknowledge(call, action.box, point.id, action.slot)
    return point


def split(fed_in_wh: int, units: tuple[int, ...], produced: tuple[UnitProduction, ...]) -> tuple[UnitReading, ...]:
    """Splits a point's feed-in over its units by what each produced (M-DEL-06); nothing is lost to rounding."""
    production = {entry.unit: entry.produced_wh for entry in produced}
    total = sum(production.values())
    shares = []
    so_far = given = 0
    for unit in sorted(units):
        so_far += production.get(unit, 0)
        upto = fed_in_wh * so_far // total if total else fed_in_wh
        shares.append(UnitReading(unit, production.get(unit, 0), upto - given))
        given = upto
    return tuple(shares)


def _status(call: Call, slot: int) -> ReadingStatus:
    if call.now <= call.end(slot) + call.row.slot_s:
        return ReadingStatus.ON_TIME
    return ReadingStatus.LATE if call.now <= call.deadline(slot) else ReadingStatus.RECORD_ONLY

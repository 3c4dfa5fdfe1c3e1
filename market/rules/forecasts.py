"""The forecast oracle records what a unit may offer at most (M-FOR)."""

from __future__ import annotations

from market.actions import PointForecast, RecordForecast
from market.call import Call, check_ascending
from market.refusal import check
from market.rows import Forecast, UnitForecast
from market.rules import pool
from market.rules.registration import MAX_UNITS, registered_point
from market.values import slot_key

MAX_POINTS_A_FORECAST = 32


def record(call: Call, action: RecordForecast) -> None:
    call.require(call.row.operator, "M-FOR-01")
    check_ascending([item.point for item in action.points], 1, MAX_POINTS_A_FORECAST, "points")
    call.check_open_for_trade(action.slot, "M-FOR-02")
    differences: dict[str, tuple[int, int]] = {}
    for item in action.points:
        group, generation, consumption = _record_point(call, action.slot, item)
        before = differences.get(group, (0, 0))
        differences[group] = (before[0] + generation, before[1] + consumption)
    for group, (generation, consumption) in differences.items():
        pool.add_forecast(call, action.slot, group, generation, consumption)


def _record_point(call: Call, slot: int, item: PointForecast) -> tuple[str, int, int]:
    """Replaces the point's row; gives its group and by how much generation and consumption have changed."""
    point = registered_point(call, item.point)
    check_ascending([entry.unit for entry in item.units], 0, MAX_UNITS, "units")
    key = slot_key(slot, point.id)
    before = call.books.forecasts.get(key) or Forecast(key, 0, ())
    offered = {entry.unit: entry for entry in before.units}
    units = []
    for entry in item.units:
        check(entry.unit in point.units, "M-REG-02", "the unit does not belong to this metering point")
        old = offered.pop(entry.unit, UnitForecast(entry.unit, 0, 0, 0, 0))
        check(entry.max_wh >= old.offered_wh, "M-FOR-03", "more than that is offered already")
        units.append(UnitForecast(entry.unit, entry.generation_wh, entry.max_wh, old.offered_wh, old.offers))
    check(all(not left.offered_wh for left in offered.values()), "M-FOR-03", "a unit with offers may not be left out")
    call.books.forecasts.put(key, Forecast(key, item.consumption_wh, tuple(units)))
    generation = sum(unit.generation_wh for unit in units) - sum(unit.generation_wh for unit in before.units)
    return point.group, generation, item.consumption_wh - before.consumption_wh

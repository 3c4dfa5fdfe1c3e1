"""What boxes delivered: readings of metering points, and the balancing group's sums of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from market.actions import UnitProduction
from market.rows import UnitReading
from market.rules.delivery import split
from services.background_manager_logic.market.documents import Action, Data, of_slot, point_key
from services.background_manager_logic.market.fold.common import add_to_pool, no_figures


def _deliver(action: Action) -> None:
    market, slot = action.market_doc(), int(action.told["slot"])
    if market is None:
        return
    end = slot + int(market["slot_s"])
    deadline = end + int(of_slot(market["params"], slot)["deadline_s"])
    status = "on_time" if action.at <= end + market["slot_s"] else "late" if action.at <= deadline else "record_only"
    for reading in action.told["readings"]:
        _take_reading(action, slot, reading, status)


def _take_reading(action: Action, slot: int, reading: Data, status: str) -> None:
    row = action.slot(slot, int(reading["point"]))
    row |= {"fed_in_wh": reading["fed_in_wh"], "consumed_wh": reading["consumed_wh"], "reading": status}
    point = action.docs.get("points", point_key(action.market, int(reading["point"])))
    # units that a reading leaves out produced nothing (M-DEL-06)
    produced = {str(unit): 0 for unit in (point or {"units": []})["units"]}
    produced |= {str(unit["unit"]): int(unit["produced_wh"]) for unit in reading["units"]}
    for share in _split(reading, produced):
        old = row["units"].get(str(share.unit)) or no_figures()
        row["units"][str(share.unit)] = old | {"produced_wh": share.produced_wh, "fed_in_wh": share.fed_in_wh}
    action.keep_slot(row | {"delivered_at": action.at})
    for number in row["offers"] if status != "record_only" else ():
        offer = action.offer(number)
        if offer is not None:
            offer["delivered"] = True
            action.keep_offer(offer)
    if status != "record_only" and point is not None:
        add_to_pool(action, slot, str(point["group"]), produced_wh=sum(produced.values()), measured_points=1)


def _split(reading: Data, produced: Mapping[str, int]) -> Sequence[UnitReading]:
    """A point's feed-in over its units (M-DEL-06)."""
    units = tuple(UnitProduction(int(unit), energy) for unit, energy in produced.items())
    return split(int(reading["fed_in_wh"]), tuple(unit.unit for unit in units), units)


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbimarket.deliver": _deliver,
}

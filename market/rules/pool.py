"""The balancing group pool (M-POO-01): per slot and group, figures that follow from the other contracts' actions."""

from __future__ import annotations

from dataclasses import replace

from market.call import Call
from market.rows import Figures, Group
from market.values import slot_key


def add_forecast(call: Call, slot: int, group: str, generation_wh: int, consumption_wh: int) -> None:
    """Differences, in Wh: a revised forecast may lower the figures."""
    row = _figures(call, slot, group)
    _put(
        call,
        replace(
            row,
            forecast_generation_wh=row.forecast_generation_wh + generation_wh,
            forecast_consumption_wh=row.forecast_consumption_wh + consumption_wh,
        ),
    )


def add_measured(call: Call, slot: int, group: str, fed_in_wh: int, consumed_wh: int) -> None:
    row = _figures(call, slot, group)
    _put(
        call,
        replace(
            row,
            fed_in_wh=row.fed_in_wh + fed_in_wh,
            consumed_wh=row.consumed_wh + consumed_wh,
            residual_wh=row.residual_wh + fed_in_wh - consumed_wh,
        ),
    )


def add_traded(call: Call, slot: int, group: str, energy_wh: int) -> None:
    row = _figures(call, slot, group)
    _put(call, replace(row, traded_wh=row.traded_wh + energy_wh))


def _figures(call: Call, slot: int, group: str) -> Figures:
    groups = call.books.groups
    found = next(groups.where("group", group), None) or groups.put(len(groups) + 1, Group(len(groups) + 1, group))
    key = slot_key(slot, found.id)
    return call.books.figures.get(key) or Figures(key)


def _put(call: Call, row: Figures) -> None:
    call.books.figures.put(row.key, row)

"""The balancing group pool's figures as the chain added them up, beside the model's (M-POO-01)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.replay.money import Difference
from market.books import World
from market.values import slot_key

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "addforecast": {"generation_wh": "forecast_generation_wh", "consumption_wh": "forecast_consumption_wh"},
    "addmeasured": {"fed_in_wh": "fed_in_wh", "consumed_wh": "consumed_wh"},
    "addtraded": {"energy_wh": "traded_wh"},
}


class Pool:
    """Sums of what `tbipool` was told, by market, slot, group and figure."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sums: Counter[tuple[str, int, str, str]] = Counter()
        self._touched: set[tuple[str, int, str]] = set()

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        place = (data["market"], data["slot"], data["group"])
        for field, figure in _FIELDS[name].items():
            self._sums[(*place, figure)] += data[field]
        self._touched.add(place)

    def expect(self, market: str, slot: int) -> None:
        """Figures of the slot may have changed in the model: all groups are compared."""
        self._touched |= {(market, slot, row.group) for row in self._world.books(market).groups.values()}

    def adopt(self) -> None:
        """Where there are no traces, the model is believed."""
        self._touched.clear()

    def differences(self) -> Iterator[Difference]:
        for place in sorted(self._touched):
            market, slot, group = place
            books = self._world.books(market)
            found = next(books.groups.where("group", group), None)
            row = books.figures.get(slot_key(slot, found.id)) if found else None
            for figures in _FIELDS.values():
                for figure in figures.values():
                    expected = getattr(row, figure) if row else 0
                    said = self._sums[(*place, figure)]
                    if expected != said:
                        yield "M-POO-01", f"{figure} of {group} in slot {slot}:", expected, said
        self._touched.clear()

"""The household's energy: power now, and the exact integral of it in every counter.

Power is piecewise constant, so that a counter is a sum of power x time in integers (W x ms); what is shown is whole
Wh, the fraction is kept. Nothing here knows a clock: times are arguments, in ms since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from simulators.openems.sources import Sources

WH = 3_600_000
"""One Wh in W x ms."""

MARK_MS = 300_000
"""History keeps what happened between multiples of this time (the step of OpenEMS' rrd4j)."""

LOAD = "meter1"
BUY, SELL, CHARGE, DISCHARGE = "buy", "sell", "charge", "discharge"


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery that takes surplus and covers need, as far as its limits allow."""

    capacity_wh: int
    power_w: int


@dataclass(frozen=True, slots=True)
class Powers:
    """All powers of one moment in W. `grid` + = bought; `battery` + = discharge."""

    inverters: Mapping[str, int]
    load: int
    battery: int

    @property
    def generation(self) -> int:
        return sum(self.inverters.values())

    @property
    def grid(self) -> int:
        return self.load - self.generation - self.battery


@dataclass(slots=True)
class Household:
    """One connection to the grid with its inverters, its load and perhaps a battery.

    `energy` holds the counters in W x ms: `buy`, `sell`, `charge`, `discharge`, and by component for the load and the
    inverters. `stored` is what the battery holds.
    """

    sources: Sources
    inverters: tuple[str, ...]
    at_ms: int
    battery: Battery | None = None
    energy: dict[str, int] = field(default_factory=dict)
    stored: int = 0

    def __post_init__(self) -> None:
        for counter in self.counters():
            self.energy.setdefault(counter, 0)

    def counters(self) -> tuple[str, ...]:
        """The names of all counters."""
        return (BUY, SELL, CHARGE, DISCHARGE, LOAD, *self.inverters)

    def components(self) -> tuple[str, ...]:
        """The parts whose power can be scheduled or written."""
        return (LOAD, *self.inverters)

    def powers(self) -> Powers:
        """The powers at the household's time."""
        inverters = {name: self.sources.power_w(name, self.at_ms) for name in self.inverters}
        load = self.sources.power_w(LOAD, self.at_ms)
        return Powers(inverters, load, self._battery_w(load - sum(inverters.values())))

    def advance(self, to_ms: int, on_mark: Callable[[int], None] | None = None) -> None:
        """Integrates up to `to_ms`. Calls `on_mark(time)` at each multiple of MARK_MS on the way, state as of then."""
        while self.at_ms < to_ms:
            powers = self.powers()
            mark = self.at_ms // MARK_MS * MARK_MS + MARK_MS
            end = min(to_ms, mark, self.sources.next_change(self.at_ms), self._battery_changes(powers.battery))
            self._count(powers, end - self.at_ms)
            self.at_ms = end
            if end == mark and on_mark is not None:
                on_mark(end)

    def wh(self, counter: str) -> int:
        """What a counter shows, in whole Wh."""
        return self.energy[counter] // WH

    def lose(self, counters: Iterable[str], wh: int | None) -> None:
        """Sets counters back by `wh` (not below 0), or to 0 for None: what a fault does to them."""
        for counter in counters:
            self.energy[counter] = 0 if wh is None else max(0, self.energy[counter] - wh * WH)

    def _count(self, powers: Powers, ms: int) -> None:
        self.energy[BUY] += max(0, powers.grid) * ms
        self.energy[SELL] += max(0, -powers.grid) * ms
        self.energy[CHARGE] += max(0, -powers.battery) * ms
        self.energy[DISCHARGE] += max(0, powers.battery) * ms
        self.energy[LOAD] += powers.load * ms
        for name, power in powers.inverters.items():
            self.energy[name] += power * ms
        self.stored -= powers.battery * ms

    def _battery_w(self, need_w: int) -> int:
        if self.battery is None:
            return 0
        power = max(-self.battery.power_w, min(self.battery.power_w, need_w))
        return power if self._battery_room(power) >= abs(power) else 0

    def _battery_room(self, power: int) -> int:
        if self.battery is None or power > 0:
            return self.stored
        return self.battery.capacity_wh * WH - self.stored

    def _battery_changes(self, power: int) -> int:
        """When the battery is full or empty, to the ms in which it still has room for its power."""
        if power == 0:
            return self.at_ms + MARK_MS
        return self.at_ms + self._battery_room(power) // abs(power)

"""The Edge: household, history, quirks and state file under one lock, at the time of a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from simulators.openems.channels import Channel, Component, channels, components
from simulators.openems.faults import CounterBack, Orders, Restart
from simulators.openems.history import HOUR_MS, History
from simulators.openems.household import BUY, CHARGE, DISCHARGE, MARK_MS, SELL, Household
from simulators.openems.sources import Stretch
from simulators.openems.state import StateFile

Clock = Callable[[], int]
"""The time in ms since the epoch."""


class Edge:
    """One running Edge. Values change once a cycle, as in OpenEMS: all reads within one see the same moment.

    A household that was off goes on as if its meters had counted on; the history has a gap for that time. After the
    start there are no values for `warm_up_ms`.
    """

    def __init__(
        self,
        household: Household,
        aliases: dict[str, str],
        directory: Path,
        clock: Clock,
        *,
        cycle_ms: int = 1000,
        warm_up_ms: int = 1000,
    ) -> None:
        self._household = household
        self._clock = clock
        self._cycle_ms = cycle_ms
        self._lock = threading.RLock()
        self._file = StateFile(directory)
        self.history = History(directory / "history.db")
        self.faults = self._file.load(household)
        self.components: dict[str, Component] = components(household, aliases)
        self.channels: list[Channel] = channels(household)
        household.advance(self._cycle())
        self._null_until_ms = clock() + warm_up_ms
        self._marked = (household.at_ms, dict(household.energy))
        self._file.save(household, self.faults)

    def values(self, wanted: Iterable[Channel]) -> list[int | None]:
        """The values of channels, all of the same moment; None while a channel is undefined."""
        with self._lock:
            self._advance()
            powers = self._household.powers()
            hidden = self._clock() < self._null_until_ms
            return [
                None if hidden or self.faults.hides(channel.address) else channel.read(self._household, powers)
                for channel in wanted
            ]

    def write(self, channel: Channel, value: int | None) -> None:
        """Writes a datasource's value; it holds from the next cycle on. ValueError when the channel is read-only."""
        if channel.datasource is None:
            raise ValueError(f"Channel [{channel.address}] is not a WriteChannel")
        with self._lock:
            self._advance()
            at_ms = self._household.at_ms + self._cycle_ms
            self._household.sources = self._household.sources.with_written(channel.datasource, at_ms, value)
            self._save()

    def schedulable(self) -> tuple[str, ...]:
        """The parts of the household whose power can be scheduled."""
        return self._household.components()

    def put_schedule(self, schedule: list[Stretch]) -> None:
        """Replaces the schedule, from now on."""
        with self._lock:
            self._advance()
            self._household.sources = self._household.sources.with_schedule(schedule)
            self._save()

    def schedule(self) -> tuple[Stretch, ...]:
        with self._lock:
            return self._household.sources.schedule

    def put_faults(self, orders: Orders) -> None:
        """Replaces the lasting quirks and does what is to happen once."""
        with self._lock:
            self._advance()
            self.faults = orders.faults
            if orders.counter_back is not None:
                self._go_back(orders.counter_back)
            if orders.restart is not None:
                self._restart(orders.restart)
            self._save()

    def fault_names(self) -> tuple[str, ...]:
        """The components whose counters can go back."""
        return ("meter0", *self._household.components(), *(["ess0"] if self._household.battery else []))

    def tick(self) -> int:
        """Brings history and state up to now; says how many ms to wait until the next time it is worth it."""
        with self._lock:
            self._advance()
            self._save()
            return self._household.at_ms // MARK_MS * MARK_MS + MARK_MS + self._cycle_ms - self._clock()

    def state(self) -> dict[str, Any]:
        """The household at this moment, for people and tests: the counters in W x ms."""
        with self._lock:
            self._advance()
            return {"at_ms": self._household.at_ms, "energy_w_ms": dict(self._household.energy)}

    def close(self) -> None:
        """Keeps the state and lets go of the files."""
        with self._lock:
            self._advance()
            self._save()
            self.history.close()

    def _cycle(self) -> int:
        return self._clock() // self._cycle_ms * self._cycle_ms

    def _advance(self) -> None:
        self._household.advance(self._cycle(), self._record)

    def _save(self) -> None:
        self._file.save(self._household, self.faults)

    def _record(self, at_ms: int) -> None:
        since_ms, before = self._marked
        energy = self._household.energy
        self._marked = (at_ms, dict(energy))
        if at_ms - since_ms == MARK_MS:
            means = {counter: (energy[counter] - before[counter]) / MARK_MS for counter in energy}
            self.history.record_averages(since_ms, self._power_averages(means))
        if at_ms % HOUR_MS == 0:
            powers = self._household.powers()
            counted = {c.address: c.read(self._household, powers) for c in self.channels if c.cumulated}
            self.history.record_counters(at_ms, {name: wh for name, wh in counted.items() if wh is not None})

    def _power_averages(self, means: dict[str, float]) -> dict[str, float]:
        grid = means[BUY] - means[SELL]
        generation = sum(means[name] for name in self._household.inverters)
        found = {
            "meter0/ActivePower": grid,
            "_sum/GridActivePower": grid,
            "meter1/ActivePower": means["meter1"],
            "_sum/ConsumptionActivePower": means["meter1"],
            "_sum/ProductionActivePower": generation,
        }
        for name in self._household.inverters:
            found[f"{name}/ActivePower"] = means[name]
        if self._household.battery is not None:
            found["ess0/ActivePower"] = found["_sum/EssActivePower"] = means[DISCHARGE] - means[CHARGE]
        return found

    def _go_back(self, order: CounterBack) -> None:
        counters = {"meter0": (BUY, SELL), "ess0": (CHARGE, DISCHARGE)}.get(order.component, (order.component,))
        self._household.lose(counters, order.wh)
        self._marked = (self._household.at_ms, dict(self._household.energy))

    def _restart(self, order: Restart) -> None:
        self._null_until_ms = self._clock() + order.null_s * 1000
        self._household.lose(self._household.counters(), order.wh)
        self._marked = (self._household.at_ms, dict(self._household.energy))

"""Where the power of a part of the household comes from: a schedule, a written value or the profile.

Each source is constant between its changes, so that energy can be integrated exactly. Times are ms since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from simulators.openems.profile import STEP_MS, Profile

POWER_MAX_W = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part has this power from `from_ms` until before `to_ms`."""

    component: str
    from_ms: int
    to_ms: int
    power_w: int


@dataclass(frozen=True, slots=True)
class Sources:
    """What drives the household. With a schedule the whole household follows it: 0 W where it says nothing.

    Without one a written value (datasource) holds from its time on until another is written, None giving the part
    back to the profile.
    """

    profile: Profile
    schedule: tuple[Stretch, ...] = ()
    written: Mapping[str, tuple[tuple[int, int | None], ...]] = field(default_factory=dict)

    def power_w(self, component: str, at_ms: int) -> int:
        """The power of `meter1` (load) or an inverter, in W."""
        if self.schedule:
            return sum(s.power_w for s in self.schedule if s.component == component and s.from_ms <= at_ms < s.to_ms)
        value = self.written_w(component, at_ms)
        if value is not None:
            return value
        return self.profile.load_w(at_ms) if component == "meter1" else self.profile.generation_w(at_ms)

    def written_w(self, component: str, at_ms: int) -> int | None:
        """The datasource's value at a time, None when nothing is written."""
        values = [value for from_ms, value in self.written.get(component, ()) if from_ms <= at_ms]
        return values[-1] if values else None

    def next_change(self, at_ms: int) -> int:
        """The first time after `at_ms` at which a power may change."""
        changes = [at_ms // STEP_MS * STEP_MS + STEP_MS]
        for stretch in self.schedule:
            changes += [stretch.from_ms, stretch.to_ms]
        for values in self.written.values():
            changes += [from_ms for from_ms, _ in values]
        return min(change for change in changes if change > at_ms)

    def with_written(self, component: str, from_ms: int, value: int | None) -> Sources:
        """The sources after a value was written to a part's datasource."""
        before = [entry for entry in self.written.get(component, ()) if entry[0] < from_ms]
        return replace(self, written={**self.written, component: (*before[-1:], (from_ms, value))})

    def with_schedule(self, schedule: Sequence[Stretch]) -> Sources:
        """The sources with another schedule; an empty one gives the household back to profile and datasources."""
        return replace(self, schedule=tuple(schedule))


def parse_schedule(body: Any, components: Sequence[str]) -> list[Stretch]:
    """Reads `[{"component", "from", "to", "power_w"}]` with ISO times; ValueError names what is wrong."""
    if not isinstance(body, list):
        raise ValueError("a schedule is a list of {component, from, to, power_w}")
    return [_stretch(entry, components) for entry in body]


def _stretch(entry: Any, components: Sequence[str]) -> Stretch:
    if not isinstance(entry, dict) or entry.get("component") not in components:
        raise ValueError(f"component is one of {', '.join(components)}")
    power = entry.get("power_w")
    if isinstance(power, bool) or not isinstance(power, int) or not 0 <= power <= POWER_MAX_W:
        raise ValueError(f"power_w is a whole number from 0 to {POWER_MAX_W}")
    begin, end = (_moment_ms(entry.get(name)) for name in ("from", "to"))
    if end <= begin:
        raise ValueError("to lies after from")
    return Stretch(entry["component"], begin, end, power)


def _moment_ms(text: Any) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"from and to are ISO 8601 times with an offset or Z, got {text!r}") from error
    if moment.tzinfo is None:
        raise ValueError(f"from and to need an offset or Z, got {text!r}")
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000

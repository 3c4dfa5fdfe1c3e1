"""Every part of the system: whether it answers, with what version, and when it last did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.background_manager_logic.domain import ComponentState
from services.background_manager_logic.errors import ManagerError
from services.background_manager_logic.repository import LastSeen, Repository

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Component:
    """A part with an address."""

    name: str
    kind: str
    address: str
    health: Callable[[], Mapping[str, Any]]
    """What it says of its health; raises ManagerError."""


class Components:
    """The configured parts and the boxes that were added."""

    def __init__(
        self,
        repository: Repository,
        parts: Sequence[Component],
        box_part: Callable[[str, str], Component],
        clock: Callable[[], datetime],
    ) -> None:
        self._kept = repository
        self._parts = tuple(parts)
        self._box_part = box_part
        self._clock = clock

    def states(self) -> list[ComponentState]:
        """All parts, asked now, all at once."""
        boxes = [self._box_part(box.name, box.ip) for box in self._kept.boxes.all({})]
        before = self._kept.sightings.last()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda part: self._state(part, before.get(part.address)), [*self._parts, *boxes]))

    def _state(self, part: Component, before: LastSeen | None) -> ComponentState:
        try:
            told = part.health()
        except ManagerError as error:
            last, version = (before.at, before.version) if before is not None else (None, None)
            return ComponentState(part.name, part.kind, part.address, False, version, None, str(error), last)
        now = self._clock()
        version = told.get("version")
        version = version if isinstance(version, str) else None
        self._kept.sightings.remember(part.address, now, version)
        return ComponentState(
            part.name, part.kind, part.address, True, version, str(told.get("status")), _failed(told), now
        )


def _failed(told: Mapping[str, Any]) -> str | None:
    """What a part says is not well with it."""
    checks = told.get("checks")
    if not isinstance(checks, dict):
        return None
    ill = [
        f"{name}: {check.get('detail')}"
        for name, check in checks.items()
        if isinstance(check, dict) and check.get("status") != "ok"
    ]
    return "; ".join(ill) or None

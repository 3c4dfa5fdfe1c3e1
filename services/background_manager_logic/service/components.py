"""Every part of the system: whether it answers, with what version, and when it last did.

The parts are looked at in the background, for whoever opens the overview shall not wait for the slowest of them, or for
one that is silent: often while somebody wants to know, seldom else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from services.background_manager_logic.domain import IN_USE, Box, ComponentState
from services.background_manager_logic.errors import BoxSilent, ManagerError
from services.background_manager_logic.repository import LastSeen, Repository
from services.shared.data import DatabaseUnavailable

_AT_ONCE: Final = 16
_TICK_S: Final = 1.0
LOOKED_AT_EVERY: Final = timedelta(seconds=5)
"""How old a state becomes while somebody wants to know."""
_ELSE_EVERY: Final = timedelta(seconds=30)
_WANTED_FOR: Final = timedelta(seconds=60)

_log = logging.getLogger(__name__)


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
        self._known: dict[str, ComponentState] = {}  # by address; never changed, only put in the place of another
        self._looked: datetime | None = None
        self._wanted: datetime | None = None

    def states(self) -> list[ComponentState]:
        """All parts as the last look found them; one that was added since then is asked now."""
        self._wanted = self._clock()
        parts, known = self._all(), self._known
        added = [part for part in parts if part.address not in known]
        if added:
            known = known | self._ask(added)
            self._known = known
        return [replace(known[part.address], name=part.name, kind=part.kind) for part in parts]

    def watch(self, stopped: threading.Event) -> None:
        """Look at all parts whenever it is time, until told to stop."""
        while not stopped.wait(_TICK_S):
            if self._is_due():
                try:
                    self.look()
                except DatabaseUnavailable as error:
                    _log.warning("the parts cannot be looked at: %s", error)

    def look(self) -> None:
        """Ask all parts, all at once. Raises DatabaseUnavailable."""
        self._looked = self._clock()
        self._known = self._ask(self._all())

    def _is_due(self) -> bool:
        now = self._clock()
        wanted = self._wanted is not None and now - self._wanted < _WANTED_FOR
        return self._looked is None or now - self._looked >= (LOOKED_AT_EVERY if wanted else _ELSE_EVERY)

    def _all(self) -> list[Component]:
        """With boxes that left: the overview says so of them, and nobody asks them."""
        return [*self._parts, *map(self._part_of, self._kept.boxes.all({}))]

    def _part_of(self, box: Box) -> Component:
        part = self._box_part(box.name, box.ip)
        return part if box.state == IN_USE else replace(part, health=partial(_gone, box.state))

    def _ask(self, parts: Iterable[Component]) -> dict[str, ComponentState]:
        before = self._kept.sightings.last()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            states = pool.map(lambda part: self._state(part, before.get(part.address)), parts)
            return {state.address: state for state in states}

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


def _gone(state: str) -> Mapping[str, Any]:
    raise BoxSilent(f"this box is {state}: it is not asked any more")


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

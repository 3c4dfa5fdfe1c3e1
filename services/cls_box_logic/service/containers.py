"""The containers of the box: those that are listed may be started, stopped, restarted, updated; never its own."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any, Protocol

from services.cls_box_logic.errors import EngineAway, JournalFull, NotAllowedHere, Unknown
from services.cls_box_logic.journal import Journal

_log = logging.getLogger(__name__)

ACTIONS = ("start", "stop", "restart", "update")
View = dict[str, Any]


class Engine(Protocol):
    """The container engine, as far as this service needs it."""

    def inspect(self, name: str) -> dict[str, Any]:
        """Raises Unknown, EngineAway, NotAllowedHere."""

    def run(self, name: str, action: str) -> None:
        """As `inspect`."""

    def update(self, name: str) -> bool:
        """Whether it changed. As `inspect`; and Conflict."""


class Containers:
    """`managed`: names that may be managed; `engine` None: the box has none that this service may ask."""

    def __init__(
        self,
        engine: Engine | None,
        managed: frozenset[str],
        journal: Journal,
        own_id: Callable[[], str] = socket.gethostname,
    ) -> None:
        self._engine = engine
        self._managed = managed
        self._journal = journal
        self._own_id = own_id

    def list(self) -> list[View]:
        """Those that may be managed, by name; `state` missing for one that is not there. Raises EngineAway."""
        return [self._shown(name) for name in sorted(self._managed)]

    def act(self, name: str, action: str) -> View:
        """Does `action` and shows the container then. Raises NotAllowedHere, Unknown, Conflict, EngineAway."""
        if name not in self._managed:
            raise NotAllowedHere(f"{name} is not among the containers that are managed here ({self._names()})")
        engine = self._there()
        if self._is_own(engine.inspect(name)):
            raise NotAllowedHere(f"{name} is this service's own container; it is managed from outside")
        details: View = {"container": name, "action": action}
        if action == "update":
            details["changed"] = engine.update(name)
        else:
            engine.run(name, action)
        try:
            self._journal.append("control", details)
        except JournalFull as error:  # it is done, and may be what helps
            _log.error("%s of %s is not noted: %s", action, name, error)
        return self._shown(name)

    def _shown(self, name: str) -> View:
        try:
            found = self._there().inspect(name)
        except Unknown:
            return {"name": name, "state": "missing"}
        state = found["State"]
        return {
            "name": name,
            "image": found["Config"]["Image"],
            "image_id": found["Image"],
            "state": state["Status"],
            "health": (state.get("Health") or {}).get("Status"),
            "started_at": state.get("StartedAt"),
            "restarts": found.get("RestartCount"),
            "own": self._is_own(found),
        }

    def _is_own(self, inspected: dict[str, Any]) -> bool:
        """An engine names a container's host by its id unless told otherwise, which our compose files do not."""
        own = self._own_id()
        return str(inspected["Id"]).startswith(own) or inspected["Config"].get("Hostname") == own

    def _there(self) -> Engine:
        if self._engine is None:
            raise EngineAway("this box's containers are not managed from here (TBI_ENGINE_URL, TBI_CONTAINERS)")
        return self._engine

    def _names(self) -> str:
        return ", ".join(sorted(self._managed)) or "none"

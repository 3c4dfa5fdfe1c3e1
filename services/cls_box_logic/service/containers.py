"""The containers of the box: those that are listed may be started, stopped, restarted, updated; never its own."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, Protocol

from services.cls_box_logic.errors import BoxError, EngineAway, InFlight, JournalFull, NotAllowedHere, Unknown
from services.cls_box_logic.journal import Journal

_log = logging.getLogger(__name__)

ACTIONS = ("start", "stop", "restart", "update")
_AGAIN_S = 30.0
View = dict[str, Any]


class Engine(Protocol):
    """The container engine, as far as this service needs it."""

    def inspect(self, name: str) -> dict[str, Any]:
        """Raises Unknown, EngineAway, NotAllowedHere."""

    def run(self, name: str, action: str) -> None:
        """As `inspect`."""

    def update(self, name: str) -> bool:
        """Whether it changed. As `inspect`; and Conflict."""

    def recover(self, name: str) -> bool:
        """Whether an update of it had been broken off, and is undone. As `inspect`."""


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
        self._busy = threading.Lock()

    def list(self) -> list[View]:
        """Those that may be managed, by name; `state` missing for one that is not there. Raises EngineAway."""
        return [self._shown(name) for name in sorted(self._managed)]

    def act(self, name: str, action: str) -> View:
        """Does `action`, alone, and shows the container then.

        Raises NotAllowedHere, Unknown, Conflict, InFlight, EngineAway.
        """
        if name not in self._managed:
            raise NotAllowedHere(f"{name} is not among the containers that are managed here ({self._names()})")
        engine = self._there()
        if self._is_own(engine.inspect(name)):
            raise NotAllowedHere(f"{name} is this service's own container; it is managed from outside")
        if not self._busy.acquire(blocking=False):
            raise InFlight("another container of this box is being managed at this moment; try again when that is done")
        try:
            details: View = {"container": name, "action": action}
            if action == "update":
                details["changed"] = engine.update(name)
            else:
                engine.run(name, action)
        finally:
            self._busy.release()
        self._note(details)
        return self._shown(name)

    def recover(self, stopped: threading.Event) -> None:
        """After a start: ends updates that a power cut broke off, for what they had stopped would stay so."""
        waiting = sorted(self._managed) if self._engine is not None else []
        while waiting and not stopped.is_set():
            try:
                with self._busy:
                    recovered = self._there().recover(waiting[0])
            except BoxError as error:
                _log.info("%s is looked at again in %g s: %s", waiting[0], _AGAIN_S, error)
                stopped.wait(_AGAIN_S)
                continue
            name = waiting.pop(0)
            if recovered:
                _log.warning("the update of %s was broken off; the old one runs again", name)
                self._note({"container": name, "action": "recover"})
        stopped.wait()

    def _note(self, details: View) -> None:
        try:
            self._journal.append("control", details)
        except JournalFull as error:  # it is done, and may be what helps
            _log.error("%s of %s is not noted: %s", details["action"], details["container"], error)

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

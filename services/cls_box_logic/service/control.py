"""Set-points for flexible consumers and storage, written through OpenEMS again and again while they are to hold.

OpenEMS drops what was written 60 s after the last write, so a box that dies lets its devices go. What runs is kept on
the disk: a restarted service goes on with it until its end.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from services.cls_box_logic.database import Database
from services.cls_box_logic.errors import JournalFull, NotAllowedHere, OpenEmsUnavailable, Unknown
from services.cls_box_logic.journal import Journal, iso_ms
from services.cls_box_logic.provisioning import Control

_log = logging.getLogger(__name__)

AGAIN_S = 15.0
MAX_S = 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS setpoints (name TEXT PRIMARY KEY, power_w INTEGER NOT NULL, until_ms INTEGER NOT NULL);
"""
View = dict[str, Any]


class Writer(Protocol):
    """OpenEMS, as far as this service needs it."""

    def write(self, address: str, value: int) -> None:
        """Raises OpenEmsUnavailable."""


class Controls:
    """`controls` as the provisioning file names them."""

    def __init__(
        self,
        controls: Sequence[Control],
        writer: Writer,
        journal: Journal,
        directory: Path,
        clock_ms: Callable[[], int],
    ) -> None:
        self._controls = {control.name: control for control in controls}
        self._writer = writer
        self._journal = journal
        self._database = Database(directory / "controls.db", _SCHEMA)
        self._clock_ms = clock_ms
        self._trouble: dict[str, str] = {}
        self._ended: set[tuple[str, int]] = set()
        self._woken = threading.Event()

    def list(self) -> list[View]:
        """Each with what it does now."""
        return [self._shown(name) for name in sorted(self._controls)]

    def start(self, name: str, power_w: int, seconds: int) -> View:
        """Holds a device at a power for a time. Raises Unknown, NotAllowedHere, JournalFull."""
        control = self._known(name)
        if not control.min_w <= power_w <= control.max_w:
            raise NotAllowedHere(f"{name} takes {control.min_w} to {control.max_w} W, not {power_w}")
        until_ms = self._clock_ms() + min(seconds, MAX_S) * 1000
        self._journal.append("control", {"setpoint": name, "power_w": power_w, "until": iso_ms(until_ms)})
        self._database.connection().execute(
            "INSERT OR REPLACE INTO setpoints VALUES (?, ?, ?)", (name, power_w, until_ms)
        )
        self._ended.discard((name, until_ms))
        self._woken.set()
        return self._shown(name)

    def stop(self, name: str) -> View:
        """Lets a device go; OpenEMS does within 60 s. A full journal keeps nobody from that. Raises Unknown."""
        self._known(name)
        was = self._running().get(name)
        if was is not None:
            self._end(name, was[1])
            try:
                self._journal.append("control", {"setpoint": name, "power_w": None})
            except JournalFull as error:
                _log.error("set-point %s was stopped, which is not noted: %s", name, error)
        return self._shown(name)

    def run(self, stopped: threading.Event) -> None:
        """Writes what is to hold every AGAIN_S, and at once when something was started."""
        while not stopped.is_set():
            self._woken.clear()
            self.write()
            for _ in range(int(AGAIN_S)):  # the end of the service is noticed within a second
                if self._woken.wait(1.0) or stopped.is_set():
                    break

    def write(self) -> None:
        """Writes all set-points that hold now, once."""
        for name, (power_w, until_ms) in self._running().items():
            if name not in self._controls or self._clock_ms() >= until_ms:
                self._end(name, until_ms)
                continue
            try:
                self._writer.write(self._controls[name].channel, power_w)
                self._trouble.pop(name, None)
            except OpenEmsUnavailable as error:
                if name not in self._trouble:
                    _log.warning("set-point %s is not written: %s", name, error)
                self._trouble[name] = str(error)

    def close(self) -> None:
        self._database.close()

    def _known(self, name: str) -> Control:
        if name not in self._controls:
            raise Unknown(f"this box controls no {name}; its provisioning file names what it does")
        return self._controls[name]

    def _running(self) -> dict[str, tuple[int, int]]:
        rows = self._database.connection().execute("SELECT * FROM setpoints ORDER BY name")
        return {
            row["name"]: (row["power_w"], row["until_ms"])
            for row in rows
            if (row["name"], row["until_ms"]) not in self._ended
        }

    def _end(self, name: str, until_ms: int) -> None:
        """Forgets this one, not what was begun in its place meanwhile; on a full disk while this process lives."""
        self._ended.add((name, until_ms))
        try:
            self._database.connection().execute(
                "DELETE FROM setpoints WHERE name = ? AND until_ms = ?", (name, until_ms)
            )
        except sqlite3.OperationalError as error:
            _log.error("set-point %s is not forgotten: %s", name, error)
        self._trouble.pop(name, None)

    def _shown(self, name: str) -> View:
        control, running = self._controls[name], self._running().get(name)
        return {
            "name": name,
            "channel": control.channel,
            "min_w": control.min_w,
            "max_w": control.max_w,
            "running": running is not None,
            "power_w": None if running is None else running[0],
            "until": None if running is None else iso_ms(running[1]),
            "trouble": self._trouble.get(name),
        }

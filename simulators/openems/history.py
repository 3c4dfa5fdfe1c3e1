"""What the Edge remembers, as its rrd4j does: 5-minute averages of powers, counters by the hour only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

KEEP_MS = 450 * 86_400_000
"""rrd4j keeps 450 days."""

HOUR_MS = 3_600_000


class History:
    """Two tables: `averages` by the start of their 5 minutes, `counters` by the hour. Times are ms since the epoch."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        for table in ("averages", "counters"):
            self._db.execute(f"CREATE TABLE IF NOT EXISTS {table} (at_ms INTEGER PRIMARY KEY, channels TEXT NOT NULL)")

    def record_averages(self, at_ms: int, values: Mapping[str, float]) -> None:
        """Keeps the averages of the 5 minutes that begin at `at_ms`."""
        self._record("averages", at_ms, values)

    def record_counters(self, at_ms: int, values: Mapping[str, float]) -> None:
        """Keeps the counters as they stood at the hour `at_ms`."""
        self._record("counters", at_ms, values)
        for table in ("averages", "counters"):
            self._db.execute(f"DELETE FROM {table} WHERE at_ms < ?", (at_ms - KEEP_MS,))  # noqa: S608 - our own names

    def averages(self, from_ms: int, to_ms: int) -> dict[int, dict[str, float]]:
        """The averages that begin in [from, to), by their start."""
        return self._read("averages", from_ms, to_ms)

    def counters(self, from_ms: int, to_ms: int) -> dict[int, dict[str, float]]:
        """The counters of the hours in [from, to]."""
        return self._read("counters", from_ms, to_ms + 1)

    def close(self) -> None:
        self._db.close()

    def _record(self, table: str, at_ms: int, values: Mapping[str, float]) -> None:
        statement = f"INSERT OR REPLACE INTO {table} VALUES (?, ?)"  # noqa: S608 - the table's name is ours
        self._db.execute(statement, (at_ms, json.dumps(dict(values), separators=(",", ":"))))

    def _read(self, table: str, from_ms: int, to_ms: int) -> dict[int, dict[str, float]]:
        statement = f"SELECT at_ms, channels FROM {table} WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms"  # noqa: S608 - the same
        return {at_ms: json.loads(text) for at_ms, text in self._db.execute(statement, (from_ms, to_ms))}

"""The samples of the box's counters, kept in SQLite, bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from services.cls_box_logic.database import Database
from services.cls_box_logic.domain.clock import Judgement
from services.cls_box_logic.domain.energy import Sample

KEEP_MS = 10 * 86_400_000
"""Longer than the settlement deadline (96 h) with a week of reserve."""

KEEP_ROWS = 500_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS samples (
    at_ms INTEGER PRIMARY KEY, counters TEXT NOT NULL, clock TEXT NOT NULL DEFAULT 'unknown');
CREATE TABLE IF NOT EXISTS eras (at_ms INTEGER PRIMARY KEY, era INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS slot_lengths (length_s INTEGER PRIMARY KEY);
"""


_COLUMNS = {"samples": {"clock": "TEXT NOT NULL DEFAULT 'unknown'"}}

BACK_MS = 1000
"""A clock that goes back by more begins another era; by less, it is steered. A sample without one is of the first; a
table of their own, for a box may go back to a version that writes samples of three columns.
"""


class SampleStore:
    """One row a moment, with all counters that were read then (`component/channel` -> Wh or null)."""

    def __init__(self, directory: Path) -> None:
        self._database = Database(directory / "samples.db", _SCHEMA, _COLUMNS)
        self._since_pruned = 0
        last = self._database.connection().execute(
            "SELECT at_ms, coalesce(era, 0) AS era FROM samples LEFT JOIN eras USING (at_ms)"
            " ORDER BY era DESC, at_ms DESC LIMIT 1"
        )
        newest: tuple[int, int] = last.fetchone() or (0, 0)
        self._last_ms, self._era = newest

    def add(self, at_ms: int, counters: Mapping[str, int | None], clock: Judgement = "unknown") -> None:
        """Keeps what was read at a time, durably, and how well that time was known. One process adds."""
        text = json.dumps(dict(counters), separators=(",", ":"), sort_keys=True)
        era = self._era + (at_ms < self._last_ms - BACK_MS)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO samples (at_ms, counters, clock) VALUES (?, ?, ?)", (at_ms, text, clock)
            )
            if era:
                connection.execute("INSERT OR REPLACE INTO eras VALUES (?, ?)", (at_ms, era))
        self._last_ms, self._era = at_ms, era
        self._since_pruned += 1
        if self._since_pruned >= 1000:
            self.prune(at_ms)

    def series(self, channel: str, begin_ms: int, end_ms: int) -> list[Sample]:
        """A counter's samples from the last one before `begin_ms` to the first one after `end_ms`."""
        connection = self._database.connection()
        first = connection.execute("SELECT max(at_ms) FROM samples WHERE at_ms < ?", (begin_ms,)).fetchone()[0]
        last = connection.execute("SELECT min(at_ms) FROM samples WHERE at_ms > ?", (end_ms,)).fetchone()[0]
        rows = connection.execute(
            "SELECT at_ms, counters, clock, coalesce(era, 0) AS era FROM samples LEFT JOIN eras USING (at_ms)"
            " WHERE at_ms BETWEEN ? AND ? ORDER BY at_ms",
            (begin_ms if first is None else first, end_ms if last is None else last),
        )
        read = ((json.loads(row["counters"]), row) for row in rows)
        return [
            Sample(row["at_ms"], counters[channel], row["clock"], row["era"])
            for counters, row in read
            if channel in counters
        ]

    def newest_ms(self) -> int | None:
        """The time of the last sample."""
        newest: int | None = self._database.connection().execute("SELECT max(at_ms) FROM samples").fetchone()[0]
        return newest

    def slot_lengths(self) -> frozenset[int]:
        """The slot lengths known last, so that sampling goes on while the chain is out of reach."""
        rows = self._database.connection().execute("SELECT length_s FROM slot_lengths")
        return frozenset(row["length_s"] for row in rows)

    def remember_slot_lengths(self, lengths: frozenset[int]) -> None:
        """Keeps the slot lengths of the markets in which the box takes part."""
        if lengths == self.slot_lengths():
            return
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM slot_lengths")
            connection.executemany("INSERT INTO slot_lengths VALUES (?)", [(length,) for length in sorted(lengths)])

    def prune(self, now_ms: int) -> None:
        """Removes what is older than KEEP_MS, and the oldest beyond KEEP_ROWS."""
        self._since_pruned = 0
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM samples WHERE at_ms < ?", (now_ms - KEEP_MS,))
            connection.execute(
                "DELETE FROM samples WHERE at_ms <= (SELECT at_ms FROM samples ORDER BY at_ms DESC LIMIT 1 OFFSET ?)",
                (KEEP_ROWS,),
            )
            connection.execute("DELETE FROM eras WHERE at_ms NOT IN (SELECT at_ms FROM samples)")

    def close(self) -> None:
        self._database.close()

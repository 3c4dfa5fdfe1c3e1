"""What the box has measured, signed and sent: append-only, in SQLite.

A chain of hashes whose head the TPM signs comes later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.cls_box_logic.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
    market TEXT, slot INTEGER, data TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS journal_keeps BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS journal_stays BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind`: event, measured, missing, sent, refused, order."""

    seq: int
    at_ms: int
    kind: str
    market: str | None
    slot: int | None
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As GET /journal shows it."""
        return {
            "seq": self.seq,
            "at": iso_ms(self.at_ms),
            "kind": self.kind,
            "market": self.market,
            "slot_start": None if self.slot is None else iso_slot(self.slot),
            "data": self.data,
        }


class Journal:
    """Entries are numbered from 1 without gaps that matter; each is on the disk before `append` returns."""

    def __init__(self, directory: Path, clock_ms: Callable[[], int]) -> None:
        self._database = Database(directory / "journal.db", _SCHEMA)
        self._clock_ms = clock_ms

    def append(self, kind: str, data: Mapping[str, Any], *, market: str | None = None, slot: int | None = None) -> int:
        """Adds an entry; gives its number."""
        text = json.dumps(dict(data), separators=(",", ":"), ensure_ascii=False)
        cursor = self._database.connection().execute(
            "INSERT INTO journal (at_ms, kind, market, slot, data) VALUES (?, ?, ?, ?, ?)",
            (self._clock_ms(), kind, market, slot, text),
        )
        return int(cursor.lastrowid or 0)

    def since(self, seq: int, limit: int) -> list[Entry]:
        """The entries after `seq`, oldest first."""
        rows = self._database.connection().execute(
            "SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        return [
            Entry(row["seq"], row["at_ms"], row["kind"], row["market"], row["slot"], json.loads(row["data"]))
            for row in rows
        ]

    def close(self) -> None:
        self._database.close()


def iso_ms(at_ms: int) -> str:
    """ISO 8601, UTC, to the millisecond."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_slot(slot: int) -> str:
    """A slot's start: ISO 8601, UTC, whole seconds."""
    return datetime.fromtimestamp(slot, UTC).isoformat().replace("+00:00", "Z")

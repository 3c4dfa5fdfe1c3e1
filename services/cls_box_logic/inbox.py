"""Events and what was measured for them, durable: Redis may be lost, this is not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cls_box_logic.database import Database
from services.cls_box_logic.errors import Conflict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    event_id TEXT PRIMARY KEY, body TEXT NOT NULL, received_ms INTEGER NOT NULL, outcome TEXT);
CREATE INDEX IF NOT EXISTS open_events ON events (received_ms) WHERE outcome IS NULL;
CREATE TABLE IF NOT EXISTS batches (
    market TEXT NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL,
    readings TEXT NOT NULL, missing TEXT NOT NULL, outcome TEXT,
    notes TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (market, slot, number));
"""
_NEW_BATCH = "INSERT INTO batches (market, slot, number, readings, missing, notes) VALUES (?, ?, ?, ?, ?, ?)"
_FORGET = """DELETE FROM batches WHERE market = ? AND slot = ? AND number < ?
    AND json_extract(outcome, '$.status') = 'superseded'"""
_COLUMNS = {"batches": {"notes": "TEXT NOT NULL DEFAULT '{}'"}}
"""Which tables of earlier versions lack."""

KEEP_MS = 30 * 86_400_000
"""How long what is done is remembered; longer than any event is repeated."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the chain, addressed to this box."""

    event_id: str
    market: str
    kind: str
    point: int
    slot: int
    by_hand: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "event_id": self.event_id,
            "market": self.market,
            "kind": self.kind,
            "point": self.point,
            "slot": self.slot,
            "by_hand": self.by_hand,
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """What was measured for a slot and is sent together. It never changes, so that a repeat is the same transaction.

    `readings` as the contract takes them; `missing` {point: reason}; `outcome` None until the chain has answered;
    `notes` {point: what else the journal says of its reading}.
    """

    market: str
    slot: int
    number: int
    readings: tuple[dict[str, Any], ...]
    missing: Mapping[int, str]
    outcome: dict[str, Any] | None
    notes: Mapping[int, Mapping[str, Any]]

    @property
    def key(self) -> str:
        """The Idempotency-Key of its transaction."""
        suffix = "" if self.number == 0 else f":{self.number}"
        return f"deliver:{self.market}:{self.slot}{suffix}"

    def covers(self, point: int) -> bool:
        """Whether the point was measured with this batch."""
        return point in self.missing or any(reading["point"] == point for reading in self.readings)


class Inbox:
    """Who takes an event over, does not lose it."""

    def __init__(self, directory: Path, clock_ms: Callable[[], int]) -> None:
        self._database = Database(directory / "inbox.db", _SCHEMA, _COLUMNS)
        self._clock_ms = clock_ms

    def take(self, event: Event) -> bool:
        """Keeps an event; False when it was kept before. Raises Conflict when its id stands for another one."""
        text = json.dumps(event.to_json(), sort_keys=True)
        with self._database.transaction() as connection:
            row = connection.execute("SELECT body FROM events WHERE event_id = ?", (event.event_id,)).fetchone()
            if row is not None:
                if row["body"] != text:
                    raise Conflict(f"the event {event.event_id} was given before with another content")
                return False
            connection.execute("INSERT INTO events VALUES (?, ?, ?, NULL)", (event.event_id, text, self._clock_ms()))
        return True

    def event(self, event_id: str) -> Event | None:
        """A kept event."""
        row = self._one("SELECT body FROM events WHERE event_id = ?", event_id)
        return None if row is None else Event(**json.loads(row["body"]))

    def outcome(self, event_id: str) -> dict[str, Any] | None:
        """What became of an event; None while it is open."""
        row = self._one("SELECT outcome FROM events WHERE event_id = ?", event_id)
        return _loaded(row)

    def finish(self, event_id: str, outcome: Mapping[str, Any]) -> None:
        """Notes what became of an event."""
        self._database.connection().execute(
            "UPDATE events SET outcome = ? WHERE event_id = ?", (json.dumps(dict(outcome)), event_id)
        )

    def open_events(self, before_ms: int | None = None) -> list[Event]:
        """Events that nothing has become of yet, oldest first; only those received before a time, when one is given.

        One from the future was received before the clock went back.
        """
        span = (2**62, 0) if before_ms is None else (before_ms, self._clock_ms())
        rows = self._database.connection().execute(
            "SELECT body FROM events WHERE outcome IS NULL AND (received_ms < ? OR received_ms > ?) ORDER BY rowid",
            span,
        )
        return [Event(**json.loads(row["body"])) for row in rows]

    def is_open(self, market: str, slot: int) -> bool:
        """Whether a slot has an event or a batch of which nothing has become yet."""
        connection = self._database.connection()
        if connection.execute(
            "SELECT 1 FROM batches WHERE market = ? AND slot = ? AND outcome IS NULL", (market, slot)
        ).fetchone():
            return True
        return any(event.market == market and event.slot == slot for event in self.open_events())

    def event_of_job(self, job_id: str, job_id_of: Callable[[str], str]) -> Event | None:
        """The event whose job has this id."""
        rows = self._database.connection().execute("SELECT event_id, body FROM events")
        return next((Event(**json.loads(row["body"])) for row in rows if job_id_of(row["event_id"]) == job_id), None)

    def batches(self, market: str, slot: int) -> list[Batch]:
        """What was measured for a slot, in the order in which it was."""
        rows = self._database.connection().execute(
            "SELECT * FROM batches WHERE market = ? AND slot = ? ORDER BY number", (market, slot)
        )
        return [
            Batch(
                row["market"],
                row["slot"],
                row["number"],
                tuple(json.loads(row["readings"])),
                {int(point): reason for point, reason in json.loads(row["missing"]).items()},
                _loaded(row),
                {int(point): notes for point, notes in json.loads(row["notes"]).items()},
            )
            for row in rows
        ]

    def add_batch(
        self,
        market: str,
        slot: int,
        readings: Sequence[Mapping[str, Any]],
        missing: Mapping[int, str],
        notes: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> Batch:
        """Keeps what was measured as the slot's next batch."""
        number = _next_number(self.batches(market, slot))
        values = (
            *(market, slot, number, json.dumps([dict(reading) for reading in readings]), json.dumps(dict(missing))),
            json.dumps({point: dict(note) for point, note in (notes or {}).items()}),
        )
        self._database.connection().execute(_NEW_BATCH, values)
        return self.batches(market, slot)[-1]

    def finish_batch(self, batch: Batch, outcome: Mapping[str, Any]) -> None:
        """Notes the chain's answer."""
        self._finish(self._database.connection(), batch, outcome)

    def supersede(self, batch: Batch, why: str) -> None:
        """Puts the same readings into a new batch, which has another Idempotency-Key.

        Of those that were superseded one is kept: a box that is refused for days (its clock is wrong) tries on and on.
        """
        number = _next_number(self.batches(batch.market, batch.slot))
        missing = json.dumps(dict(batch.missing))
        notes = json.dumps({point: dict(note) for point, note in batch.notes.items()})
        values = (batch.market, batch.slot, number, json.dumps(list(batch.readings)), missing, notes)
        with self._database.transaction() as connection:
            connection.execute(_FORGET, (batch.market, batch.slot, batch.number))
            self._finish(connection, batch, {"status": "superseded", "reason": why})
            connection.execute(_NEW_BATCH, values)

    @staticmethod
    def _finish(connection: sqlite3.Connection, batch: Batch, outcome: Mapping[str, Any]) -> None:
        connection.execute(
            "UPDATE batches SET outcome = ? WHERE market = ? AND slot = ? AND number = ?",
            (json.dumps(dict(outcome)), batch.market, batch.slot, batch.number),
        )

    def prune(self) -> None:
        """Removes what is done and old."""
        before = self._clock_ms() - KEEP_MS
        connection = self._database.connection()
        connection.execute("DELETE FROM events WHERE outcome IS NOT NULL AND received_ms < ?", (before,))
        connection.execute("DELETE FROM batches WHERE outcome IS NOT NULL AND slot < ?", (before // 1000,))

    def close(self) -> None:
        self._database.close()

    def _one(self, statement: str, event_id: str) -> Any:
        return self._database.connection().execute(statement, (event_id,)).fetchone()


def _next_number(batches: Sequence[Batch]) -> int:
    """No number is given twice, for it is in the key."""
    return batches[-1].number + 1 if batches else 0


def _loaded(row: Any) -> dict[str, Any] | None:
    if row is None or row["outcome"] is None:
        return None
    return dict(json.loads(row["outcome"]))

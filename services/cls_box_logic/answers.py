"""Idempotency-Keys of orders: the same key gives the same answer and one effect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from services.cls_box_logic.database import Database
from services.cls_box_logic.errors import Conflict, InFlight

KEEP_MS = 7 * 86_400_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, begun_ms INTEGER NOT NULL, owner TEXT NOT NULL, answer TEXT);
"""


class Answers:
    """`owner` names this process: what another one left unfinished when it died may be taken over."""

    def __init__(
        self,
        directory: Path,
        clock_ms: Callable[[], int],
        owner: str,
        may_begin: Callable[[], None] = lambda: None,
    ) -> None:
        """`may_begin` raises when no order may be carried out now."""
        self._database = Database(directory / "answers.db", _SCHEMA)
        self._clock_ms = clock_ms
        self._owner = owner
        self._may_begin = may_begin
        self._under_way: set[str] = set()

    def begin(self, key: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """The earlier answer, or None when the order is to be carried out now.

        Raises Conflict (the key stands for another body), InFlight (it is being carried out), or what `may_begin` does.
        """
        fingerprint = hashlib.sha256(json.dumps(dict(body), sort_keys=True).encode()).hexdigest()
        now = self._clock_ms()
        self._may_begin_unless_known(key)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM answers WHERE begun_ms < ?", (now - KEEP_MS,))
            row = connection.execute("SELECT * FROM answers WHERE key = ?", (key,)).fetchone()
            if row is not None and row["fingerprint"] != fingerprint:
                raise Conflict("This Idempotency-Key stands for another order; take a new key for a new order")
            if row is None or (row["answer"] is None and not self._is_under_way(row)):
                values = (key, fingerprint, now, self._owner)
                connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, NULL)", values)
                self._under_way.add(key)
                return None
        if row["answer"] is None:
            raise InFlight("The order of this Idempotency-Key is under way; ask again with the same key")
        return dict(json.loads(row["answer"]))

    def _may_begin_unless_known(self, key: str) -> None:
        if not self._database.connection().execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone():
            self._may_begin()

    def _is_under_way(self, row: Mapping[str, Any]) -> bool:
        """Here, and now: what a full disk left without an end may be taken up again, as a dead process' orders."""
        return row["owner"] == self._owner and row["key"] in self._under_way

    def finish(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keeps the answer for repeats."""
        self._under_way.discard(key)
        self._database.connection().execute(
            "UPDATE answers SET answer = ? WHERE key = ?", (json.dumps(dict(answer)), key)
        )

    def release(self, key: str) -> None:
        """The order had no effect and no final answer: the next call with the key carries it out."""
        self._under_way.discard(key)
        self._database.connection().execute("DELETE FROM answers WHERE key = ? AND answer IS NULL", (key,))

    def close(self) -> None:
        self._database.close()

"""The feed: what was seen, in order, durable, each once; readers resume after the last id they have."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.blockchain_connector.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, data TEXT NOT NULL,
    handed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS unhanded ON feed (id) WHERE handed = 0;
CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), block_num INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Item:
    """`source` names it on the chain, so that it enters once; `id` is its place in this feed."""

    id: int
    source: str
    kind: str
    data: dict[str, Any]


class Feed:
    """Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path, _SCHEMA)
        self._grown = threading.Condition()

    def add(self, items: Iterable[tuple[str, str, dict[str, Any]]], block_num: int | None = None) -> int:
        """Appends (source, kind, data) that are new, together with the cursor. How many were new."""
        new = 0
        with self._store.transaction() as connection:
            for source, kind, data in items:
                new += connection.execute(
                    "INSERT INTO feed (source, kind, data) VALUES (?, ?, ?) ON CONFLICT (source) DO NOTHING",
                    (source, kind, json.dumps(data)),
                ).rowcount
            if block_num is not None:
                connection.execute(
                    "INSERT INTO cursor VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET block_num = excluded.block_num",
                    (block_num,),
                )
        if new:
            with self._grown:
                self._grown.notify_all()
        return new

    @property
    def block_num(self) -> int:
        """The last block that was taken in (0: none)."""
        rows = self._store.rows("SELECT block_num FROM cursor")
        return rows[0]["block_num"] if rows else 0

    def after(self, item_id: int, limit: int = 200) -> list[Item]:
        rows = self._store.rows("SELECT * FROM feed WHERE id > ? ORDER BY id LIMIT ?", (item_id, limit))
        return [Item(row["id"], row["source"], row["kind"], json.loads(row["data"])) for row in rows]

    def unhanded(self, limit: int = 100) -> list[Item]:
        """What the receiver has not acknowledged yet, the oldest first."""
        rows = self._store.rows("SELECT * FROM feed WHERE handed = 0 ORDER BY id LIMIT ?", (limit,))
        return [Item(row["id"], row["source"], row["kind"], json.loads(row["data"])) for row in rows]

    def handed(self, item_id: int) -> None:
        with self._store.transaction() as connection:
            connection.execute("UPDATE feed SET handed = 1 WHERE id = ?", (item_id,))

    def wait(self, timeout_s: float) -> None:
        """Until something may have been added."""
        with self._grown:
            self._grown.wait(timeout_s)

    def close(self) -> None:
        self._store.close()

"""The feed: what was seen, in order, durable, each once; readers resume after the last id they have."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.blockchain_connector.store import Store
from services.shared.chain.errors import ChainError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, data TEXT NOT NULL,
    handed INTEGER NOT NULL DEFAULT 0 -- 0 not yet, 1 acknowledged, 2 a dead letter
) STRICT;
CREATE INDEX IF NOT EXISTS unhanded ON feed (id) WHERE handed = 0;
CREATE TABLE IF NOT EXISTS about (one INTEGER PRIMARY KEY CHECK (one = 1), chain_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), block_num INTEGER NOT NULL) STRICT;
"""


_LATER_COLUMNS = {
    "attempts": "INTEGER NOT NULL DEFAULT 0",
    "reason": "TEXT NOT NULL DEFAULT ''",
    "failed_at": "REAL NOT NULL DEFAULT 0",
}


class AnotherChain(ChainError):  # noqa: N818 - the name says what happened
    """The feed tells of one chain, the nodes are of another."""


@dataclass(frozen=True)
class Item:
    """`source` names it on the chain, so that it enters once; `id` is its place in this feed."""

    id: int
    source: str
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """An item that its receiver refuses; `failed_at` in seconds since the epoch."""

    item: Item
    attempts: int
    reason: str
    failed_at: float


class Feed:
    """Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path, _SCHEMA)
        for column, kind in _LATER_COLUMNS.items():
            self._store.add_column("feed", column, kind)
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

    def refused(self, item_id: int, reason: str, now: float, *, most: int) -> bool:
        """One more attempt was refused; after `most` the item is a dead letter. Whether it is one now."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "UPDATE feed SET attempts = attempts + 1, reason = ?, failed_at = ?,"
                " handed = CASE WHEN attempts + 1 >= ? THEN 2 ELSE handed END WHERE id = ? RETURNING handed",
                (reason, now, most, item_id),
            ).fetchone()
        return bool(row["handed"] == 2)

    def dead_letters(self, limit: int = 1000) -> list[Letter]:
        rows = self._store.rows("SELECT * FROM feed WHERE handed = 2 ORDER BY id LIMIT ?", (limit,))
        return [
            Letter(
                Item(row["id"], row["source"], row["kind"], json.loads(row["data"])),
                row["attempts"],
                row["reason"],
                row["failed_at"],
            )
            for row in rows
        ]

    def retry(self, source: str) -> bool | None:
        """Hand a dead letter again. Whether it is still to be handed (False: acknowledged); None: there is no such."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE feed SET handed = 0, attempts = 0 WHERE source = ? AND handed = 2", (source,))
            row = connection.execute("SELECT handed FROM feed WHERE source = ?", (source,)).fetchone()
        return None if row is None else row["handed"] == 0

    def count_dead_letters(self) -> int:
        return int(self._store.rows("SELECT count(*) AS number FROM feed WHERE handed = 2")[0]["number"])

    def require_chain(self, chain_id: str) -> None:
        """The first chain that it is told of is the feed's for good. Raises AnotherChain."""
        rows = self._store.rows("SELECT chain_id FROM about")
        if not rows:
            with self._store.transaction() as connection:
                connection.execute("INSERT INTO about VALUES (1, ?)", (chain_id,))
            return
        known = rows[0]["chain_id"]
        if known != chain_id:
            raise AnotherChain(
                f"the feed tells of the chain {known[:16]}..., the node is of {chain_id[:16]}...: correct "
                "TBI_CHAIN_URLS, or give the connector an empty TBI_STATE_DIR for another chain"
            )

    def wait(self, timeout_s: float) -> None:
        """Until something may have been added."""
        with self._grown:
            self._grown.wait(timeout_s)

    def close(self) -> None:
        self._store.close()

"""The feed: what was seen, in order, durable, each once; readers resume after the last id they have."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
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
CREATE TABLE IF NOT EXISTS pruned (one INTEGER PRIMARY KEY CHECK (one = 1), id INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS mentions (what TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (what, id))
    STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mentioned ON mentions (id);
CREATE TABLE IF NOT EXISTS indexed (one INTEGER PRIMARY KEY CHECK (one = 1), id INTEGER NOT NULL) STRICT;
"""
_PRUNE_AT_ONCE = 2000
_INDEX_AT_ONCE = 5000


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


@dataclass(frozen=True)
class Oldest:
    """The first item that is still there. `id` is the place after the last one that is not."""

    id: int
    block_num: int


class Feed:
    """Thread-safe.

    `keep`: so many of the newest items stay, a little more for a while; None: all. With `handing`, only those that the
    receiver has acknowledged may go. `index`: what an item is looked up by in `about`.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep: int | None = None,
        handing: bool = False,
        index: Callable[[Mapping[str, Any]], Iterable[str]] | None = None,
    ) -> None:
        self._store = Store(path, _SCHEMA)
        for column, kind in _LATER_COLUMNS.items():
            self._store.add_column("feed", column, kind)
        self._grown = threading.Condition()
        self._keep, self._may_go, self._index = keep, "handed = 1" if handing else "TRUE", index
        self._index_old()

    def add(self, items: Iterable[tuple[str, str, dict[str, Any]]], block_num: int | None = None) -> int:
        """Appends (source, kind, data) that are new, together with the cursor. How many were new."""
        new = 0
        with self._store.transaction() as connection:
            for source, kind, data in items:
                row = connection.execute(
                    "INSERT INTO feed (source, kind, data) VALUES (?, ?, ?) ON CONFLICT (source) DO NOTHING"
                    " RETURNING id",
                    (source, kind, json.dumps(data)),
                ).fetchone()
                if row is not None:
                    new += 1
                    self._note(connection, row["id"], data)
            if block_num is not None:
                connection.execute(
                    "INSERT INTO cursor VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET block_num = excluded.block_num",
                    (block_num,),
                )
            if new:
                self._prune(connection)
        if new:
            with self._grown:
                self._grown.notify_all()
        return new

    def _note(self, connection: sqlite3.Connection, item_id: int, data: Mapping[str, Any]) -> None:
        if self._index is None:
            return
        pairs = [(what, item_id) for what in self._index(data)]
        connection.executemany("INSERT OR IGNORE INTO mentions VALUES (?, ?)", pairs)
        connection.execute(
            "INSERT INTO indexed VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET id = excluded.id", (item_id,)
        )

    def _index_old(self) -> None:
        """What a connector one version back took in."""
        if self._index is None:
            return
        while rows := self._store.rows(
            "SELECT id, data FROM feed WHERE id > coalesce((SELECT id FROM indexed), 0) ORDER BY id LIMIT ?",
            (_INDEX_AT_ONCE,),
        ):
            with self._store.transaction() as connection:
                for row in rows:
                    self._note(connection, row["id"], json.loads(row["data"]))

    def _prune(self, connection: sqlite3.Connection) -> None:
        """At most so many at once that nobody waits for it; what is left goes the next time."""
        if self._keep is None:
            return
        (last,) = connection.execute("SELECT max(id) FROM feed").fetchone()
        gone = connection.execute(
            f"DELETE FROM feed WHERE id IN (SELECT id FROM feed WHERE id <= ? AND {self._may_go} ORDER BY id LIMIT ?)"  # noqa: S608 - a text of ours
            " RETURNING id",
            (last - self._keep, _PRUNE_AT_ONCE),
        ).fetchall()
        if not gone:
            return
        until = max(row["id"] for row in gone)
        connection.executemany("DELETE FROM mentions WHERE id = ?", [(row["id"],) for row in gone])
        connection.execute(
            "INSERT INTO pruned VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET id = max(id, excluded.id)", (until,)
        )

    def oldest(self) -> Oldest:
        """Up to where the feed was pruned."""
        rows = self._store.rows("SELECT id FROM pruned")
        first = (rows[0]["id"] if rows else 0) + 1
        items = self.after(first - 1, 1)
        return Oldest(first, int(items[0].data.get("block_num", 0)) if items else self.block_num)

    def about(self, what: str, after: int, blocks: tuple[int, int], limit: int) -> list[Item]:
        """The items that have `what` in their index, with greater ids than `after`, of blocks from and to."""
        rows = self._store.rows(
            "SELECT feed.* FROM mentions JOIN feed ON feed.id = mentions.id WHERE mentions.what = ? AND mentions.id > ?"
            " AND json_extract(feed.data, '$.block_num') BETWEEN ? AND ? ORDER BY mentions.id LIMIT ?",
            (what, after, *blocks, limit),
        )
        return [Item(row["id"], row["source"], row["kind"], json.loads(row["data"])) for row in rows]

    @property
    def block_num(self) -> int:
        """The last block that was taken in (0: none)."""
        rows = self._store.rows("SELECT block_num FROM cursor")
        return rows[0]["block_num"] if rows else 0

    def after(self, item_id: int, limit: int = 200) -> list[Item]:
        rows = self._store.rows("SELECT * FROM feed WHERE id > ? ORDER BY id LIMIT ?", (item_id, limit))
        return [Item(row["id"], row["source"], row["kind"], json.loads(row["data"])) for row in rows]

    def before(self, item_id: int, limit: int) -> list[Item]:
        """The newest first."""
        rows = self._store.rows("SELECT * FROM feed WHERE id < ? ORDER BY id DESC LIMIT ?", (item_id, limit))
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

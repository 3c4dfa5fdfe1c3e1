"""The head stream: the market's actions as soon as they stand in a block, and what a fork takes back.

A block at the head may be undone. Then the stream tells `chain.undo` with the ids of its own events that no longer
count; what the other branch carries follows. Cursor and events are kept in one commit, also through restarts.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from services.blockchain_connector.store import Store
from services.blockchain_connector.watcher.cloud import market_actions
from services.blockchain_connector.watcher.feed import Item, Oldest
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError, NotFound, TracesWrong
from services.shared.chain.model import ChainInfo

UNDO: Final = "chain.undo"
_BLOCKS_A_ROUND = 100
_SETTLE_EVERY = 120  # blocks
_KEPT = 240
"""Blocks that are kept behind the last irreversible one: one producer alone makes a block irreversible by its own word,
and a node that dies loses some of them."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, data TEXT NOT NULL, block_num INTEGER NOT NULL,
    stands INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX IF NOT EXISTS standing ON told (block_num) WHERE stands = 1;
CREATE TABLE IF NOT EXISTS blocks (num INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS pruned (one INTEGER PRIMARY KEY CHECK (one = 1), id INTEGER NOT NULL) STRICT;
"""
_PRUNE_AT_ONCE = 2000
_log = logging.getLogger(__name__)


class HeadFeed:
    """What was told, and the blocks from some before the last irreversible one on. Thread-safe.

    `keep`: so many of the newest events stay, and all that may still be taken back; None: all.
    """

    def __init__(self, path: Path, *, keep: int | None = None) -> None:
        self._store = Store(path, _SCHEMA)
        self._keep = keep
        self._grown = threading.Condition()

    def tip(self) -> tuple[int, str] | None:
        """(number, id) of the last block that was taken in."""
        rows = self._store.rows("SELECT num, id FROM blocks ORDER BY num DESC LIMIT 1")
        return (rows[0]["num"], rows[0]["id"]) if rows else None

    def blocks(self) -> list[tuple[int, str]]:
        """The blocks that may still be undone and the last one that may not, the newest first."""
        return [(row["num"], row["id"]) for row in self._store.rows("SELECT num, id FROM blocks ORDER BY num DESC")]

    def append(self, number: int, block_id: str, actions: Sequence[tuple[str, dict[str, Any]]] = ()) -> None:
        with self._store.transaction() as connection:
            connection.execute("INSERT INTO blocks VALUES (?, ?)", (number, block_id))
            for kind, data in actions:
                connection.execute(
                    "INSERT INTO told (kind, data, block_num) VALUES (?, ?, ?)", (kind, json.dumps(data), number)
                )
        self._tell(bool(actions))

    def undo(self, last_good: int) -> list[int]:
        """Take back the blocks after `last_good`. The ids of the events that no longer count, the newest first."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT id FROM told WHERE stands = 1 AND block_num > ? ORDER BY id DESC", (last_good,)
            )
            undone = [int(row["id"]) for row in rows]
            connection.execute("UPDATE told SET stands = 0 WHERE stands = 1 AND block_num > ?", (last_good,))
            connection.execute("DELETE FROM blocks WHERE num > ?", (last_good,))
            if undone:
                data = json.dumps({"last_good_block": last_good, "undone": undone})
                connection.execute(
                    "INSERT INTO told (kind, data, block_num, stands) VALUES (?, ?, ?, 0)", (UNDO, data, last_good)
                )
        self._tell(bool(undone))
        return undone

    def settle(self, final: int) -> None:
        """Forget the blocks before the last irreversible one: they need not be compared any more. Now and then."""
        oldest = self._store.rows("SELECT min(num) AS num FROM blocks")[0]["num"]
        if oldest is None or final - oldest < _SETTLE_EVERY:
            return
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM blocks WHERE num < (SELECT max(num) FROM blocks WHERE num <= ?)", (final,))
            self._prune(connection)

    def _prune(self, connection: sqlite3.Connection) -> None:
        (last,) = connection.execute("SELECT max(id) FROM told").fetchone()
        if self._keep is None or last is None:
            return
        gone = connection.execute(
            "DELETE FROM told WHERE id IN (SELECT id FROM told WHERE id <= ?"
            " AND block_num < (SELECT min(num) FROM blocks) ORDER BY id LIMIT ?) RETURNING id",
            (last - self._keep, _PRUNE_AT_ONCE),
        ).fetchall()
        if gone:
            connection.execute(
                "INSERT INTO pruned VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET id = max(id, excluded.id)",
                (max(row["id"] for row in gone),),
            )

    def oldest(self) -> Oldest:
        """Up to where the stream was pruned."""
        rows = self._store.rows("SELECT id FROM pruned")
        first = (rows[0]["id"] if rows else 0) + 1
        items = self.after(first - 1, 1)
        return Oldest(first, int(items[0].data.get("block_num", 0)) if items else 0)

    def after(self, item_id: int, limit: int = 200) -> list[Item]:
        rows = self._store.rows("SELECT * FROM told WHERE id > ? ORDER BY id LIMIT ?", (item_id, limit))
        return [Item(row["id"], str(row["id"]), row["kind"], json.loads(row["data"])) for row in rows]

    def wait(self, timeout_s: float) -> None:
        """Until something may have been added."""
        with self._grown:
            self._grown.wait(timeout_s)

    def close(self) -> None:
        self._store.close()

    def _tell(self, grown: bool) -> None:
        if grown:
            with self._grown:
                self._grown.notify_all()


class HeadFollower:
    """One thread calls `round`. The stream begins with what is reversible when it is called for the first time."""

    def __init__(self, chain: ChainClient, feed: HeadFeed) -> None:
        self._chain = chain
        self._feed = feed

    def round(self) -> int:
        """Takes in new blocks, and back what the node's chain left. How many blocks. Raises ChainError.

        A chain that is not longer than what was told is waited for: a node behind the others is no fork.
        """
        with self._chain.one_node():
            info = self._chain.info()
            tip = self._feed.tip()
            if tip is None:
                tip = (info.last_irreversible_block_num, info.last_irreversible_block_id)
                self._feed.append(*tip)
            if info.head_block_num <= tip[0]:
                return 0
            if self._chain.block_id(tip[0]) != tip[1]:
                tip = self._back(info)
            count = self._on(tip, min(info.head_block_num, tip[0] + _BLOCKS_A_ROUND))
        self._feed.settle(info.last_irreversible_block_num - _KEPT)
        return count

    def _back(self, info: ChainInfo) -> tuple[int, str]:
        """To the last block that the node's chain and ours have in common."""
        for number, block_id in self._feed.blocks():
            if self._chain.block_id(number) == block_id:
                undone = self._feed.undo(number)
                _log.warning("a fork after block %d took back %d events", number, len(undone))
                return number, block_id
        raise ChainError(
            f"the node's chain {info.chain_id} parts from what was followed before a block that was irreversible: "
            "another chain, or one that began anew; its followers' state (TBI_STATE_DIR) belongs to the earlier one"
        )

    def _on(self, tip: tuple[int, str], last: int) -> int:
        number, block_id = tip
        while number < last:
            try:
                block = self._chain.block(number + 1)
            except NotFound:
                break  # its trace is not written yet
            if block["previous_id"] != block_id:
                break  # the node just went to another branch: the next round goes back first
            if block["id"] != self._chain.block_id(number + 1):
                raise TracesWrong(number + 1)
            number, block_id = number + 1, str(block["id"])
            self._feed.append(
                number, block_id, [(kind, {**data, "block_id": block_id}) for _, kind, data in market_actions(block)]
            )
        return number - tip[0]

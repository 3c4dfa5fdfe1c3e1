"""SQLite as the box needs it: several threads and two processes, and nothing lost when the power goes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

WAL_BYTES = 4 * 1024 * 1024
"""To which the write-ahead log is cut back when it has grown, so that a box's disk does not fill with it."""


class Database:
    """A file with write-ahead log; each commit reaches the disk (synchronous = FULL) before it returns."""

    def __init__(self, file: Path, schema: str, columns: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """`columns` {table: {name: definition}} are added to tables of earlier versions that lack them."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = file
        self._threads = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self.connection().executescript(schema)
        for table, wanted in (columns or {}).items():
            self._add_columns(table, wanted)
        _keep_name(file.parent)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection; each statement outside a transaction commits by itself."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._file, timeout=10, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
            self._threads.connection = connection
            with self._lock:
                self._open.append(connection)
        return connection

    def _add_columns(self, table: str, wanted: Mapping[str, str]) -> None:
        with self.transaction() as connection:
            there = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
            for name, definition in wanted.items():
                if name not in there:
                    connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {definition}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; the writer's lock is taken at the beginning."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Closes the connections of all threads; for the end of a process or a test."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._threads = threading.local()


def _keep_name(folder: Path) -> None:
    """SQLite syncs a new file's content, not the folder that names it: a power cut could take the whole file away."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

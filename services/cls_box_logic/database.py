"""SQLite as the box needs it: several threads and two processes, and nothing lost when the power goes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Database:
    """A file with write-ahead log; each commit reaches the disk (synchronous = FULL) before it returns."""

    def __init__(self, file: Path, schema: str) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = file
        self._threads = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self.connection().executescript(schema)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection; each statement outside a transaction commits by itself."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._file, timeout=10, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._threads.connection = connection
            with self._lock:
                self._open.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; the writer's lock is taken at the beginning."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the connections of all threads; for the end of a process or a test."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._threads = threading.local()

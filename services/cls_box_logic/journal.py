"""What the box has measured, signed and sent: append-only, hash-chained, in SQLite, bounded (docs/adr/0028)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from services.cls_box_logic.database import Database
from services.cls_box_logic.domain.hash_chain import Entry, canonical, check, next_entry
from services.cls_box_logic.errors import JournalFull

MAX_BYTES: Final = 64 * 1024 * 1024
ALARM_SHARE: Final = 0.9
"""Of the bound: from here on health says so, and orders are refused; what settles has the rest for itself."""
TIDY_SHARE: Final = 0.75
"""Of the bound: above it the oldest entries that have done their work are removed."""
KEEP_MS: Final = 10 * 86_400_000
"""No entry is removed before this, however full it is: until then what it tells of is settled (96 h) or disputed."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, market TEXT, slot INTEGER,
    data TEXT NOT NULL, once TEXT, hash BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS once_each ON entries (kind, once) WHERE once IS NOT NULL;
CREATE TABLE IF NOT EXISTS heads (
    seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, signature TEXT NOT NULL, public_key TEXT NOT NULL,
    at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS removed (only_one INTEGER PRIMARY KEY CHECK (only_one = 0), seq INTEGER, hash BLOB);
INSERT OR IGNORE INTO removed VALUES (0, 0, zeroblob(32));
CREATE TRIGGER IF NOT EXISTS entries_keep BEFORE DELETE ON entries
    WHEN OLD.seq > (SELECT seq FROM removed)
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: the TPM says that entry `seq` had this hash, and so every entry up to it."""

    seq: int
    hash: bytes
    signature: str
    public_key: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class JournalState:
    """`used`: share of the bound; `signed`: the entry up to which a head is signed; `removed`: the last one gone."""

    last: int
    signed: int
    removed: int
    used: float

    @property
    def trouble(self) -> str | None:
        """Why somebody has to look after it."""
        if self.used < ALARM_SHARE:
            return None
        return (
            f"the journal is {self.used:.0%} full and nothing of it may go yet: give it more room "
            "(TBI_JOURNAL_MAX_MB), or see why deliveries stay open and heads unsigned"
        )


class Journal:
    """Entries are numbered from 1 without gaps; each is on the disk before `append` returns."""

    def __init__(self, directory: Path, clock_ms: Callable[[], int], max_bytes: int = MAX_BYTES) -> None:
        self._database = Database(directory / "journal.db", _SCHEMA)
        self._clock_ms = clock_ms
        self._max_bytes = max_bytes
        _take_over_old_entries(self._database)

    def append(
        self,
        kind: str,
        data: Mapping[str, Any],
        *,
        market: str | None = None,
        slot: int | None = None,
        once: str | None = None,
    ) -> int:
        """Adds an entry; gives its number. One of this kind with the same `once` is there once: the first stays.

        Raises JournalFull: then nothing was added, and what was to be noted must not be taken as done.
        """
        with self._writing() as connection:
            if once is not None and (known := _seq_of(connection, kind, once)) is not None:
                return known
            if self._used(connection) >= 1:
                raise JournalFull("the journal is full; deliveries and orders wait until it has room again")
            return _add(connection, Entry(self._clock_ms(), kind, market, slot, dict(data)), once)

    def check_room(self) -> None:
        """For what can wait. Raises JournalFull when what is left is kept for deliveries."""
        if self._used(self._database.connection()) >= ALARM_SHARE:
            raise JournalFull("the journal is nearly full, and what is left of it is kept for deliveries")

    def since(self, seq: int, limit: int) -> list[Entry]:
        """The entries after `seq`, oldest first."""
        rows = self._database.connection().execute(
            "SELECT * FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        return [_entry(row) for row in rows]

    def before(self, seq: int) -> tuple[int, bytes]:
        """The entry after which `since(seq)` begins, with its hash: `seq`, or the last one removed if that is later."""
        connection = self._database.connection()
        gone, gone_hash = connection.execute("SELECT seq, hash FROM removed").fetchone()
        if seq <= gone:
            return gone, gone_hash
        row = connection.execute("SELECT seq, hash FROM entries WHERE seq <= ? ORDER BY seq DESC", (seq,)).fetchone()
        return (gone, gone_hash) if row is None else (row["seq"], row["hash"])

    def head(self) -> tuple[int, bytes]:
        """The last entry's number and hash; those of the last one removed when there is none."""
        return _head(self._database.connection())

    def heads(self, first: int, last: int) -> list[Head]:
        """The signed heads of entries from `first` to `last`."""
        rows = self._database.connection().execute(
            "SELECT * FROM heads WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
        )
        return [Head(*row) for row in rows]

    def add_head(self, seq: int, head: bytes, signature: str, public_key: str) -> None:
        """Keeps what the TPM signed."""
        with self._writing() as connection:
            values = (seq, head, signature, public_key, self._clock_ms())
            connection.execute("INSERT OR IGNORE INTO heads VALUES (?, ?, ?, ?, ?)", values)

    def tidy(self, is_done: Callable[[Entry], bool]) -> int:
        """Above TIDY_SHARE: removes the oldest entries, as far as they are old, signed and `is_done`. How many.

        It stops at the first that is not: what stays is one chain, which begins at a head that is signed.
        """
        connection = self._database.connection()
        if self._used(connection) < TIDY_SHARE:
            return 0
        going = self._removable(connection, is_done)
        last = connection.execute("SELECT max(seq) FROM heads WHERE seq <= ?", (going,)).fetchone()[0]
        if last is None:
            return 0
        with self._database.transaction() as connection:
            gone = connection.execute("SELECT hash FROM heads WHERE seq = ?", (last,)).fetchone()["hash"]
            connection.execute("UPDATE removed SET seq = ?, hash = ?", (last, gone))
            connection.execute("DELETE FROM heads WHERE seq < ?", (last,))
            return connection.execute("DELETE FROM entries WHERE seq <= ?", (last,)).rowcount

    def state(self) -> JournalState:
        """How it stands."""
        connection = self._database.connection()
        signed = connection.execute("SELECT max(seq) FROM heads").fetchone()[0] or 0
        removed = connection.execute("SELECT seq FROM removed").fetchone()[0]
        return JournalState(self.head()[0], signed, removed, self._used(connection))

    def verify(self) -> int:
        """Checks all entries that are there; gives the last one's number. Raises BrokenChain."""
        seq, before = self.before(0)
        while entries := self.since(seq, 1000):
            seq, before = check(entries, seq, before)
        return seq

    def close(self) -> None:
        self._database.close()

    def _used(self, connection: sqlite3.Connection) -> float:
        """The share of the bound that is in use; pages that became free count as room."""
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return float((pages - free) * size / self._max_bytes)

    def _removable(self, connection: sqlite3.Connection, is_done: Callable[[Entry], bool]) -> int:
        """The last entry of the oldest ones that may all go; about a quarter of them, so that it is quick."""
        quarter = connection.execute("SELECT min(seq) + count(*) / 4 FROM entries").fetchone()[0]
        most = connection.execute("SELECT min(seq) FROM heads WHERE seq >= ?", (quarter,)).fetchone()[0] or quarter
        last = 0
        for row in connection.execute("SELECT * FROM entries WHERE seq <= ? ORDER BY seq", (most,)):
            entry = _entry(row)
            if entry.at_ms > self._clock_ms() - KEEP_MS or not is_done(entry):
                break
            last = entry.seq
        return last

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.transaction() as connection:
                yield connection
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            raise JournalFull("the box's disk is full; make room on it, deliveries and orders wait") from error


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as GET /journal shows it."""
    return {
        "seq": entry.seq,
        "at": iso_ms(entry.at_ms),
        "kind": entry.kind,
        "market": entry.market,
        "slot_start": None if entry.slot is None else iso_slot(entry.slot),
        "data": entry.data,
        "hash": entry.hash.hex(),
    }


def shown_head(head: Head) -> dict[str, Any]:
    """A signed head as GET /journal shows it."""
    return {
        "seq": head.seq,
        "hash": head.hash.hex(),
        "signature": head.signature,
        "public_key": head.public_key,
        "at": iso_ms(head.at_ms),
    }


def iso_ms(at_ms: int) -> str:
    """ISO 8601, UTC, to the millisecond."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_slot(slot: int) -> str:
    """A slot's start: ISO 8601, UTC, whole seconds."""
    return datetime.fromtimestamp(slot, UTC).isoformat().replace("+00:00", "Z")


def _head(connection: sqlite3.Connection) -> tuple[int, bytes]:
    row = connection.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    seq, found = connection.execute("SELECT seq, hash FROM removed").fetchone() if row is None else row
    return int(seq), bytes(found)


def _add(connection: sqlite3.Connection, new: Entry, once: str | None) -> int:
    entry = next_entry(new, *_head(connection))
    values = (entry.seq, entry.at_ms, entry.kind, entry.market, entry.slot, canonical(entry.data), once, entry.hash)
    connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return entry.seq


def _seq_of(connection: sqlite3.Connection, kind: str, once: str) -> int | None:
    row = connection.execute("SELECT seq FROM entries WHERE kind = ? AND once = ?", (kind, once)).fetchone()
    return None if row is None else int(row["seq"])


def _entry(row: sqlite3.Row) -> Entry:
    told = (row["at_ms"], row["kind"], row["market"], row["slot"], json.loads(row["data"]))
    return Entry(*told, seq=row["seq"], hash=bytes(row["hash"]))


def _take_over_old_entries(database: Database) -> None:
    """Journals of earlier versions had no hashes: their entries become the beginning of the chain."""
    with database.transaction() as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal'").fetchone():
            return
        for row in connection.execute("SELECT * FROM journal ORDER BY seq").fetchall():
            _add(
                connection, Entry(row["at_ms"], row["kind"], row["market"], row["slot"], json.loads(row["data"])), None
            )
        connection.execute("DROP TABLE journal")

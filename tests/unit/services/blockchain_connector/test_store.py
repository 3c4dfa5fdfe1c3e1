"""A full disk takes nothing, says so, and takes again when there is room."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from services.blockchain_connector.store import Store


def test_a_full_disk_is_said_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db", "CREATE TABLE IF NOT EXISTS kept (text TEXT)")
    with store.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]

    def add(count: int) -> None:
        with store.transaction() as connection:
            for _ in range(count):
                connection.execute("INSERT INTO kept VALUES (?)", ("x" * 1000,))

    store.rows(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="full"):
            add(100)
    store.rows("PRAGMA max_page_count = 1000000")
    add(3)
    assert store.rows("SELECT count(*) FROM kept")[0][0] == 3
    store.close()

"""The orders, durable: what was sent is known before it is sent."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from services.blockchain_connector.domain import KEY_LIFETIME_S, Call, Order, Refusal, order_ref
from services.blockchain_connector.store import Store
from services.shared.chain.transaction import SignedTransaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    key TEXT PRIMARY KEY, calls TEXT NOT NULL, confirm TEXT NOT NULL,
    valid_until REAL NOT NULL, accepted_at REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', packed BLOB NOT NULL DEFAULT x'', signatures TEXT NOT NULL DEFAULT '[]',
    transaction_id TEXT NOT NULL DEFAULT '', block_num INTEGER NOT NULL DEFAULT 0, final INTEGER NOT NULL DEFAULT 0,
    refusal TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS unfinished ON orders (accepted_at) WHERE state <> 'refused' AND final = 0;
CREATE INDEX IF NOT EXISTS aged ON orders (accepted_at);
"""
_LATER_COLUMNS = {  # what an order that was there before them counts as: told, for somebody asked then
    "block_id": "TEXT NOT NULL DEFAULT ''",
    "failed_at": "REAL NOT NULL DEFAULT 0",
    "told": "INTEGER NOT NULL DEFAULT 1",
}


class Outbox:
    """Thread-safe; one process."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path, _SCHEMA)
        for column, kind in _LATER_COLUMNS.items():
            self._store.add_column("orders", column, kind)

    def accept(self, order: Order, now: float) -> tuple[Order, bool]:
        """The order that stands under this key, and whether it is new with this call."""
        calls = json.dumps([[call.account, call.name, call.data] for call in order.calls])
        with self._store.transaction() as connection:
            made = connection.execute(
                "INSERT INTO orders (key, calls, confirm, valid_until, accepted_at, told) VALUES (?, ?, ?, ?, ?, 0)"
                " ON CONFLICT (key) DO NOTHING",
                (order.key, calls, order.confirm, order.valid_until, now),
            ).rowcount
            row = connection.execute("SELECT * FROM orders WHERE key = ?", (order.key,)).fetchone()
        return _order(row), made == 1

    def get(self, key: str) -> Order | None:
        rows = self._store.rows("SELECT * FROM orders WHERE key = ?", (key,))
        return _order(rows[0]) if rows else None

    def unfinished(self, limit: int = 100) -> list[Order]:
        """The oldest that are not refused and not final yet; those that are in a block come last."""
        query = (
            "SELECT * FROM orders WHERE state <> 'refused' AND final = 0"
            " ORDER BY state = 'confirmed', accepted_at LIMIT ?"
        )
        return [_order(row) for row in self._store.rows(query, (limit,))]

    def sent(self, key: str, signed: SignedTransaction) -> Order:
        return self._update(
            key,
            "state = 'sent', packed = ?, signatures = ?, transaction_id = ?, block_num = 0",
            (signed.packed, json.dumps(signed.signatures), signed.id),
        )

    def confirmed(self, key: str, block_num: int, block_id: str, *, final: bool) -> Order:
        values = (block_num, block_id, int(final))
        return self._update(key, "state = 'confirmed', block_num = ?, block_id = ?, final = ?", values)

    def resent(self, key: str) -> Order:
        """Out of its block again: a fork or a node's loss undid it."""
        return self._update(key, "state = 'sent', block_num = 0", ())

    def undone(self, key: str) -> Order:
        """Its transaction can never be included any more: the order begins anew."""
        return self._update(
            key, "state = 'pending', packed = x'', signatures = '[]', transaction_id = '', block_num = 0", ()
        )

    def refused(self, key: str, refusal: Refusal, now: float) -> Order:
        text = json.dumps([refusal.status, refusal.detail, refusal.rule])
        return self._update(key, "state = 'refused', refusal = ?, failed_at = ?", (text, now))

    def told(self, key: str) -> None:
        """Whoever asked for it knows of the refusal."""
        self._update(key, "told = 1", ())

    def revive(self, key: str, valid_until: float) -> Order:
        """A refused order begins anew: it had no effect and can have none from before."""
        return self._update(
            key,
            "state = 'pending', refusal = NULL, failed_at = 0, told = 0, valid_until = ?, packed = x'', "
            "signatures = '[]', transaction_id = '', block_num = 0, block_id = ''",
            (valid_until,),
        )

    def dead_letters(self, limit: int = 1000) -> list[Order]:
        """Orders that failed for good with nobody there to hear of it, the oldest first."""
        query = "SELECT * FROM orders WHERE state = 'refused' AND told = 0 ORDER BY failed_at, key LIMIT ?"
        return [_order(row) for row in self._store.rows(query, (limit,))]

    def by_id(self, order_id: str) -> Order | None:
        """By `Order.id`. Looks through all: a person's rare act."""
        keys = (row["key"] for row in self._store.rows("SELECT key FROM orders"))
        key = next((key for key in keys if order_ref(key) == order_id), None)
        return None if key is None else self.get(key)

    def counts(self) -> tuple[int, int]:
        """(orders that are not in an irreversible block yet, dead letters)."""
        (row,) = self._store.rows(
            "SELECT coalesce(sum(state <> 'refused' AND final = 0), 0) AS open,"
            " coalesce(sum(state = 'refused' AND told = 0), 0) AS dead FROM orders"
        )
        return row["open"], row["dead"]

    def drop(self, key: str) -> None:
        """Forget an order that had no effect, so that its key may be used again."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM orders WHERE key = ? AND state = 'pending'", (key,))

    def forget_refusal(self, key: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM orders WHERE key = ? AND state = 'refused'", (key,))

    def prune(self, now: float) -> None:
        """Forget answered orders whose key has lived its time."""
        with self._store.transaction() as connection:
            connection.execute(
                "DELETE FROM orders WHERE accepted_at < ? AND (state = 'refused' OR final = 1)", (now - KEY_LIFETIME_S,)
            )

    def close(self) -> None:
        self._store.close()

    def _update(self, key: str, assignments: str, values: tuple[object, ...]) -> Order:
        query = f"UPDATE orders SET {assignments} WHERE key = ? RETURNING *"  # noqa: S608 - the texts above, no input
        with self._store.transaction() as connection:
            row = connection.execute(query, (*values, key)).fetchone()
        return _order(row)


def _order(row: sqlite3.Row) -> Order:
    refusal = json.loads(row["refusal"]) if row["refusal"] else None
    return Order(
        key=row["key"],
        calls=tuple(Call(*call) for call in json.loads(row["calls"])),
        confirm=row["confirm"],
        valid_until=row["valid_until"],
        state=row["state"],
        packed=row["packed"],
        signatures=tuple(json.loads(row["signatures"])),
        transaction_id=row["transaction_id"],
        block_num=row["block_num"],
        block_id=row["block_id"],
        final=bool(row["final"]),
        refusal=Refusal(*refusal) if refusal else None,
        accepted_at=row["accepted_at"],
        failed_at=row["failed_at"],
        told=bool(row["told"]),
    )

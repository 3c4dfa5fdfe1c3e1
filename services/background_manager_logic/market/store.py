"""The read model's collections. All calls may raise PyMongoError.

A document of the fold carries `batch`, the number of the batch that wrote it last: a batch that is applied once more,
or too late, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.background_manager_logic.market.documents import KINDS, Document, bid_key

NOTED = "noted_"
"""Before a kind: its notes (notes.py)."""

NOTED_KINDS = ("passives", "deals")
_NOTED_FOR_S = 300
"""Far longer than a block takes to become irreversible."""

_SHAPE = 2
"""Of the documents: a read model of another shape is rebuilt from the chain."""

_DUPLICATE = 11000
_OF_AGREEMENTS = [("proposed_at", -1), ("_id", -1)]
_INDEXES: Mapping[str, Sequence[Sequence[tuple[str, int]]]] = {
    "points": (
        [("market", 1), ("hash", 1)],
        [("market", 1), ("since", 1)],
        [("market", 1), ("group", 1), ("since", 1)],
    ),
    "units": ([("market", 1), ("hash", 1)],),
    "bids": (
        [("market", 1), ("at", -1), ("_id", -1)],
        [("market", 1), ("offer_id", 1), ("at", -1), ("_id", -1)],
        [("market", 1), ("bidder", 1), ("at", -1), ("_id", -1)],
        [("confirmed", 1), ("noted_at", 1)],
    ),
    "slots": ([("market", 1), ("point", 1), ("slot", 1)],),
    "pool": ([("market", 1), ("slot", 1)],),
    "money": ([("account", 1), ("order", -1), ("_id", -1)],),
    "passives": (
        [("market", 1), *_OF_AGREEMENTS],
        [("market", 1), ("owner", 1), *_OF_AGREEMENTS],
    ),
    "deals": (
        [("market", 1), *_OF_AGREEMENTS],
        [("market", 1), ("seller", 1), *_OF_AGREEMENTS],
        [("market", 1), ("buyer", 1), *_OF_AGREEMENTS],
    ),
    "takeovers": ([("market", 1), ("slot", 1)],),
    "mints": ([("market", 1), ("order", -1), ("_id", -1)],),
    "views": (
        [("market", 1), ("status", 1), ("_id", -1)],
        [("market", 1), ("slot", 1), ("_id", -1)],
        [("market", 1), ("seller", 1), ("_id", -1)],
        [("market", 1), ("bidder", 1), ("_id", -1)],
    ),
}


@dataclass(frozen=True, slots=True)
class Write:
    """A document as a batch leaves it."""

    kind: str
    key: str
    document: Document


class Store:
    """`of(kind)`: the fold's kinds, and `views` (offers as shown), `heads`, `changes`."""

    def __init__(self, db: Database[Document]) -> None:
        self._db = db
        self._cursor = db["market_feed"]

    def of(self, kind: str) -> Collection[Document]:
        return self._db[f"market_{kind}"]

    def prepare(self) -> None:
        """Make the indexes; begin anew when a part is lost. Safe to repeat."""
        found = self._cursor.find_one({"_id": "feed"})
        if found is not None and (found.get("shape") != _SHAPE or self._has_lost(found["filled"])):
            self.forget()
        for kind, indexes in _INDEXES.items():
            for keys in indexes:
                self.of(kind).create_index(list(keys), name="_".join(name for name, _ in keys))
        for kind in NOTED_KINDS:
            self.of(NOTED + kind).create_index("noted_at", expireAfterSeconds=_NOTED_FOR_S, name="expiry")

    def _has_lost(self, filled: Iterable[str]) -> bool:
        return any(self.of(kind).find_one() is None for kind in filled)

    def forget(self) -> None:
        """Remove all that the chain gives back; the cursor goes last, so that a part never passes for the whole."""
        for kind in (*KINDS, *(NOTED + kind for kind in NOTED_KINDS), "views", "heads"):
            self.of(kind).delete_many({})
        self._cursor.delete_many({})

    # the feed

    def cursor(self) -> Document:
        """`since`, `batch`, `chain_id`, and `writes` of a batch that is not carried out yet."""
        start: Document = {"since": 0, "batch": 0, "chain_id": None, "filled": [], "writes": []}
        return start | (self._cursor.find_one({"_id": "feed"}) or {})

    def commit(self, before: Document, since: int, chain_id: str, writes: Sequence[Write]) -> Document | None:
        """Keep a batch with the cursor, in one step; None when another process was faster."""
        filled = sorted({*before["filled"], *(write.kind for write in writes)})
        after = {"since": since, "batch": before["batch"] + 1, "chain_id": chain_id, "filled": filled}
        after["shape"] = _SHAPE
        after["writes"] = [[write.kind, write.key, write.document] for write in writes]
        try:
            done = self._cursor.replace_one({"_id": "feed", "batch": before["batch"]}, after, upsert=True)
        except DuplicateKeyError:
            return None
        return after if done.matched_count or done.upserted_id is not None else None

    def apply(self, batch: int, writes: Iterable[Sequence[Any]]) -> None:
        """Carry a batch's writes out; once more does no harm."""
        operations: dict[str, list[ReplaceOne[Document]]] = {}
        for kind, key, document in writes:
            older = {"_id": key, "batch": {"$lt": batch}}
            operations.setdefault(kind, []).append(ReplaceOne(older, document | {"batch": batch}, upsert=True))
        for kind, some in operations.items():
            try:
                self.of(kind).bulk_write(some, ordered=False)
            except BulkWriteError as error:
                if any(one["code"] != _DUPLICATE for one in (error.details or {}).get("writeErrors", [])):
                    raise

    def finish(self, batch: int) -> None:
        """The batch is carried out."""
        self._cursor.update_one({"_id": "feed", "batch": batch}, {"$set": {"writes": []}})

    def get(self, kind: str, key: str) -> Document | None:
        """A document of the fold without what only the collection needs."""
        found = self.of(kind).find_one({"_id": key})
        return None if found is None else {name: value for name, value in found.items() if name not in ("_id", "batch")}

    # bids that are not irreversible yet

    def note_bid(self, bid: Document, now: int) -> None:
        """Show a bid that stands in a block; the feed confirms it."""
        key = bid_key(bid["transaction_id"], bid["offer_id"], bid["price"])
        try:
            self.of("bids").insert_one({"_id": key, "batch": 0, "confirmed": False, "noted_at": now, **bid})
        except DuplicateKeyError:
            return

    def drop_unconfirmed(self, older_than: int) -> int:
        """Bids that the feed has passed by: a fork or a lost block undid them."""
        gone = {"confirmed": False, "noted_at": {"$lt": older_than}}
        return self.of("bids").delete_many(gone).deleted_count

"""What changed on the market, numbered without a gap, for those who follow it. Kept for a day.

Numbers are given by inserting the next one: who reads up to a number has seen all before it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]

KEEP = timedelta(days=1)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Changes:
    """Thread-safe. All calls may raise PyMongoError."""

    def __init__(self, collection: Collection[Document], clock: Callable[[], datetime] = _utc_now) -> None:
        self._changes = collection
        self._clock = clock
        self._grown = threading.Condition()

    def prepare(self) -> None:
        """The index that forgets."""
        self._changes.create_index("at", expireAfterSeconds=int(KEEP.total_seconds()), name="expiry")

    def add(self, kind: str, market: str, data: Document) -> int:
        """The number under which it stands."""
        while True:
            number = self.last() + 1
            try:
                entry = {"_id": number, "kind": kind, "market": market, "data": data, "at": self._clock()}
                self._changes.insert_one(entry)
            except DuplicateKeyError:
                continue
            with self._grown:
                self._grown.notify_all()
            return number

    def last(self) -> int:
        """The newest number; 0 while nothing has happened."""
        found = self._changes.find_one(sort=[("_id", -1)], projection={"_id": 1})
        return 0 if found is None else int(found["_id"])

    def after(self, number: int, limit: int = 200) -> list[Document]:
        """In order."""
        return list(self._changes.find({"_id": {"$gt": number}}).sort("_id").limit(limit))

    def is_gap(self, number: int) -> bool:
        """Whether something after `number` is forgotten, or the numbers began anew: who was there must look at all."""
        first = self._changes.find_one(sort=[("_id", 1)], projection={"_id": 1})
        oldest = 1 if first is None else int(first["_id"])
        return number > self.last() or number < oldest - 1

    def wait(self, timeout_s: float) -> None:
        """Until something may have been added."""
        with self._grown:
            self._grown.wait(timeout_s)

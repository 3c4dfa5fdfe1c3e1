"""The register's copy in MongoDB.

Every import fills collections of its own (`units_<generation>`, `actors_<generation>`, ...); one document, `live` in
`state`, says which of them is the live copy, so that switching is a single write. Units that the register lacks are in
`extra_units`, which no import touches.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.write_concern import WriteConcern

from services.mastr_connector.building import COLLECTIONS, UNIT_INDEXES, Building, unit_counts
from services.mastr_connector.copy import BUDGET_MS, Copy
from services.mastr_connector.domain import Document
from services.mastr_connector.errors import Busy, Conflict
from services.shared.data import Migration
from services.shared.wait import wait_until

_GENERATION: Final = re.compile(rf"({'|'.join(COLLECTIONS)})_[0-9a-f]{{12}}")
_LEASE_S: Final = 15
SCHEMA: Final[Mapping[str, Sequence[Migration]]] = {"extra_units": ()}
"""Which versions of what no import brings back."""

REMOVED_BY_TIME: Final = IndexModel([("at", ASCENDING), ("_id", ASCENDING)], name="at")


class Repository:
    """All calls may raise PyMongoError."""

    def __init__(self, db: Database[Document], clock: Callable[[], datetime], budget_ms: int = BUDGET_MS) -> None:
        """`budget_ms`: what the database may take for one list."""
        self._db = db
        self._clock = clock
        self._budget_ms = budget_ms
        self._changed = False
        self._units: str | None = None
        self._state = db["state"]
        self._extra = db["extra_units"]

    def live(self) -> Document | None:
        """What the live copy is: `units`, `actors` (its collections), `init`, `update`, `counts`; None before one."""
        return self._state.find_one({"_id": "live"})

    def copy(self, unit: str | None = None) -> Copy:
        """The live copy for one reading, all of whose answers are of one generation; an empty one before an import.

        `unit`: a number that is certainly asked for; it comes along in the same call.
        """
        units = self._units  # other threads may change it meanwhile
        live, found = (self.live(), None) if unit is None or units is None else self._live_with(unit, units)
        self._units = None if live is None else live["units"]
        # where a switch came in between, the unit is of the generation before
        current = unit is not None and live is not None and live["units"] == units
        return Copy(self._db, live, self._budget_ms, {unit: found} if unit is not None and current else {})

    def _live_with(self, number: str, units: str) -> tuple[Document | None, Document | None]:
        """The live copy, and a unit of the collection that was the live one when last looked."""
        steps: list[Document] = [
            {"$match": {"_id": "live"}},
            {"$project": {**dict.fromkeys((*COLLECTIONS, "revision", "changing"), 1), "number": {"$literal": number}}},
            {"$lookup": {"from": units, "localField": "number", "foreignField": "_id", "as": "unit"}},
        ]
        live = next(iter(self._state.aggregate(steps)), None)
        found = [] if live is None else live.pop("unit")
        return live, found[0] if found else None

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While units of the live copy are changed: from the first change on what is read has no tag, and afterwards
        another one. After a process that died in between there is none until the next change or import."""
        try:
            yield
        finally:
            if self._changed:
                ended = {"$unset": {"changing": ""}, "$inc": {"revision": 1}}
                self._settled("state").update_one({"_id": "live"}, ended)
                self._changed = False

    def add_extra(self, unit: Document) -> bool:
        """Records an extra unit; False when there is one of that number."""
        self._extra.create_indexes(UNIT_INDEXES)
        try:
            self._extra.insert_one(unit)
        except DuplicateKeyError:
            return False
        return True

    def remove_extra(self, number: str) -> bool:
        """Whether there was one."""
        return self._extra.delete_one({"_id": number}).deleted_count == 1

    def extra_counts(self) -> dict[str, int]:
        """How many extra units of each type there are."""
        return unit_counts(self._extra)

    @contextmanager
    def alone(self) -> Iterator[Callable[[], None]]:
        """Keeps other imports and updates out while in use; the place of one that died is free after some seconds.

        What it gives raises Busy when the place was lost in the meantime.
        """
        owner, lost, ended = uuid.uuid4().hex, threading.Event(), threading.Event()
        try:
            wait_until(lambda: self._claim(owner), _LEASE_S + 2, every=0.5)
        except TimeoutError as error:
            raise Busy("another import or update is at work; start this one again when that one has ended") from error
        helper = threading.Thread(target=self._renew, args=(owner, ended, lost), daemon=True)
        helper.start()

        def check() -> None:
            if lost.is_set():
                raise Busy("another import or update has begun, as this one was away for too long; start it again")

        try:
            yield check
        finally:
            ended.set()
            helper.join(_LEASE_S)
            self._state.delete_one({"_id": "lock", "owner": owner})

    def _claim(self, owner: str) -> bool:
        now = self._clock()
        mine = {"owner": owner, "until": now + timedelta(seconds=_LEASE_S)}
        try:
            taken = self._state.update_one(
                {"_id": "lock", "$or": [{"owner": owner}, {"until": {"$lt": now}}]}, {"$set": mine}, upsert=True
            )
        except DuplicateKeyError:
            return False
        return taken.matched_count == 1 or taken.upserted_id is not None

    def _renew(self, owner: str, ended: threading.Event, lost: threading.Event) -> None:
        while not ended.wait(_LEASE_S / 5):
            try:
                if not self._claim(owner):
                    lost.set()
                    return
            except PyMongoError:
                continue

    def build(self) -> Building:
        """A new, empty generation; what an import that died left behind is removed."""
        live = self.live() or {}
        keep = {live.get(each) for each in COLLECTIONS}
        for name in self._db.list_collection_names():
            if _GENERATION.fullmatch(name) and name not in keep:
                self._db.drop_collection(name)
        return Building(self._db, uuid.uuid4().hex[:12])

    def switch(self, building: Building, init: Mapping[str, Any], counts: Mapping[str, int]) -> None:
        """Make a generation the live copy: one write. The generation before stays until the next import begins."""
        fields = {**building.names, "init": init, "counts": counts}
        self._settled("state").replace_one({"_id": "live"}, {**fields, "update": None}, upsert=True)

    def record_update(self, update: Mapping[str, Any]) -> None:
        """After an update of the live copy: what was done, and the counts as they are now."""
        live = self._wanted()
        counts = unit_counts(self._db[live["units"]])
        self._settled("state").update_one({"_id": "live"}, {"$set": {"update": update, "counts": counts}})

    def record_quota(self, used: int, limit: int) -> None:
        """What the web service said of its quota."""
        told = {"used": used, "limit": limit, "at": self._clock()}
        self._state.update_one({"_id": "quota"}, {"$set": told}, upsert=True)

    def quota(self) -> Document | None:
        """`used`, `limit`, `at`; None before the web service was asked."""
        return self._state.find_one({"_id": "quota"}, {"_id": 0})

    def stamps(self, numbers: Sequence[str]) -> dict[str, str]:
        """Of those numbers that the live copy has: the register's text of their last change."""
        found = self._db[self._wanted()["units"]].find({"_id": {"$in": list(numbers)}}, {"stamp": 1})
        return {unit["_id"]: unit["stamp"] for unit in found}

    def postcodes(self) -> frozenset[str]:
        """All postcodes of the live copy."""
        return frozenset(code for code in self._db[self._wanted()["units"]].distinct("postcode") if code)

    def put_unit(self, unit: Document) -> None:
        """Into the live copy, in place of what is there under that number."""
        self._to_change("units").replace_one({"_id": unit["_id"]}, unit, upsert=True)

    def put_actor(self, actor: Document) -> None:
        """The same for a market actor."""
        self._to_change("actors").replace_one({"_id": actor["_id"]}, actor, upsert=True)

    def remove_unit(self, number: str) -> bool:
        """Out of the live copy; whether it was there."""
        if self._db[self._wanted()["units"]].find_one({"_id": number}, {"_id": 1}) is None:
            return False
        there = self._to_change("units").delete_one({"_id": number}).deleted_count == 1
        if there:
            removed = self._settled("removed_units")
            removed.create_indexes([REMOVED_BY_TIME])
            removed.replace_one({"_id": number}, {"at": self._clock()}, upsert=True)
        return there

    def _wanted(self) -> Document:
        live = self.live()
        if live is None:
            raise Conflict("nothing is imported yet; start with POST /init")
        return live

    def _to_change(self, collection: str) -> Collection[Document]:
        """One of the live copy's; it says so before it is written to."""
        name = self._wanted()[collection]
        if not self._changed:
            self._settled("state").update_one({"_id": "live"}, {"$set": {"changing": True}})
            self._changed = True
        return self._settled(name)

    def _settled(self, collection: str) -> Collection[Document]:
        """Writes here are answered when they are on disk."""
        return self._db.get_collection(collection, write_concern=WriteConcern("majority", j=True))

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
from services.mastr_connector.domain import Document
from services.mastr_connector.errors import Busy, Conflict
from services.mastr_connector.packs import FOUND_BY, found
from services.mastr_connector.search import SORTS, Search
from services.shared.data import Migration, Page, page
from services.shared.wait import wait_until

_GENERATION: Final = re.compile(rf"({'|'.join(COLLECTIONS)})_[0-9a-f]{{12}}")
_LEASE_S: Final = 15
SCHEMA: Final[Mapping[str, Sequence[Migration]]] = {"extra_units": ()}
"""Which versions of what no import brings back."""

REMOVED_BY_TIME: Final = IndexModel([("at", ASCENDING), ("_id", ASCENDING)], name="at")


class Repository:
    """All calls may raise PyMongoError."""

    def __init__(self, db: Database[Document], clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock
        self._state = db["state"]
        self._extra = db["extra_units"]

    def live(self) -> Document | None:
        """What the live copy is: `units`, `actors` (its collections), `init`, `update`, `counts`; None before one."""
        return self._state.find_one({"_id": "live"})

    def unit(self, number: str) -> Document | None:
        """A unit of the register's copy."""
        live = self.live()
        return None if live is None else self._db[live["units"]].find_one({"_id": number})

    def found(self, collection: str, numbers: Sequence[str]) -> list[Document]:
        """Of one collection of the copy, what has these numbers, by number; nothing when the copy lacks it."""
        live = self.live()
        name = None if live is None else live.get(collection)
        if name is None or not numbers:
            return []
        return found(self._db, name, numbers, packed=collection in FOUND_BY)

    def extra_unit(self, number: str) -> Document | None:
        """A unit that the register lacks."""
        return self._extra.find_one({"_id": number})

    def units_of(self, operator: str, limit: int, cursor: str | None) -> Page:
        """An operator's units by number, the extra ones among them. Raises BadCursor."""
        live = self.live()
        places = [self._extra] if live is None else [self._db[live["units"]], self._extra]
        return page(places, {"operator_mastr_nr": operator}, limit=limit, cursor=cursor)

    def search(self, search: Search, sort: str, limit: int, cursor: str | None) -> Page:
        """The units that fit, the extra ones among them, in the order `sort` (of SORTS). Raises BadCursor."""
        live = self.live()
        places = [self._extra] if live is None else [self._db[live["units"]], self._extra]
        field, descending = SORTS[sort]
        return page(places, search.query(field), sort=field, descending=descending, limit=limit, cursor=cursor)

    def actors(self, query: Mapping[str, Any], limit: int, cursor: str | None) -> Page:
        """The register's market actors that fit, by number. Raises BadCursor."""
        live = self.live()
        return Page([], None) if live is None else page(self._db[live["actors"]], query, limit=limit, cursor=cursor)

    def removed_since(self, since: datetime, limit: int) -> list[Document]:
        """Units that the register took back, the earliest first: `_id`, `at`."""
        return list(self._db["removed_units"].find({"at": {"$gte": since}}).sort([("at", 1), ("_id", 1)]).limit(limit))

    def knows_actor(self, number: str) -> bool:
        """Whether the register's copy has this market actor."""
        live = self.live()
        return live is not None and self._db[live["actors"]].find_one({"_id": number}, {"_id": 1}) is not None

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
        self._settled(self._wanted()["units"]).replace_one({"_id": unit["_id"]}, unit, upsert=True)

    def put_actor(self, actor: Document) -> None:
        """The same for a market actor."""
        self._settled(self._wanted()["actors"]).replace_one({"_id": actor["_id"]}, actor, upsert=True)

    def remove_unit(self, number: str) -> bool:
        """Out of the live copy; whether it was there."""
        there = self._settled(self._wanted()["units"]).delete_one({"_id": number}).deleted_count == 1
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

    def _settled(self, collection: str) -> Collection[Document]:
        """Writes here are answered when they are on disk."""
        return self._db.get_collection(collection, write_concern=WriteConcern("majority", j=True))

"""Versions of primary collections: a start brings them up to date, and refuses what is newer than itself (ADR 0030).

    SCHEMA = {"boxes": (), "units": (Migration("...", pending={"markets": None}, change=lambda unit: {"$set": ...}),)}
    Schema(db, SCHEMA).bring_up()

A collection's first version is 1, and each migration leads to the next one. A collection that derives from the chain or
the register has none: it is dropped and built anew.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.shared.wait import wait_until
from services.shared.web.config import ConfigurationError

Document = dict[str, Any]
LEDGER: Final = "schema"
"""The collection of a database that says of which versions its others are."""

_FIRST: Final = 1
_LOCK: Final = "lock"
_LEASE: Final = timedelta(seconds=15)
_BATCH: Final = 200

_log = logging.getLogger(__name__)


class NewerSchema(ConfigurationError):  # noqa: N818 - it says what is
    """The data were written by a newer program than this one."""


@dataclass(frozen=True)
class Migration:
    """`pending` finds the documents of the version before, and none that `change` (an update) has been applied to: so
    a migration that was cut off goes on where it was, and one that is carried out twice changes nothing."""

    what: str
    pending: Mapping[str, Any]
    change: Callable[[Document], Mapping[str, Any]]


class Schema:
    """Of one database: `migrations` of each of its primary collections, in order. All calls may raise PyMongoError."""

    def __init__(
        self,
        db: Database[Document],
        migrations: Mapping[str, Sequence[Migration]],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._db = db
        self._ledger = db[LEDGER]
        self._migrations = migrations
        self._clock = clock
        self._owner = uuid.uuid4().hex

    def refuse_newer(self) -> None:
        """Raises NewerSchema."""
        for name, version in self._versions().items():
            known = self._latest(name)
            if version > known:
                raise NewerSchema(
                    f"the collection {self._db.name}.{name} is of version {version} and this program knows {known}: "
                    "start the newer program again, or restore the backup from before its first start"
                )

    def bring_up(self) -> None:
        """All collections are of this program's versions when it returns; others that do the same are waited for.

        Raises NewerSchema.
        """
        wait_until(self._is_up_to_date, float("inf"), every=0.2)

    def _is_up_to_date(self) -> bool:
        self.refuse_newer()
        versions = self._versions()
        if all(versions.get(name) == self._latest(name) for name in self._migrations):
            return True
        if self._holds_lock():
            try:
                for name in self._migrations:
                    if not self._migrate(name):
                        return False
            finally:
                self._ledger.delete_one({"_id": _LOCK, "owner": self._owner})
        return False

    def _versions(self) -> dict[str, int]:
        """As stamped."""
        stamped = self._ledger.find({"_id": {"$in": list(self._migrations)}})
        return {str(document["_id"]): int(document["version"]) for document in stamped}

    def _latest(self, name: str) -> int:
        return _FIRST + len(self._migrations[name])

    def _migrate(self, name: str) -> bool:
        """Whether it was carried through: not when the lock was lost."""
        version = self._versions().get(name)
        if version is None:  # from before there were stamps, or new
            version = self._latest(name) if self._db[name].find_one({}, {"_id": 1}) is None else _FIRST
        for number in range(version, self._latest(name)):
            if not self._carry_out(name, self._migrations[name][number - _FIRST]):
                return False
            self._stamp(name, number + 1)
            _log.info("%s.%s is of version %d now", self._db.name, name, number + 1)
        self._stamp(name, version)
        return True

    def _carry_out(self, name: str, migration: Migration) -> bool:
        pending = dict(migration.pending)
        while some := list(self._db[name].find(pending).sort("_id", 1).limit(_BATCH)):
            if not self._holds_lock():
                return False
            updates = [UpdateOne({"_id": one["_id"], **pending}, dict(migration.change(one))) for one in some]
            self._db[name].bulk_write(updates, ordered=False)
            _log.info("%s.%s: %s, %d documents", self._db.name, name, migration.what, len(some))
        return True

    def _stamp(self, name: str, version: int) -> None:
        """Never back: another may have been faster."""
        self._ledger.update_one({"_id": name}, {"$max": {"version": version}}, upsert=True)

    def _holds_lock(self) -> bool:
        """Takes or renews it; that of a process that died is free when its lease is over."""
        now = self._clock()
        free = {"_id": _LOCK, "$or": [{"owner": self._owner}, {"until": {"$lt": now}}]}
        try:
            self._ledger.update_one(free, {"$set": {"owner": self._owner, "until": now + _LEASE}}, upsert=True)
        except DuplicateKeyError:
            return False
        return True

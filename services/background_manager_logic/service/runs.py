"""Audits and settlement exports: begun by a person, done one after the other in the background, their results kept."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.background_manager_logic.auditor_program import ProgramFailed
from services.background_manager_logic.errors import ChainSilent, ManagerError, NotOwn, Unknown
from services.background_manager_logic.repository import Listed
from services.background_manager_logic.service.actors import Actor
from services.shared.data import page

Document = dict[str, Any]
Kind = Literal["audit", "settlement"]

KEPT: Final = timedelta(days=30)
_LEASE: Final = timedelta(minutes=2)
_BEAT_S: Final = 20.0
_LOOK_S: Final = 0.5
_MOST_WAITING: Final = 50
_UNDER_WAY: Final = ("queued", "started")
_log = logging.getLogger(__name__)


class UnderWay(ManagerError):  # noqa: N818 - it says what is
    """The same is being done already. The text says what; it may be asked for again when that has ended."""


class ProgramPort(Protocol):
    """Raises ProgramFailed."""

    def missing(self, kind: str) -> list[str]: ...

    def audit(self, progress: Callable[[int, int], None], stopped: threading.Event) -> dict[str, Any]: ...

    def settlement(
        self, run_id: str, about: Mapping[str, Any], progress: Callable[[int, int], None], stopped: threading.Event
    ) -> dict[str, Any]: ...

    def file(self, run_id: str, kind: str) -> bytes | None: ...

    def forget(self, run_id: str) -> None: ...


class Runs:
    """All may raise PyMongoError. A run's `key` is there while it is under way: only one of the same can be."""

    def __init__(self, kept: Collection[Document], program: ProgramPort, clock: Callable[[], datetime]) -> None:
        self._kept = kept
        self._program = program
        self._clock = clock

    def prepare(self) -> None:
        """The indexes: one of a kind at a time, and the lists."""
        self._kept.create_index("key", unique=True, sparse=True, name="one_key")
        self._kept.create_index([("kind", 1), ("begun_at", -1), ("_id", -1)], name="kind_begun_at")

    def audit(self, by: str) -> Document:
        """Begin one. Raises UnderWay, ChainSilent (no node is configured)."""
        return self._begin("audit", "audit", {}, by)

    def export(self, actor: Actor, by: str, *, market: str, period: tuple[int, int], account: str | None) -> Document:
        """Begin the export of `account` (None: the actor's own). Raises NotOwn, Conflict, UnderWay, ChainSilent."""
        if account is None or not actor.is_evu:
            own = actor.require_account()
            if account not in (None, own):
                raise NotOwn("only the EVU exports settlements of others; leave eos_account out")
            account = own
        about = {"market": market, "account": account, "from_slot": period[0], "to_slot": period[1]}
        return self._begin("settlement", f"settlement {market} {account}", about, by)

    def last(self, kind: Kind) -> tuple[Document | None, Document | None]:
        """(the newest that has ended with a result, the one under way)."""
        newest = [("begun_at", -1), ("_id", -1)]
        done = self._kept.find_one({"kind": kind, "status": "finished"}, sort=newest)
        return done, self._kept.find_one({"kind": kind, "status": {"$in": list(_UNDER_WAY)}}, sort=newest)

    def list(self, kind: Kind, limit: int, cursor: str | None, account: str | None = None) -> Listed[Document]:
        """The newest first. Raises BadCursor."""
        query: Document = {"kind": kind} | ({} if account is None else {"account": account})
        found = page(self._kept, query, sort="begun_at", descending=True, limit=limit, cursor=cursor)
        return Listed(found.items, found.next_cursor)

    def settlement(self, run_id: str, actor: Actor) -> Document:
        """One's own; any of them for the EVU. Raises Unknown."""
        found = self._kept.find_one({"_id": run_id, "kind": "settlement"})
        if found is None or not (actor.is_evu or (actor.account is not None and found["account"] == actor.account)):
            raise Unknown(f"there is no settlement {run_id} of yours")
        return found

    def file(self, run_id: str, actor: Actor, kind: str) -> tuple[Document, bytes]:
        """Raises Unknown."""
        found = self.settlement(run_id, actor)
        content = self._program.file(run_id, kind) if found["status"] == "finished" else None
        if content is None:
            raise Unknown(f"the settlement {run_id} has no file (any more): it is {found['status']}; begin it anew")
        return found, content

    def work(self, stopped: threading.Event) -> None:
        """Until told to stop: what is queued, one after the other."""
        while not stopped.wait(_LOOK_S):
            try:
                self._tidy()
                run = self._next()
                if run is not None:
                    self._do(run, stopped)
            except PyMongoError as error:
                _log.warning("audits and exports wait: %s", error)

    def _begin(self, kind: Kind, key: str, about: Document, by: str) -> Document:
        missing = self._program.missing(kind)
        if missing:
            raise ChainSilent(f"this service is not told where to look: set {', '.join(missing)}")
        if self._kept.count_documents({"status": "queued"}) >= _MOST_WAITING:
            raise UnderWay(f"{_MOST_WAITING} audits and exports wait already; ask again later")
        now = self._clock()
        run: Document = {"_id": secrets.token_hex(12), "kind": kind, "key": key, "status": "queued", "by": by}
        run |= {"begun_at": now, "ended_at": None, "alive_at": now, "done": 0, "total": None}
        run |= {"result": None, "error": None, **about}
        try:
            self._kept.insert_one(run)
        except DuplicateKeyError:
            raise UnderWay(f"the same {kind} is under way; look at how far it is") from None
        return run

    def _next(self) -> Document | None:
        now = self._clock()
        return self._kept.find_one_and_update(
            {"status": "queued"},
            {"$set": {"status": "started", "alive_at": now}},
            sort=[("begun_at", 1)],
            return_document=ReturnDocument.AFTER,
        )

    def _tidy(self) -> None:
        """What a process left that is no more, and what was kept long enough."""
        now = self._clock()
        lost = {"status": "started", "alive_at": {"$lt": now - _LEASE}}
        told = {"status": "failed", "error": "it was broken off, because the service ended; begin it again"}
        self._kept.update_many(lost, {"$set": told | {"ended_at": now}, "$unset": {"key": 1}})
        for old in list(self._kept.find({"ended_at": {"$lt": now - KEPT}, "kind": "settlement"}, limit=10)):
            self._program.forget(old["_id"])
            self._kept.delete_one({"_id": old["_id"]})

    def _do(self, run: Document, stopped: threading.Event) -> None:
        ended = threading.Event()
        beat = threading.Thread(target=self._beat, args=(run["_id"], ended), daemon=True)
        beat.start()
        try:
            result, error = self._carry_out(run, stopped), None
        except ProgramFailed as failure:
            result, error = None, str(failure)
        finally:
            ended.set()
            beat.join()
        told = {"status": "failed" if error else "finished", "result": result, "error": error}
        self._kept.update_one({"_id": run["_id"]}, {"$set": told | {"ended_at": self._clock()}, "$unset": {"key": 1}})

    def _carry_out(self, run: Document, stopped: threading.Event) -> dict[str, Any]:
        def progress(done: int, total: int) -> None:
            self._kept.update_one({"_id": run["_id"]}, {"$set": {"done": done, "total": total}})

        if run["kind"] == "audit":
            return self._program.audit(progress, stopped)
        return self._program.settlement(run["_id"], run, progress, stopped)

    def _beat(self, run_id: str, ended: threading.Event) -> None:
        """Says that somebody is at work on it."""
        while not ended.wait(_BEAT_S):
            try:
                self._kept.update_one({"_id": run_id}, {"$set": {"alive_at": self._clock()}})
            except PyMongoError as error:
                _log.info("a sign of life is not kept: %s", error)

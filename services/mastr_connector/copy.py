"""The live copy as one reading sees it: of one generation, whatever is switched meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ExecutionTimeout

from services.mastr_connector.domain import Document
from services.mastr_connector.errors import TooWide
from services.mastr_connector.packs import FOUND_BY, found
from services.mastr_connector.search import SORTS, Search
from services.shared.data import Page, page

BUDGET_MS: Final = 5_000
"""What the database may take for one list: the difference between a narrow list and one that reads the whole copy."""


class Copy:
    """All calls may raise PyMongoError; lists raise TooWide when the database looks through more than it should."""

    def __init__(
        self,
        db: Database[Document],
        live: Mapping[str, Any] | None,
        budget_ms: int = BUDGET_MS,
        fetched: Mapping[str, Document | None] | None = None,
    ) -> None:
        """`live`: the document that names the live collections; None before the first import. `fetched`: units that
        came with it; None: they are not there."""
        self._db = db
        self._live = live or {}
        self._extra = db["extra_units"]
        self._budget_ms = budget_ms
        self._fetched = fetched or {}

    def tag(self, *, extra: bool) -> str | None:
        """Another one as soon as any answer can be another; None while the copy is being changed.

        `extra`: of an answer that the units beside the register are in. Told before the answer is read, so that a tag
        is never newer than its answer.
        """
        live = self._live
        if "changing" in live:
            return None
        generation = str(live.get("units", "none")).rpartition("_")[2]
        parts = [generation, str(live.get("revision", 0))]
        if extra:
            # of what was there with one number and one newest, nothing can have come back: the same units are there
            newest = next(self._extra.find({}, {"last_updated": 1}).sort("last_updated", -1).limit(1), None)
            at = 0 if newest is None else round(newest["last_updated"].timestamp() * 1000)
            parts += [str(self._extra.estimated_document_count()), f"{at:x}"]
        return "-".join(parts)

    def unit(self, number: str) -> Document | None:
        """A unit of the register."""
        if number in self._fetched:
            return self._fetched[number]
        return None if not self._live else self._db[self._live["units"]].find_one({"_id": number})

    def extra_unit(self, number: str) -> Document | None:
        """A unit that the register lacks."""
        return self._extra.find_one({"_id": number})

    def found(self, collection: str, values: Iterable[str], field: str = "_id") -> list[Document]:
        """Of one collection, what has one of the values in that field (of packs.FOUND_BY), by number; nothing when
        the copy lacks it."""
        name = self._live.get(collection)
        return [] if name is None else found(self._db, name, values, field, packed=collection in FOUND_BY)

    def units_of(self, operator: str, limit: int, cursor: str | None) -> Page:
        """An operator's units by number, the extra ones among them. Raises BadCursor."""
        return self._page(self._units(), {"operator_mastr_nr": operator}, limit=limit, cursor=cursor)

    def search(self, search: Search, sort: str, limit: int, cursor: str | None) -> Page:
        """The units that fit, the extra ones among them, in the order `sort` (of SORTS). Raises BadCursor."""
        field, descending = SORTS[sort]
        query = search.query(field)
        return self._page(self._units(), query, sort=field, descending=descending, limit=limit, cursor=cursor)

    def actors(self, query: Mapping[str, Any], limit: int, cursor: str | None) -> Page:
        """The register's market actors that fit, by number. Raises BadCursor."""
        if not self._live:
            return Page([], None)
        return self._page([self._db[self._live["actors"]]], query, limit=limit, cursor=cursor)

    def removed_since(self, since: datetime, limit: int) -> list[Document]:
        """Units that the register took back, the earliest first: `_id`, `at`."""
        return list(self._db["removed_units"].find({"at": {"$gte": since}}).sort([("at", 1), ("_id", 1)]).limit(limit))

    def knows_actor(self, number: str) -> bool:
        """Whether the register's copy has this market actor."""
        return bool(self._live) and self._db[self._live["actors"]].find_one({"_id": number}, {"_id": 1}) is not None

    def _units(self) -> list[Collection[Document]]:
        return [self._extra] if not self._live else [self._db[self._live["units"]], self._extra]

    def _page(self, places: Sequence[Collection[Document]], query: Mapping[str, Any], **how: Any) -> Page:
        with _within_budget():
            return page(places, query, budget_ms=self._budget_ms, **how)


@contextmanager
def _within_budget() -> Iterator[None]:
    try:
        yield
    except ExecutionTimeout as error:
        raise TooWide("this list would go through too much of the register") from error

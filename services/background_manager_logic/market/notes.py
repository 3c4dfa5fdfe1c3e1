"""Agreements as an order has just left them, until the irreversible blocks tell of it: who writes reads his write.

A note stands beside the document under the same key. The one that knows of the later block is shown. Notes go away by
themselves: what the feed has not confirmed by then was undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from services.background_manager_logic.market.documents import Document
from services.background_manager_logic.market.store import NOTED, Store
from services.shared.data import Page, page


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Notes:
    """All calls may raise PyMongoError."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = _utc_now) -> None:
        self._store = store
        self._clock = clock

    def put(self, kind: str, key: str, document: Document) -> None:
        """Show a document whose `block_num` is not irreversible yet."""
        noted = {**document, "_id": key, "noted_at": self._clock()}
        self._store.of(NOTED + kind).replace_one({"_id": key}, noted, upsert=True)

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or its note where that is further; `irreversible` says which."""
        found = self._newest(kind, [key])
        return found.get(key)

    def page(self, kind: str, query: Mapping[str, object], sort: str, limit: int, cursor: str | None) -> Page:
        """As `get`, in falling order of `sort`. Raises BadCursor.

        A part may hold fewer than `limit` although there are more: what is shown of both counts once.
        """
        both = [self._store.of(kind), self._store.of(NOTED + kind)]
        found = page(both, query, sort=sort, descending=True, limit=limit, cursor=cursor)
        newest = self._newest(kind, [document["_id"] for document in found.items])
        shown = [newest.pop(one["_id"]) for one in found.items if _is(one, newest.get(one["_id"]), sort)]
        return Page(shown, found.next_cursor)

    def _newest(self, kind: str, keys: Sequence[str]) -> dict[str, Document]:
        query = {"_id": {"$in": sorted(set(keys))}}
        found = {one["_id"]: _shown(one, irreversible=True) for one in self._store.of(kind).find(query)}
        for note in self._store.of(NOTED + kind).find(query):
            known = found.get(note["_id"])
            if known is None or known["block_num"] < note["block_num"]:
                found[note["_id"]] = _shown(note, irreversible=False)
        return found


def _is(document: Document, newest: Document | None, sort: str) -> bool:
    return newest is not None and all(document[name] == newest[name] for name in ("block_num", sort))


def _shown(document: Document, *, irreversible: bool) -> Document:
    kept = {name: value for name, value in document.items() if name not in ("_id", "batch", "noted_at")}
    return {**kept, "irreversible": irreversible}

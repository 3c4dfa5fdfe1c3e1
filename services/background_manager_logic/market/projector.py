"""The feed into the collections. Each action counts once, whatever crashes when.

A batch is folded in memory and kept together with the cursor in one document; then its documents are written, and only
then is it taken out again. After a crash it is carried out once more, which changes nothing that was written already.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from services.background_manager_logic.market.documents import Document, Item
from services.background_manager_logic.market.fold import fold
from services.background_manager_logic.market.store import Store, Write

_MAX_DOCUMENTS = 2000
"""A batch that touches more is cut: it must fit one document."""


class FeedPort(Protocol):
    """Raises ChainSilent, ChainWrong."""

    def chain_id(self) -> str:
        """Which chain it is."""

    def feed(self, since: int) -> Sequence[Item]:
        """What became irreversible after an item; a part of it when there is much."""


class Batch:
    """The documents that some items touch: read when first asked for, written nowhere yet."""

    def __init__(self, read: Callable[[str, str], Document | None]) -> None:
        self._read = read
        self._known: dict[tuple[str, str], Document | None] = {}
        self._touched: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self._touched)

    def get(self, kind: str, key: str) -> Document | None:
        place = (kind, key)
        if place not in self._known:
            self._known[place] = self._read(kind, key)
        return copy.deepcopy(self._known[place])

    def put(self, kind: str, key: str, document: Document) -> None:
        self._known[kind, key] = document
        self._touched.add((kind, key))

    def writes(self) -> list[Write]:
        found = ((kind, key, self._known[kind, key]) for kind, key in sorted(self._touched))
        return [Write(kind, key, document) for kind, key, document in found if document is not None]


class Projector:
    """One thread calls `round`. `publish` is told what a batch wrote: kind, key and document of each."""

    def __init__(self, store: Store, feed: FeedPort, publish: Callable[[Sequence[Sequence[Any]]], None]) -> None:
        self._store = store
        self._feed = feed
        self._publish = publish

    def round(self) -> int:
        """Takes a batch in; how many items. Raises ChainSilent, ChainWrong, PyMongoError."""
        cursor = self._store.cursor()
        if cursor["writes"]:
            self._carry_out(cursor)
        chain_id = self._feed.chain_id()
        if cursor["chain_id"] not in (None, chain_id):  # another chain: nothing of this one is true
            self._store.forget()
            cursor = self._store.cursor()
        items = self._feed.feed(cursor["since"])
        if not items:
            return 0
        batch, taken = Batch(self._store.get), 0
        for item in items:
            fold(item, batch)
            taken += 1
            if len(batch) > _MAX_DOCUMENTS:
                break
        kept = self._store.commit(cursor, items[taken - 1].id, chain_id, batch.writes())
        if kept is not None:
            self._carry_out(kept)
        return taken

    def _carry_out(self, cursor: Document) -> None:
        self._store.apply(cursor["batch"], cursor["writes"])
        self._publish(cursor["writes"])
        self._store.finish(cursor["batch"])

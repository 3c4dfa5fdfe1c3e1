"""What followers of the market are told of agreements and takeovers: which, and how it stands; no terms, no names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from services.background_manager_logic.market.agreements import deal_status, passive_status
from services.background_manager_logic.market.changes import Changes
from services.background_manager_logic.market.documents import Document
from services.shared.times import iso

RECENT_S = 600
"""What is longer past is not told: a read model that is being rebuilt is no news."""


class News:
    """Tells of a batch's documents, after they are kept."""

    def __init__(self, changes: Changes, clock: Callable[[], float]) -> None:
        self._changes = changes
        self._clock = clock

    def tell(self, writes: Iterable[Sequence[Any]]) -> None:
        """`writes`: kind, key and document of each. Raises PyMongoError."""
        now = self._clock()
        for kind, _, document in writes:
            told = _TOLD.get(kind)
            if told is not None and document["changed_at"] >= now - RECENT_S:
                name, data = told(document, now)
                self._changes.add(name, document["market"], {"market": document["market"], **data})


def _passive(document: Document, now: float) -> tuple[str, Document]:
    name = f"{document['unit']}-{document['id']}"
    return "passive", {"contract_id": name, "status": passive_status(document, now)}


def _deal(document: Document, now: float) -> tuple[str, Document]:
    return "p2p", {"deal_id": f"{document['unit']}-{document['slot']}", "status": deal_status(document, now)}


def _takeover(document: Document, _now: float) -> tuple[str, Document]:
    return "secondary", {"slot_start": iso(document["slot"])}


def _mint(document: Document, _now: float) -> tuple[str, Document]:
    return "p2x", {"slot_start": iso(document["slot"])}


_TOLD: Mapping[str, Callable[[Document, float], tuple[str, Document]]] = {
    "passives": _passive,
    "deals": _deal,
    "takeovers": _takeover,
    "mints": _mint,
}

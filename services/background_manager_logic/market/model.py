"""The read model at work: one thread follows the feed and the head."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pymongo.database import Database

from services.background_manager_logic.errors import ChainSilent, ChainWrong
from services.background_manager_logic.market.changes import Changes
from services.background_manager_logic.market.documents import Document, bid_document
from services.background_manager_logic.market.heads import HeadPort, Heads
from services.background_manager_logic.market.news import News
from services.background_manager_logic.market.notes import Notes
from services.background_manager_logic.market.projector import FeedPort, Projector
from services.background_manager_logic.market.store import Store
from services.shared.data import DatabaseUnavailable
from services.shared.web import CheckFailed

EVERY_S = 0.5
_UNCONFIRMED_S = 300
"""Far longer than a block takes to become irreversible: a bid that is not in the feed then was undone."""

_BATCHES_A_ROUND = 20
_log = logging.getLogger(__name__)


class SourcePort(HeadPort, FeedPort, Protocol):
    """The cloud side's connector."""


class ReadModel:
    """`store` is what lists are answered from; `heads.look`, `note_bid` and `notes` show who has just written his own
    deed.
    """

    def __init__(self, db: Database[Document], source: SourcePort, clock: Callable[[], float] = time.time) -> None:
        self.store = Store(db)
        self.changes = Changes(db["market_changes"])
        self.notes = Notes(self.store)
        self.heads = Heads(self.store, source, self.changes, clock)
        self._news = News(self.changes, clock)
        self._projector = Projector(self.store, source, self._publish)
        self._clock = clock
        self._error: str | None = "it has not begun yet"

    def run(self, stopped: threading.Event) -> None:
        """Until told to stop; whatever is away is tried again."""
        prepared = False
        while not stopped.wait(EVERY_S):
            try:
                if not prepared:
                    self.store.prepare()
                    self.changes.prepare()
                    prepared = True
                self.round()
                self._note(None)
            except (ChainSilent, ChainWrong, DatabaseUnavailable) as error:
                self._note(str(error))
            except Exception as error:  # the thread must live: what an item of the feed met stands in the log
                _log.exception("the read model stands still")
                self._note(f"it stands still at an item of the feed ({type(error).__name__}); the log names it")

    def round(self) -> int:
        """Head first, then the feed; how many items. Raises ChainSilent, ChainWrong, PyMongoError."""
        self.heads.refresh()
        taken = 0
        for _ in range(_BATCHES_A_ROUND):
            some = self._projector.round()
            taken += some
            if not some:
                self.store.drop_unconfirmed(int(self._clock()) - _UNCONFIRMED_S)
                break
        return taken

    def note_bid(
        self, market: str, offer: int, bidder: str, price: int, *, transaction_id: str, block_num: int
    ) -> None:
        """Show a bid that stands in a block; gone again when it never becomes irreversible."""
        now = int(self._clock())
        where: dict[str, Any] = {"transaction_id": transaction_id, "block_num": block_num}
        self.store.note_bid(bid_document(market, offer, bidder, price, now) | where, now)

    def _publish(self, writes: Sequence[Sequence[Any]]) -> None:
        self.heads.publish(key for kind, key, _ in writes if kind == "offers")
        self._news.tell(writes)

    def check(self) -> str:
        """For GET /health."""
        if self._error is not None:
            raise CheckFailed(self._error)
        return f"follows the chain, item {self.store.cursor()['since']}"

    def _note(self, error: str | None) -> None:
        if error != self._error and error is not None:
            _log.warning("the read model waits: %s", error)
        self._error = error

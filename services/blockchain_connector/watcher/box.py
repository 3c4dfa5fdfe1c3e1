"""A box's watcher: reads only the event rows that are addressed to the box, and hands each to CLS-Box-Logic.

Exactly once in effect: an event is noted (durable) before it is handed, handed until CLS-Box-Logic acknowledges it, and
carries an id by which CLS-Box-Logic knows it when it comes again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from services.blockchain_connector.watcher.feed import Feed
from services.shared.chain.client import ChainClient

_log = logging.getLogger(__name__)
_FAST_S, _WINDOW_S = 0.5, 30
_KNOCKED_S = 3.0
"""So long after a knock it looks often: the node that the box asks may have the event's block a moment later."""
_POINTS_EVERY = 10  # pauses between two looks at the box's markets, which hardly ever change
ATTEMPTS = 5  # refusals, after which an event no longer keeps those behind it waiting


class BoxLogicUnavailable(Exception):  # noqa: N818 - the name says what happened
    """CLS-Box-Logic did not take the event; it is handed again."""


class BoxLogicRefused(Exception):  # noqa: N818 - the name says what happened
    """CLS-Box-Logic looked at the event and will not have it."""


class BoxLogic(Protocol):
    def hand(self, event: dict[str, Any]) -> None:
        """Raises BoxLogicUnavailable, BoxLogicRefused."""


class BoxWatcher:
    """One thread calls `round` again and again, pausing as `pause_s` says."""

    def __init__(
        self,
        chain: ChainClient,
        feed: Feed,
        box_logic: BoxLogic,
        account: Callable[[], str],
        *,
        idle_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._chain = chain
        self._feed = feed
        self._box_logic = box_logic
        self._account = account
        self._idle_s = idle_s
        self._clock = clock
        self._slot_lengths: frozenset[int] = frozenset()
        self._points_read: float | None = None
        self._knocked: float | None = None

    def knock(self) -> None:
        """Somebody says that there is an event: the next looks come soon one after the other. From any thread."""
        self._knocked = self._clock()

    def round(self) -> int:
        """Reads new events and hands on what is unacknowledged. How many were handed. Raises ChainUnavailable."""
        try:
            account = self._account()
            rows = self._chain.rows("tbiclsbox", account, "events")
            self._feed.add((source(row), str(row["kind"]), event(row)) for row in rows)
            self._read_points(account)
        finally:
            handed = self._hand_on()  # also while the chain is away
        return handed

    def pause_s(self, now: float) -> float:
        """Until the next round: short after a slot's end, when events are due, and after a knock; else as the link
        allows."""
        knocked = self._knocked
        if knocked is not None and 0 <= now - knocked < _KNOCKED_S:
            return min(_FAST_S, self._idle_s)
        return pause_s(now, self._slot_lengths, self._idle_s)

    def _read_points(self, account: str) -> None:
        """Each round until the box takes part somewhere, then seldom: the link is narrow."""
        now = self._clock()
        read = self._points_read
        if self._slot_lengths and read is not None and 0 <= now - read < self._idle_s * _POINTS_EVERY:
            return
        rows = self._chain.rows("tbiclsbox", account, "boxpoints")
        self._slot_lengths, self._points_read = frozenset(point["slot_s"] for point in rows), now

    def _hand_on(self) -> int:
        count = 0
        for item in self._feed.unhanded():
            try:
                self._box_logic.hand(item.data)
            except BoxLogicUnavailable as error:
                _log.warning("event %s waits: %s", item.source, error)
                break  # in order, and not a hundred times in vain
            except BoxLogicRefused as error:
                if not self._feed.refused(item.id, str(error), self._clock(), most=ATTEMPTS):
                    break
                _log.error("event %s is a dead letter: %s", item.source, error)
                continue
            self._feed.handed(item.id)
            count += 1
        return count


def source(row: dict[str, Any]) -> str:
    """An event's identity. The row's id alone would do but for forks: another event may then stand under the id."""
    return f"{row['id']}.{row['market']}.{row['point']}.{row['slot']}"


def event(row: dict[str, Any]) -> dict[str, Any]:
    """What CLS-Box-Logic gets: POST /event."""
    return {
        "event_id": source(row),
        "market": row["market"],
        "kind": row["kind"],
        "point": row["point"],
        "slot": row["slot"],
        "by_hand": row["by_hand"],
    }


def pause_s(now: float, slot_lengths: frozenset[int], idle_s: float) -> float:
    due = any(now % length < _WINDOW_S for length in slot_lengths)
    return min(_FAST_S, idle_s) if due else idle_s

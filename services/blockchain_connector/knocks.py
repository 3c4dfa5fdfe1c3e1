"""Telling boxes that they have an event: at once, and without anybody who waits for it.

A knock that gets lost costs nothing but time: the box looks by itself, every `TBI_WATCH_INTERVAL_S`.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from services.blockchain_connector.participants import ManagerSilent, ManagerWrong

_MOST: Final = 1000
_AT_ONCE: Final = 4
"""A box that is away keeps its thread for some seconds; the others are not to wait for it."""
_log = logging.getLogger(__name__)


class Knocks:
    """`knock` tells one box, by its account; it raises ManagerSilent, ManagerWrong."""

    def __init__(self, knock: Callable[[str], None]) -> None:
        self._knock = knock
        self._waiting: queue.Queue[str] = queue.Queue(_MOST)
        for number in range(_AT_ONCE):
            threading.Thread(target=self._work, name=f"knocks-{number}", daemon=True).start()

    def soon(self, box: str) -> None:
        """Returns at once. With very many under way it is left to the box."""
        try:
            self._waiting.put_nowait(box)
        except queue.Full:
            _log.warning("too many events at once: %s finds its own by itself", box)

    def _work(self) -> None:
        while True:
            box = self._waiting.get()
            try:
                self._knock(box)
            except (ManagerSilent, ManagerWrong) as error:
                _log.info("%s was not told of its event and finds it by itself: %s", box, error)
            except Exception:
                _log.exception("%s was not told of its event", box)

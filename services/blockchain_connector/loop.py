"""A background thread that goes on whatever happens to one round of its work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from services.shared.chain.errors import ChainError

_log = logging.getLogger(__name__)
_MAX_PAUSE_S = 10.0


class Loop:
    """Calls `work` and pauses, until stopped. After a failure it pauses longer each time, up to ten seconds.

    `wake` ends a pause.
    """

    def __init__(self, name: str, work: Callable[[], object], pause_s: Callable[[], float]) -> None:
        self.name = name
        self._work = work
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._called = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.last_error: str | None = None

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """The next round begins now, or right after the one under way."""
        self._called.set()

    def stop(self) -> None:
        """Returns when the round under way is done (or after five seconds)."""
        self._stop.set()
        self._called.set()
        self._thread.join(5)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._called.clear()
            if self._stop.is_set():
                return
            try:
                self._work()
                failures, self.last_error = 0, None
            except ChainError as error:
                failures, self.last_error = failures + 1, str(error)
                _log.warning("%s: %s", self.name, error)
            except Exception as error:
                failures, self.last_error = failures + 1, f"{type(error).__name__}; the log says more"
                _log.exception("%s failed", self.name)
            pause = self._pause_s()
            self._called.wait(min(_MAX_PAUSE_S, pause * 2 ** min(failures, 10)) if failures else pause)

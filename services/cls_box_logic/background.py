"""The threads behind the service. One that ended would be missed by nobody: it is begun again, and health says so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

AGAIN_S = 5.0
TOLD_S = 60.0
"""So long after it was begun again a thread is shown as not well."""

Work = Callable[[threading.Event], None]


class Background:
    """`work` {name: what runs until its event is set}, each in a thread of its own."""

    def __init__(self, work: Mapping[str, Work], again_s: float = AGAIN_S) -> None:
        self._again_s = again_s
        self._stopped = threading.Event()
        self._failed: dict[str, tuple[float, str]] = {}
        self._threads = [
            threading.Thread(target=self._keep, args=(name, run), name=name, daemon=True) for name, run in work.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Waits for each, but not for ever."""
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=10)

    def trouble(self) -> str | None:
        """Which of them failed of late, and why; None when all run."""
        since = time.monotonic() - TOLD_S
        late = [f"{name}: {why}" for name, (at, why) in sorted(self._failed.items()) if at >= since]
        return "; ".join(late) or None

    def _keep(self, name: str, run: Work) -> None:
        while not self._stopped.is_set():
            try:
                run(self._stopped)
            except Exception as error:  # whatever it is, the next round may go well, and no round never does
                why = f"{type(error).__name__}: {error}"
                if self._failed.get(name, (0.0, ""))[1] != why:
                    _log.exception("%s is begun again in %g s", name, self._again_s)
                self._failed[name] = (time.monotonic(), why)
                self._stopped.wait(self._again_s)

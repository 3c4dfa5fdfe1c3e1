"""The host's chrony: how well the box's clock goes."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable

from services.cls_box_logic.domain.clock import ClockState, parse_tracking

KEEP_S = 30.0
_TIMEOUT_S = 2.0


class Chrony:
    """Asks `command` (chronyc), at most every KEEP_S. Without it, or while it does not answer, nothing is known."""

    def __init__(self, command: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._command = command
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked: tuple[float, ClockState] | None = None

    def state(self) -> ClockState:
        """How it stands now, or stood a moment ago."""
        with self._lock:
            now = self._monotonic()
            if self._asked is None or now >= self._asked[0] + KEEP_S:
                self._asked = (now, self._ask())
            return self._asked[1]

    def _ask(self) -> ClockState:
        try:
            told = subprocess.run(
                [self._command, "-n", "tracking"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except FileNotFoundError:
            return ClockState(None, None, f"there is no {self._command} on this box; install chrony")
        except (OSError, subprocess.TimeoutExpired) as error:
            return ClockState(None, None, f"{self._command} does not answer ({type(error).__name__})")
        if told.returncode != 0:
            return ClockState(None, None, f"{self._command} says: {(told.stdout or told.stderr).strip()[:200]}")
        return parse_tracking(told.stdout)

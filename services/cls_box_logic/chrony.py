"""The host's chrony: how well the box's clock goes."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable

from services.cls_box_logic.domain.clock import ClockState, parse_tracking
from services.cls_box_logic.kernel_clock import kernel_clock

KEEP_S = 30.0
_TIMEOUT_S = 2.0


class Chrony:
    """Asks `command` (chronyc), at most every KEEP_S. While it does not answer, nothing is known.

    Where it is not there, as in a container, which does not reach its host's chrony, the kernel is asked.
    """

    def __init__(
        self,
        command: str,
        monotonic: Callable[[], float] = time.monotonic,
        kernel: Callable[[], ClockState] = kernel_clock,
    ) -> None:
        self._command = command
        self._kernel = kernel
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
            return self._kernel()
        except (OSError, subprocess.TimeoutExpired) as error:
            return ClockState(None, None, f"{self._command} does not answer ({type(error).__name__})")
        if told.returncode != 0:
            return ClockState(None, None, f"{self._command} says: {(told.stdout or told.stderr).strip()[:200]}")
        return parse_tracking(told.stdout)

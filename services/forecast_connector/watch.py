"""The folder watched: a job for whatever comes into it, once nobody has written to it for a moment.

Several workers may watch: the job's id follows from what lies there, so what two of them see is read once.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from services.forecast_connector.folder import QUIET_S, ForecastFolder, Signature
from services.forecast_connector.jobs import UPDATE
from services.shared.data import Jobs, JobsUnavailable

_log = logging.getLogger(__name__)

_AGAIN_S: Final = 60.0
"""After a job that failed."""


class Watch:
    """`clock` gives seconds since the epoch. Nothing is remembered that could not be seen again: after a start the
    folder is read once, and what was read before is unchanged."""

    def __init__(self, folder: ForecastFolder, jobs: Jobs, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._jobs = jobs
        self._clock = clock
        self._job: str | None = None
        self._enqueued_at = 0.0

    def look(self) -> str | None:
        """The job that was begun, if one was. Raises OSError and RedisError."""
        signature = self._folder.signature()
        if not signature or self._is_being_written(signature):
            return None
        job = f"watch-{_digest(signature)}"
        if job == self._job and not self._is_due_again(job):
            return None
        self._jobs.enqueue(UPDATE, {}, job)
        self._job, self._enqueued_at = job, self._clock()
        return job

    def run(self, stopped: threading.Event, every_s: float) -> None:
        """Looks again and again until `stopped`; what goes wrong is logged once, and tried again."""
        wrong = ""
        while not stopped.wait(every_s):
            try:
                self.look()
                wrong = ""
            except (OSError, JobsUnavailable) as error:
                if str(error) != wrong:
                    _log.warning("the forecast folder cannot be watched: %s", error)
                wrong = str(error)

    def _is_being_written(self, signature: Signature) -> bool:
        newest_s = max(written_ns for _, written_ns, _ in signature) / 1e9
        return 0 <= self._clock() - newest_s < QUIET_S

    def _is_due_again(self, job: str) -> bool:
        if self._clock() - self._enqueued_at < _AGAIN_S:
            return False
        status = self._jobs.status(job)
        return status is not None and status.status == "failed"


def _digest(signature: Signature) -> str:
    return hashlib.sha256(repr(sorted(signature)).encode()).hexdigest()[:32]

"""The box's worker: `python -m services.cls_box_logic.worker`. One a box.

Jobs run in the worker itself, one after the other: a fork for each would cost memory and time on a small board. A
second thread puts retries into the queue when they are due, and now and then brings back events that lost their job.
"""

from __future__ import annotations

import importlib
import logging
import threading
from typing import Any

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from services.cls_box_logic.config import Config
from services.cls_box_logic.errors import BoxError, Unknown
from services.cls_box_logic.jobs import EventQueue
from services.cls_box_logic.parts import Parts, assemble
from services.shared.web import run_service

_log = logging.getLogger(__name__)

TICK_S = 0.5
REVIVE_S = 30.0
NAME = "cls-box-worker"


class _Own:
    """What the jobs of this process work with: RQ calls them by name, with nothing but their arguments."""

    parts: Parts | None = None


class Worker(SimpleWorker):
    """RQ's worker, but what a job expects to fail with is a line in the log, not a traceback."""

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        error = exc_info[1]
        if isinstance(error, BoxError):
            _log.info("%s is tried again: %s", job.id, error)
        else:
            super().handle_exception(job, *exc_info)


def work_on(event_id: str) -> dict[str, Any]:
    """The job: works on one event. Whatever it raises makes RQ try it again."""
    parts = _Own.parts
    event = None if parts is None else parts.inbox.event(event_id)
    if parts is None or event is None:
        raise Unknown(f"the event {event_id} is not in this box's inbox")
    return parts.delivery.work_in_order(event)


def tend(queue: EventQueue, parts: Parts, stopped: threading.Event) -> None:
    """Looks after retries and lost jobs until `stopped` is set; Redis may be away for a while."""
    ticks = 0
    while not stopped.wait(TICK_S):
        ticks += 1
        try:
            queue.enqueue_due()
            if ticks % int(REVIVE_S / TICK_S) == 0:
                queue.revive(parts.clock_ms() - int(REVIVE_S * 1000))
                parts.inbox.prune()
        except RedisError as error:
            _log.warning("Redis does not answer: %s", error)
        except Exception:  # a full disk, say: without this thread no try would ever be repeated
            _log.exception("retries and lost jobs are looked after again in %g s", TICK_S)


def main(config: Config) -> None:
    """Works until told to stop; leaves with what Redis raises when that is gone, for the supervisor to begin anew."""
    parts = assemble(config)
    _Own.parts = parts
    stopped = threading.Event()
    helper = threading.Thread(target=tend, args=(parts.queue, parts, stopped), daemon=True)
    try:
        resumed = parts.queue.start_over()
        _log.info("%d open events", resumed)
        helper.start()
        logging.getLogger("rq").setLevel(logging.WARNING)
        Worker([parts.queue.queue], connection=parts.queue.queue.connection, serializer=JSONSerializer).work(
            logging_level="WARNING"
        )
    finally:
        stopped.set()
        parts.close()


if __name__ == "__main__":
    # RQ finds the job in the imported module, which is another one than __main__.
    run_service(NAME, Config, importlib.import_module("services.cls_box_logic.worker").main)

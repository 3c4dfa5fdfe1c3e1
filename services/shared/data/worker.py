"""A worker of one queue: one job after the other, in its own process, until SIGTERM.

Several may work on one queue. No fork for each job: a worker that is killed takes its job with it, so that a job never
goes on unwatched while another worker repeats it.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from services.shared.data.jobs import LEASE_S, JobError, lease_key, request_stop

_log = logging.getLogger(__name__)


class _Rq(SimpleWorker):
    """RQ's worker: what a job expects to fail with is one line in the log, and SIGTERM reaches the job at work."""

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        error = exc_info[1]
        if isinstance(error, JobError):
            _log.info("job %s failed: %s", job.id, error)
        else:
            super().handle_exception(job, *exc_info)

    def request_stop(self, signum: Any, frame: Any) -> None:
        request_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call] # RQ has no type for it


class Worker:
    """Works on `queue`. Leaves with RedisError when Redis is gone, for the supervisor to begin anew."""

    def __init__(self, redis_url: str, queue: str) -> None:
        self._redis: Redis = Redis.from_url(redis_url, socket_connect_timeout=2)
        self._queue = Queue(queue, connection=self._redis, serializer=JSONSerializer)
        self.name = f"{queue}-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._ended = threading.Event()

    def run(self) -> None:
        """Until SIGTERM or SIGINT; a job at work gives up at its next word of progress."""
        logging.getLogger("rq").setLevel(logging.WARNING)
        self._say_alive()
        helper = threading.Thread(target=self._stay_alive, daemon=True)
        helper.start()
        _log.info("worker %s waits for jobs", self.name)
        try:
            worker = _Rq([self._queue], name=self.name, connection=self._redis, serializer=JSONSerializer)
            worker.work(logging_level="WARNING")
        finally:
            self._ended.set()
            helper.join(timeout=LEASE_S)
            self._redis.delete(lease_key(self.name))
            self._redis.close()

    def _say_alive(self) -> None:
        self._redis.set(lease_key(self.name), "1", ex=LEASE_S)

    def _stay_alive(self) -> None:
        while not self._ended.wait(LEASE_S / 5):
            try:
                self._say_alive()
            except RedisError as error:
                _log.warning("Redis does not answer: %s", error)

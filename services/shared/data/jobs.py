"""Jobs behind one small door: RQ on Redis.

A job is a function by its path and JSON arguments; it tells its progress and gives a JSON object. A job whose worker
died is reported failed and may be enqueued again. Jobs must be repeatable: that is how nothing is left half done.
"""

from __future__ import annotations

import importlib
import re
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, get_current_job
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job
from rq.job import JobStatus as RqStatus
from rq.serializers import JSONSerializer

from services.shared import trace
from services.shared.errors import JobError as JobError  # noqa: PLC0414 - it is known from here, too

JobsUnavailable = RedisError
"""What every call of `Jobs` may raise; `PROBLEMS` of a service makes a 503 of it."""

JOB_ID = r"^[A-Za-z0-9_-]{1,128}$"
RUN = "services.shared.data.jobs.run"
KEEP_S = 7 * 86_400
LEASE_S = 15
"""A worker that says nothing for so long is dead."""

DIED = "its worker ended while it ran; it can be started again"
_BROKEN = "the job met an error of its own; the worker's log names it"
_PROGRESS_EVERY_S = 0.25
_STATUS = {RqStatus.STARTED: "started", RqStatus.FINISHED: "finished", RqStatus.FAILED: "failed"}
_OVER = (RqStatus.FAILED, RqStatus.STOPPED, RqStatus.CANCELED)


class JobStopped(JobError):  # noqa: N818 - it says what is
    """The worker is told to end; the job gives up at its next word of progress."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """`status`: queued, started, finished, failed. `progress`: `done`, `total` (0 while unknown), `unit`."""

    job_id: str
    status: str
    progress: Mapping[str, Any]
    result: Mapping[str, Any] | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As GET /job/{job_id} gives it."""
        shown: dict[str, Any] = {"job_id": self.job_id, "status": self.status, "progress": dict(self.progress)}
        if self.result is not None:
            shown["result"] = dict(self.result)
        if self.error is not None:
            shown["error"] = self.error
        return shown


class Jobs:
    """The queue `queue` of a service. All calls may raise RedisError."""

    def __init__(self, redis_url: str, queue: str, *, timeout_s: int = 6 * 3600) -> None:
        self._redis: Redis = Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=10)
        self._queue = Queue(queue, connection=self._redis, serializer=JSONSerializer, default_timeout=timeout_s)

    def enqueue(self, function_path: str, kwargs: Mapping[str, Any], job_id: str | None = None) -> str:
        """Have a worker call the function with `kwargs`; gives the job's id.

        An id that is queued, running or finished already: nothing is done a second time. One that failed or whose
        worker died is begun anew.
        """
        identity = uuid.uuid4().hex if job_id is None else job_id
        if not re.fullmatch(JOB_ID.strip("^$"), identity):
            raise ValueError(f"a job's id has 1 to 128 letters, digits, _ and -, got {identity!r}")
        known = self._job(identity)
        if known is not None and self._is_over(known):
            known.delete()
        try:
            self._queue.enqueue_call(
                RUN,
                kwargs={"function": function_path, "kwargs": dict(kwargs), **trace.header()},
                job_id=identity,
                unique=True,
                result_ttl=KEEP_S,
                failure_ttl=KEEP_S,
            )
        except DuplicateJobError:
            return identity
        return identity

    def status(self, job_id: str) -> JobStatus | None:
        """How the job stands; None when there is none of that id (it is forgotten 7 days after its end)."""
        job = self._job(job_id)
        if job is None:
            return None
        status = job.get_status()
        told = job.get_meta()
        progress = told.get("progress", {"done": 0, "total": 0, "unit": ""})
        if self._has_died(job, status):
            return JobStatus(job_id, "failed", progress, error=DIED)
        if status in _OVER:
            return JobStatus(job_id, "failed", progress, error=told.get("error", DIED))
        if status == RqStatus.FINISHED:
            return JobStatus(job_id, "finished", progress, result=job.return_value())
        return JobStatus(job_id, _STATUS.get(status, "queued") if status else "queued", progress)

    def waiting(self) -> int:
        """How many jobs are in the queue and not begun."""
        return len(self._queue)

    def ping(self) -> str:
        """One line when Redis answers."""
        self._redis.ping()
        return "Redis answers"

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()

    def _job(self, job_id: str) -> Job | None:
        try:
            return Job.fetch(job_id, connection=self._redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return None

    def _is_over(self, job: Job) -> bool:
        status = job.get_status()
        return status in _OVER or self._has_died(job, status)

    def _has_died(self, job: Job, status: RqStatus | None) -> bool:
        if status != RqStatus.STARTED:
            return False
        if not job.worker_name:
            job.refresh()  # type: ignore[no-untyped-call] # RQ has no type for it; the job was begun after it was read
        return not job.worker_name or not self._redis.exists(lease_key(job.worker_name))


def lease_key(worker_name: str) -> str:
    """The key that lives as long as the worker of that name."""
    return f"tbi:worker:{worker_name}"


class _Stop:
    """Set by the worker of this process when it is told to end."""

    requested = threading.Event()
    told_at = 0.0


def request_stop() -> None:
    """Make the job of this process give up at its next word of progress."""
    _Stop.requested.set()


def progress(done: int, total: int = 0, unit: str = "records", more: Mapping[str, int] | None = None) -> None:
    """Tell how far the job at hand is; cheap enough for every batch. Outside of a job it does nothing.

    `total` is 0 while it is unknown; `more` is told beside it. Raises JobStopped when the worker has been told to end.
    """
    job = get_current_job()
    if job is None:
        return
    if _Stop.requested.is_set():
        raise JobStopped(DIED)
    now = time.monotonic()
    if now - _Stop.told_at < _PROGRESS_EVERY_S and done != total:
        return
    _Stop.told_at = now
    _remember(job, "progress", {"done": done, "total": total, "unit": unit, **(more or {})})


def run(function: str, kwargs: dict[str, Any], traceparent: str | None = None) -> Any:
    """What RQ calls: the function at its path, in the trace of who asked for it.

    What it raises is kept as one sentence.
    """
    module, _, name = function.rpartition(".")
    span = trace.begin(traceparent)
    try:
        return getattr(importlib.import_module(module), name)(**kwargs)
    except Exception as error:
        job = get_current_job()
        if job is not None:
            _remember(job, "error", str(error) if isinstance(error, JobError) else _BROKEN)
        raise
    finally:
        trace.end(span)


def _remember(job: Job, name: str, value: Any) -> None:
    job.meta[name] = value
    job.save_meta()  # type: ignore[no-untyped-call] # RQ has no type for it

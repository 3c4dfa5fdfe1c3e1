"""The queue of events: RQ, one worker a box. What Redis loses, the inbox brings back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from services.cls_box_logic.inbox import Event, Inbox

WORK = "services.cls_box_logic.worker.work_on"
RETRIES_S = [1, 1, 2, 2, 5, 5, 10, 10, 20, 30]
"""Between tries; after the last the job is failed, and the worker's next look at the inbox begins anew."""

_TIMEOUT_S = 600
_KEEP_S = 7 * 86_400
_ALIVE = (JobStatus.QUEUED, JobStatus.STARTED, JobStatus.SCHEDULED, JobStatus.DEFERRED)


@dataclass(frozen=True, slots=True)
class JobState:
    """`status`: queued, started, finished, failed."""

    job_id: str
    status: str
    result: dict[str, Any] | None = None
    error: str | None = None


class EventQueue:
    """Jobs of this box by event. Job ids follow from event ids, so that an event has one job."""

    def __init__(self, redis: Redis, box: str, inbox: Inbox) -> None:
        """`box`: the box's name, for it has no account at first."""
        self._redis = redis
        self._inbox = inbox
        self.queue = Queue(f"box-{box}", connection=redis, serializer=JSONSerializer, default_timeout=_TIMEOUT_S)

    def enqueue(self, event_id: str) -> str:
        """Gives an event its job; the same event the same job. Raises RedisError."""
        job_id = job_id_of(event_id)
        try:
            self.queue.enqueue(
                WORK,
                event_id,
                job_id=job_id,
                unique=True,
                retry=Retry(max=len(RETRIES_S), interval=RETRIES_S),
                result_ttl=_KEEP_S,
                failure_ttl=_KEEP_S,
            )
        except DuplicateJobError:
            return job_id
        return job_id

    def state(self, event: Event) -> JobState:
        """How an event's job stands; the inbox knows the end of it, also when Redis has forgotten."""
        job_id = job_id_of(event.event_id)
        outcome = self._inbox.outcome(event.event_id)
        if outcome is not None:
            return JobState(job_id, "finished", result=outcome)
        try:
            status = self._status(job_id)
        except RedisError:
            return JobState(job_id, "queued", error="Redis does not answer; the event is kept and worked on later")
        names = {JobStatus.STARTED: "started", JobStatus.FAILED: "failed"}
        shown = names.get(status, "queued") if status is not None else "queued"
        return JobState(job_id, shown, error="it is tried again" if shown == "failed" else None)

    def ping(self) -> None:
        """Raises RedisError."""
        self._redis.ping()

    def start_over(self) -> int:
        """For the worker's start: every open event gets a fresh job, whatever the last worker left. How many."""
        events = self._inbox.open_events()
        for event in events:
            self._forget(job_id_of(event.event_id))
            self.enqueue(event.event_id)
        return len(events)

    def revive(self, older_than_ms: int) -> int:
        """Gives a job to every open event without a living one (failed, or lost by Redis). How many."""
        revived = 0
        waiting = frozenset(self.queue.scheduled_job_registry.get_job_ids())
        for event in self._inbox.open_events(before_ms=older_than_ms):
            job_id = job_id_of(event.event_id)
            status = self._status(job_id)
            if status not in _ALIVE or (status is JobStatus.SCHEDULED and job_id not in waiting):
                self._forget(job_id)
                self.enqueue(event.event_id)
                revived += 1
        return revived

    def enqueue_due(self) -> int:
        """Puts retries whose time has come into the queue (instead of RQ's scheduler, a process more). How many."""
        registry = self.queue.scheduled_job_registry
        due = registry.get_jobs_to_schedule()
        for job_id in due:
            job = self.queue.fetch_job(job_id)
            registry.remove(job_id)  # first: once queued, the worker may have failed and scheduled it anew
            if job is not None:
                self.queue.enqueue_job(job)
        return len(due)

    def _status(self, job_id: str) -> JobStatus | None:
        job = self._job(job_id)
        return None if job is None else job.get_status()

    def _forget(self, job_id: str) -> None:
        job = self._job(job_id)
        if job is not None:
            job.delete()

    def _job(self, job_id: str) -> Job | None:
        try:
            return Job.fetch(job_id, connection=self._redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return None


def job_id_of(event_id: str) -> str:
    """The id of an event's job: RQ allows letters, digits, _ and - only."""
    readable = re.sub(r"[^A-Za-z0-9]", "-", event_id)[:48]
    if readable == event_id:
        return f"event-{event_id}"
    return f"event-{readable}-{hashlib.sha256(event_id.encode()).hexdigest()[:12]}"

"""The queue of events on a real Redis, without a worker: retries that are due, and retries that were lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq.job import JobStatus

from services.cls_box_logic.inbox import Event, Inbox
from services.cls_box_logic.jobs import EventQueue
from tests.integration.redis_server import redis_url

__all__ = ["redis_url"]

EVENT = Event("1.lem.4.900", "lem", "senddata", 4, 900, False)


@pytest.fixture
def queue(redis_url: str, tmp_path: Path) -> Iterator[EventQueue]:
    """With one event, whose job waits for its next try."""
    inbox = Inbox(tmp_path, lambda: 1_000)
    inbox.take(EVENT)
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        made = EventQueue(redis, "seller", inbox)
        job = made.queue.fetch_job(made.enqueue(EVENT.event_id))
        assert job is not None
        made.queue.remove(job)
        made.queue.schedule_job(job, datetime.now(UTC) - timedelta(seconds=1))
        job.set_status(JobStatus.SCHEDULED)
        yield made
    inbox.close()


def test_a_retry_that_is_due_is_queued_once(queue: EventQueue) -> None:
    assert queue.enqueue_due() == 1
    assert queue.queue.count == 1
    assert queue.queue.scheduled_job_registry.get_job_ids() == []
    assert queue.enqueue_due() == 0


def test_a_retry_that_is_scheduled_nowhere_is_brought_back(queue: EventQueue) -> None:
    assert queue.revive(10_000) == 0
    queue.queue.scheduled_job_registry.remove(queue.queue.scheduled_job_registry.get_job_ids()[0])
    assert queue.revive(10_000) == 1
    assert queue.queue.count == 1

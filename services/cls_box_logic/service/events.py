"""Taking events over from the watcher."""

from __future__ import annotations

import logging

from redis.exceptions import RedisError

from services.cls_box_logic.errors import JournalFull, Unknown
from services.cls_box_logic.inbox import Event, Inbox
from services.cls_box_logic.jobs import EventQueue, JobState, job_id_of
from services.cls_box_logic.journal import Journal

_log = logging.getLogger(__name__)


class Events:
    """An event that was taken is worked on, whatever dies in between."""

    def __init__(self, inbox: Inbox, queue: EventQueue, journal: Journal) -> None:
        self._inbox = inbox
        self._queue = queue
        self._journal = journal

    def take(self, event: Event) -> str:
        """Keeps an event and gives it a job, whose id is the answer; the same event again changes nothing.

        Without Redis the event is kept all the same: the worker finds it in the inbox. Raises Conflict.
        """
        self._inbox.take(event)
        self._note(event)  # each time: the power may have gone between the two, and one event is noted once
        if self._inbox.outcome(event.event_id) is None:
            try:
                self._queue.enqueue(event.event_id)
            except RedisError as error:
                _log.warning("event %s is kept but not queued: %s", event.event_id, error)
        return job_id_of(event.event_id)

    def _note(self, event: Event) -> None:
        """The inbox has the event for sure: a full journal is no reason to refuse it, its reading must not be lost."""
        try:
            self._journal.append("event", event.to_json(), market=event.market, slot=event.slot, once=event.event_id)
        except JournalFull as error:
            _log.error("event %s is kept but not noted: %s", event.event_id, error)

    def job(self, job_id: str) -> JobState:
        """How a job stands. Raises Unknown."""
        event = self._inbox.event_of_job(job_id, job_id_of)
        if event is None:
            raise Unknown(f"there is no job {job_id}")
        return self._queue.state(event)

"""When schedules fire: APScheduler with AWS's expressions. What fell due while nobody looked is made good once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from deploy.local.triggers.runner import Runner
from deploy.local.triggers.schedule import Schedule
from deploy.local.triggers.template import Function


class _Trigger(BaseTrigger):  # type: ignore[misc]  # the library has no types
    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        return self._schedule.next_after(max(previous_fire_time or now, now))


class Clockwork:
    """`file` remembers when each rule fired last."""

    def __init__(self, runner: Runner, file: Path) -> None:
        self._runner = runner
        self._file = file
        self._fired: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Returns at once."""
        for function in self._runner.functions:
            for rule, schedule in function.schedules.items():
                self._scheduler.add_job(
                    partial(self._fire, function, rule, schedule),
                    _Trigger(schedule),
                    id=rule,
                    next_run_time=self._first(rule, schedule),
                    misfire_grace_time=None,
                    coalesce=True,
                )
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown()

    def upcoming(self) -> dict[str, Any]:
        """Rule -> when it fires next, ISO 8601."""
        return {job.id: job.next_run_time and job.next_run_time.isoformat() for job in self._scheduler.get_jobs()}

    def _first(self, rule: str, schedule: Schedule) -> datetime | None:
        since = datetime.fromisoformat(self._fired[rule]) if rule in self._fired else datetime.now(UTC)
        return schedule.next_after(since)

    def _fire(self, function: Function, rule: str, schedule: Schedule) -> None:
        due = self._latest_due(rule, schedule)
        self._runner.fire(function, rule, due)
        self._fired[rule] = due.isoformat()
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self._fired), encoding="utf-8")
        draft.replace(self._file)

    def _latest_due(self, rule: str, schedule: Schedule) -> datetime:
        """The last time that it fell due up to now: one event stands for all that were missed."""
        now = datetime.now(UTC)
        due = now.replace(second=0, microsecond=0)
        candidate = self._first(rule, schedule) if rule in self._fired else None
        while candidate is not None and candidate <= now:
            due, candidate = candidate, schedule.next_after(candidate)
        return due

"""The folder watched: a job for what has come, once, when it is complete."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from services.forecast_connector.folder import ForecastFolder
from services.forecast_connector.watch import Watch
from services.shared.data import Jobs
from services.shared.data.jobs import JobStatus

NOW = 1_800_000_000.0


class Queue(Jobs):
    """Keeps what it is told; `failed` says how a job stands."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.failed = False

    def enqueue(self, function_path: str, kwargs: Mapping[str, Any], job_id: str | None = None) -> str:
        assert (function_path, kwargs) == ("services.forecast_connector.jobs.update", {})
        self.jobs.append(str(job_id))
        return str(job_id)

    def status(self, job_id: str) -> JobStatus | None:
        return JobStatus(job_id, "failed" if self.failed else "finished", {})


class Stage:
    def __init__(self, place: Path) -> None:
        self.place, self.queue, self.now = place, Queue(), NOW
        self.watch = self.another()

    def another(self) -> Watch:
        return Watch(ForecastFolder(self.place), self.queue, lambda: self.now)

    def write(self, name: str, content: bytes = b"x") -> None:
        (self.place / name).write_bytes(content)
        os.utime(self.place / name, (self.now, self.now))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_what_comes_is_read_once_and_not_before_it_is_complete(stage: Stage) -> None:
    assert stage.watch.look() is None
    stage.write("a.xlsx")
    assert stage.watch.look() is None
    stage.now += 2
    first = stage.watch.look()
    assert first is not None
    assert stage.watch.look() is None
    stage.write("a.xlsx", b"xy")
    stage.now += 2
    assert stage.watch.look() not in (None, first)
    stage.write("a.xlsx.withdrawn", b"")
    stage.now += 2
    assert stage.watch.look() is not None
    assert len(set(stage.queue.jobs)) == 3


def test_two_that_watch_begin_the_same_job_and_so_does_one_that_was_started_anew(stage: Stage) -> None:
    stage.write("a.xlsx")
    stage.now += 2
    assert stage.watch.look() == stage.another().look() is not None


def test_a_job_that_failed_is_begun_again_after_a_while(stage: Stage) -> None:
    stage.write("a.xlsx")
    stage.now += 2
    first = stage.watch.look()
    stage.queue.failed = True
    assert stage.watch.look() is None
    stage.now += 61
    assert stage.watch.look() == first


def test_a_folder_that_is_not_there_is_an_error(stage: Stage) -> None:
    stage.place.rmdir()
    with pytest.raises(OSError, match="No such file"):
        stage.watch.look()

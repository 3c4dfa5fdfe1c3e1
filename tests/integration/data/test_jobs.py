"""The queue of jobs with a real Redis and a real worker process."""

from __future__ import annotations

import itertools
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.shared.data import Jobs, JobStatus
from services.shared.wait import wait_until
from tests.integration.box.processes import Program

WORK = "tests.integration.data.work"
_QUEUES = itertools.count(1)


class Bench:
    """A queue of its own with its worker."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        queue = f"queue{next(_QUEUES)}"
        self.jobs = Jobs(redis_url, queue)
        self.mark = folder / "mark"
        code = f"from services.shared.data import Worker; Worker({redis_url!r}, {queue!r}).run()"
        self.worker = Program([sys.executable, "-c", code], {}, folder / "worker.log")

    def status(self, job_id: str) -> JobStatus:
        found = self.jobs.status(job_id)
        assert found is not None
        return found

    def ended(self, job_id: str, timeout: float = 30) -> JobStatus:
        def look() -> JobStatus | None:
            found = self.status(job_id)
            return found if found.status in ("finished", "failed") else None

        return wait_until(look, timeout, what=f"job {job_id}")

    def begin(self, job_id: str | None = None) -> str:
        """A job that goes on until it is let go; its id, once it works."""
        job = self.jobs.enqueue(f"{WORK}.go_on", {"mark": str(self.mark)}, job_id)
        wait_until(lambda: self.status(job).progress["done"] > 0, 30, what="the job's first step")
        return job

    def let_go(self) -> None:
        Path(f"{self.mark}.end").touch()


@pytest.fixture
def bench(redis_url: str, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(redis_url, tmp_path)
    made.worker.start()
    yield made
    made.let_go()
    made.worker.end()
    made.jobs.close()


def test_a_job_gives_its_result_and_its_progress(bench: Bench) -> None:
    ended = bench.ended(bench.jobs.enqueue(f"{WORK}.add", {"left": 2, "right": 3}))
    assert ended.as_json() == {
        "job_id": ended.job_id,
        "status": "finished",
        "progress": {"done": 2, "total": 2, "unit": "numbers"},
        "result": {"sum": 5},
    }


def test_what_a_job_expects_to_fail_with_is_its_error(bench: Bench) -> None:
    ended = bench.ended(bench.jobs.enqueue(f"{WORK}.refuse", {}))
    assert ended.status == "failed"
    assert ended.error == "the sum is not known; ask somebody else"


def test_another_error_is_not_shown(bench: Bench) -> None:
    ended = bench.ended(bench.jobs.enqueue(f"{WORK}.stumble", {}))
    assert ended.status == "failed"
    assert "secret" not in str(ended.error)
    assert "log" in str(ended.error)


def test_the_same_id_is_one_job(bench: Bench) -> None:
    job = bench.begin("only-one")
    assert bench.jobs.enqueue(f"{WORK}.go_on", {"mark": str(bench.mark)}, "only-one") == job
    bench.let_go()
    assert bench.ended(job).status == "finished"
    assert bench.jobs.enqueue(f"{WORK}.go_on", {"mark": str(bench.mark)}, "only-one") == job
    assert bench.status(job).status == "finished"
    assert bench.mark.read_text() == "begun\n"


def test_a_job_whose_worker_is_killed_is_failed_and_may_be_repeated(bench: Bench) -> None:
    job = bench.begin("killed")
    assert bench.status(job).status == "started"
    bench.worker.kill()
    died = bench.ended(job)
    assert died.status == "failed"
    assert "can be started again" in str(died.error)
    bench.worker.start()
    bench.let_go()
    assert bench.jobs.enqueue(f"{WORK}.go_on", {"mark": str(bench.mark)}, job) == job
    assert bench.ended(job).status == "finished"
    assert bench.mark.read_text() == "begun\nbegun\n"


def test_a_worker_that_is_told_to_end_ends_at_the_jobs_next_word(bench: Bench) -> None:
    job = bench.begin()
    assert bench.worker.end(signal.SIGTERM) == 0
    assert bench.status(job).status == "failed"


def test_a_job_waits_while_there_is_no_worker(bench: Bench) -> None:
    bench.worker.end()
    job = bench.jobs.enqueue(f"{WORK}.add", {"left": 1, "right": 1})
    assert bench.status(job).status == "queued"
    assert bench.jobs.waiting() == 1


def test_there_is_no_job_of_an_unknown_id(bench: Bench) -> None:
    assert bench.jobs.status("nothing") is None


def test_an_id_that_redis_could_misread_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="letters"):
        bench.jobs.enqueue(f"{WORK}.add", {"left": 1, "right": 1}, "a:b")

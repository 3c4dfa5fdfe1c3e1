"""A worker that is killed in the middle of an import; the import repeated."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.shared.wait import wait_until
from simulators.mastr.register import Register
from tests.integration.mastr.stage import SMALL, Stage
from tests.integration.mongo import Mongo

LARGE = Register(seed=31, size=12_000)


@pytest.fixture(scope="module")
def stage(mongo: Mongo, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(mongo, redis_url, tmp_path_factory.mktemp("stage"))
    made.worker.start()
    made.done("/init", {"source": made.export(SMALL)})
    made.export(LARGE, per_file=3000, name="large.zip")
    yield made
    made.stop()


def begun(stage: Stage) -> str:
    """The id of an import that has begun to write."""
    before = set(stage.db.list_collection_names())
    job = stage.start_job("/init", {"source": "large.zip"})

    def writes() -> bool:
        names = [name for name in stage.db.list_collection_names() if name.startswith("units_") and name not in before]
        return any(stage.db[name].estimated_document_count() >= 2000 for name in names)

    wait_until(writes, 60, every=0.01, what="the import's first batch")
    return job


def test_a_killed_import_is_reported_failed_and_repeated(stage: Stage) -> None:
    before, live = stage.documents(), stage.live()
    job = begun(stage)
    stage.worker.kill()
    assert stage.documents() == before
    assert stage.live() == live
    failed = stage.ended(job)
    assert failed["status"] == "failed"
    assert "can be started again" in failed["error"]
    stage.worker.start()
    result = stage.done("/init", {"source": "large.zip"})
    assert sum(result["counts"].values()) > 11_000
    names = [name for name in stage.db.list_collection_names() if name.startswith("units_")]
    assert len(names) == 2  # the live copy and the one before; nothing of the killed import


def test_an_import_that_is_told_to_end_gives_up_at_once(stage: Stage) -> None:
    stage.done("/init", {"source": stage.export(SMALL)})
    before = stage.live()
    job = begun(stage)
    stage.worker.end(signal.SIGTERM)
    assert stage.ended(job)["status"] == "failed"
    assert stage.live() == before
    assert stage.db["state"].find_one({"_id": "lock"}) is None
    stage.worker.start()
    assert stage.done("/init", {"source": "large.zip"})["unchanged"] is False


def test_a_reading_process_that_is_killed_fails_the_import_and_none_is_left(stage: Stage) -> None:
    stage.done("/init", {"source": stage.export(SMALL)})
    before = stage.live()
    job = begun(stage)
    crew = readers(stage)
    assert len(crew) == stage.config.processes
    os.kill(crew[0], signal.SIGKILL)
    failed = stage.ended(job)
    assert failed["status"] == "failed"
    assert "ended with -9" in failed["error"]
    assert stage.live() == before
    assert readers(stage) == []


def test_the_reading_processes_end_with_a_killed_worker(stage: Stage) -> None:
    begun(stage)
    assert readers(stage)
    stage.worker.kill()
    wait_until(lambda: not readers(stage), 10, what="the end of the reading processes")
    stage.worker.start()
    assert stage.done("/init", {"source": stage.export(SMALL)})["counts"]


def readers(stage: Stage) -> list[int]:
    """The processes of this stage's import."""
    ours = f"TBI_MASTR_EXPORT_DIR={stage.exports}".encode()
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            reads = b"services.mastr_connector.parsing" in command.read_bytes()
            if reads and ours in (command.parent / "environ").read_bytes():
                found.append(int(command.parent.name))
    return found


def test_a_repeated_request_of_one_key_has_one_job(stage: Stage) -> None:
    body = {"source": "large.zip"}
    first = stage.call("POST", "/init", body, Idempotency_Key="again")
    second = stage.call("POST", "/init", body, Idempotency_Key="again")
    assert first.get_json() == second.get_json()
    other = stage.call("POST", "/init", {"source": "other.zip"}, Idempotency_Key="again")
    assert other.status_code == 409
    assert stage.ended(first.get_json()["job_id"])["status"] == "finished"

"""Boxes brought to versions and back, on real engines: one behind SSH, one behind a context, images by digest."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.shared.wait import wait_until
from tests.containers.rollout.field import Field, missing

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def field() -> Iterator[Field]:
    if absent := missing():
        pytest.skip(f"no boxes can be here: {', '.join(absent)} missing (deploy/local/apt-packages-containers.txt)")
    with tempfile.TemporaryDirectory(prefix="tbi-field-", ignore_cleanup_errors=True) as folder:
        made = Field(Path(folder))
        try:
            made.up()
            made.make("1.0.0")
            made.make("1.1.0")
            yield made
        finally:
            made.down()


@pytest.fixture
def at_1_0_0(field: Field) -> Field:
    """Both boxes well at 1.0.0."""
    field.wish("1.0.0")
    code, told = field.run("apply")
    assert code == 0, (told, (field.desk / "rollout.log").read_text()[-2000:])
    assert [field.runs(box) for box in field.boxes] == [{"1.0.0"}] * 2
    return field


def test_installed_updated_seen_and_back(at_1_0_0: Field) -> None:
    field = at_1_0_0
    field.wish("1.1.0")
    _code, told = field.run("plan")
    assert told["box-1"]["what would be done"] == "exchange cls-box-logic, redis, worker"
    code, told = field.run("apply")
    assert (code, {box: entry["word"] for box, entry in told.items()}) == (0, {"box-1": "updated", "box-2": "updated"})
    assert [field.runs(box) for box in field.boxes] == [{"1.1.0"}] * 2
    for box in field.boxes.values():
        assert set(field.versions["1.0.0"].values()) <= box.images()
    code, told = field.run("status")
    assert (code, told["box-1"]["now"], told["box-1"]["version"]) == (0, "well", "1.1.0")
    _code, told = field.run("plan")
    assert told["box-1"]["what would be done"] == "nothing: it runs what is wanted"
    code, _told = field.run("rollback", "box-1")
    assert (code, field.runs("box-1"), field.runs("box-2")) == (0, {"1.0.0"}, {"1.1.0"})


@pytest.mark.parametrize("kind", ["unhealthy", "crashing", "another version", "missing"])
def test_a_bad_version_leaves_the_canary_at_the_old_one_and_reaches_no_other_box(at_1_0_0: Field, kind: str) -> None:
    field = at_1_0_0
    if kind == "missing":
        field.missing_version("bad-missing")
    else:
        more = {"unhealthy": {"well": False}, "crashing": {"works": False}, "another version": {"says": "0.9.9"}}
        field.make(f"bad-{kind.replace(' ', '-')}", **more[kind])  # type: ignore[arg-type]
    field.wish(f"bad-{kind.replace(' ', '-')}", healthy_within_s=8)
    code, told = field.run("apply")
    assert code == 1
    assert told["box-1"]["word"] == ("kept" if kind == "missing" else "returned")
    assert told["box-1"]["reason"]
    assert told["box-2"]["word"] == "not begun"
    assert [field.runs(box) for box in field.boxes] == [{"1.0.0"}] * 2


def test_a_full_disk_is_seen_before_anything_is_touched(at_1_0_0: Field) -> None:
    field = at_1_0_0
    field.wish("1.1.0", free_mb=10**9)
    code, told = field.run("apply", "box-2")
    assert (code, told["box-2"]["word"]) == (1, "kept")
    assert "MB free, 1000000000 are needed" in told["box-2"]["reason"]
    assert field.runs("box-2") == {"1.0.0"}


@pytest.mark.parametrize("phase", ["waiting", "pulling", "saving", "switching", "checking"])
def test_a_run_that_is_killed_is_taken_up(at_1_0_0: Field, phase: str) -> None:
    field = at_1_0_0
    field.wish("1.1.0")
    with field.begin("apply", "box-2") as process:
        wait_until(lambda: field.phase("box-2") == phase, 60, every=0.005, what=phase)
        process.send_signal(signal.SIGKILL)
    assert field.runs("box-2") <= {"1.0.0", "1.1.0"}
    code, told = field.run("apply", "box-2")
    assert (code, told["box-2"]["word"], field.runs("box-2")) == (0, "updated", {"1.1.0"})


def test_an_engine_that_dies_in_the_middle_is_waited_for(at_1_0_0: Field) -> None:
    field = at_1_0_0
    field.wish("1.1.0")
    process = field.begin("apply", "box-1")
    wait_until(lambda: field.phase("box-1") == "switching", 60, every=0.005, what="the exchange")
    box = field.boxes["box-1"]
    box.kill()
    box.start()
    process.communicate(timeout=600)
    assert (process.returncode, field.phase("box-1"), field.runs("box-1")) == (0, "updated", {"1.1.0"})


def test_the_box_itself_knows_what_was_done(at_1_0_0: Field) -> None:
    noted = at_1_0_0.boxes["box-2"]("volume", "ls", "--format", "{{.Name}}").split()
    assert "box-2_rollout" in noted

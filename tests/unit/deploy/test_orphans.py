"""What runs on after its parent was killed is ended by the next parent, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.orphans import end_orphans

Run = Callable[..., "subprocess.Popen[str]"]
_ENDS = "print(1, flush=True); import time; time.sleep(300)"
_STAYS = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_ENDS}"


@pytest.fixture
def run() -> Iterator[Run]:
    """A program with its arguments, when it has begun its work."""
    begun: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        made = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)
        begun.append(made)
        assert made.stdout is not None
        assert made.stdout.readline() == "1\n"
        return made

    yield start
    for one in begun:
        one.kill()
        one.communicate()


@pytest.mark.parametrize(("program", "code"), [(_ENDS, -15), (_STAYS, -9)], ids=["asked", "killed"])
def test_an_orphan_is_ended_and_its_neighbour_is_not(run: Run, tmp_path: Path, program: str, code: int) -> None:
    folder = tmp_path / "db"
    orphan, neighbour = run(program, "--dbpath", str(folder)), run(_ENDS, "--dbpath", f"{folder}2")
    looks_into_it = run(_ENDS, str(folder))
    end_orphans("--dbpath", folder, 0.3)
    assert orphan.wait(10) == code
    assert (neighbour.poll(), looks_into_it.poll()) == (None, None)


def test_one_that_ends_by_itself_is_waited_for(run: Run, tmp_path: Path) -> None:
    orphan = run("print(1, flush=True); import time; time.sleep(0.5)", "--dbpath", str(tmp_path))
    end_orphans("--dbpath", tmp_path, 30)
    assert orphan.wait(10) == 0


def test_where_there_is_none_nothing_is_waited_for(tmp_path: Path) -> None:
    began = time.monotonic()
    end_orphans("--dbpath", tmp_path, 300)
    assert time.monotonic() - began < 60

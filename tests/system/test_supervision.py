"""What dies is started again; who asks is told how things stand."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from deploy.local.plan import make
from deploy.local.settings import REPO, read
from deploy.local.up import up
from services.shared.wait import wait_until
from tests.local_system import RunningSystem

_OF_A_BOX = ("swtpm", "redis", "openems", "tpm-api", "blockchain-connector", "cls-box-logic", "worker")
PARTS = ("chain", "keeper", "blockchain-connector", *(f"seller.{part}" for part in _OF_A_BOX))


def tbi(system: RunningSystem, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=REPO,
        env={**os.environ, **system.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_part_is_well_and_says_where_it_is(running_system: RunningSystem) -> None:
    rows = running_system.status()
    assert [part for part, row in rows.items() if not row.well] == []
    assert len(rows) == 24
    assert running_system.endpoints == running_system.plan.endpoints()


def test_a_second_up_says_that_it_runs_and_where(running_system: RunningSystem) -> None:
    said: list[str] = []
    before = running_system.supervisor.states()
    up(running_system.plan, said.append)
    assert said[0] == f"runs already, with its data in {running_system.plan.settings.data}:"
    assert running_system.plan.endpoints()["chain"] in said[1]
    assert running_system.supervisor.states() == before


def test_an_up_that_was_interrupted_is_completed(running_system: RunningSystem) -> None:
    for part in ("bidder2.worker", "bidder2.tpm-api"):
        running_system.supervisor.stop(part)
    said: list[str] = []
    up(running_system.plan, said.append)
    assert said[0] == "runs in part; starting bidder2.tpm-api, bidder2.worker"
    assert [part for part, row in running_system.status().items() if not row.well] == []


def test_the_status_command_shows_the_table(running_system: RunningSystem) -> None:
    shown = tbi(running_system, "status")
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert lines[0].split()[:2] == ["PART", "STATE"]
    assert len(lines) == 25


def test_the_logs_command_shows_what_a_part_wrote(running_system: RunningSystem) -> None:
    shown = tbi(running_system, "logs", "seller.openems")
    assert shown.returncode == 0
    assert "openems" in shown.stdout


def test_another_system_in_the_same_folder_is_found_by_its_folder_alone(running_system: RunningSystem) -> None:
    found = make(read({"TBI_DATA": str(running_system.plan.settings.data)}))
    assert found.endpoints() == running_system.plan.endpoints()


def test_keys_and_secrets_are_for_their_owner_only(running_system: RunningSystem) -> None:
    data = running_system.plan.settings.data
    private = [*data.rglob("*.key"), *data.rglob("secret"), *data.rglob("box.json"), *data.rglob("config.ini")]
    assert len(private) >= 11 + 1 + 3 + 4
    assert {oct(stat.S_IMODE(file.stat().st_mode)) for file in private} == {"0o600"}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_is_started_again(running_system: RunningSystem, part: str) -> None:
    before = running_system.pid(part)
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        row = running_system.status()[part]
        return row.well and row.pid != str(before)

    wait_until(is_back, 40, every=0.3, what=f"the return of {part}")
    wait_until(
        lambda: all(row.well for row in running_system.status().values()), 40, every=0.3, what="everything's health"
    )

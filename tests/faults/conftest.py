"""One whole system and one day of trading for all faults."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import health
from deploy.local.plan import make
from deploy.local.settings import read
from services.shared.wait import wait_until
from tests.faults.day import Day
from tests.faults.standing import Standing
from tests.faults.world import LASTS_S, Faults
from tests.local_system import RunningSystem


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """Who answers late on a busy machine is not dead: two seconds are for people who wait for a table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "_TIMEOUT_S", 15.0)
        yield


@pytest.fixture(scope="session")
def system() -> Iterator[RunningSystem]:
    """Up and well; down at the end. With TBI_FAULTS_DATA, the data folder of a system that runs already, that one."""
    if running := os.environ.get("TBI_FAULTS_DATA"):
        yield RunningSystem(make(read({"TBI_DATA": running})))
        return
    with tempfile.TemporaryDirectory(prefix="tbi-") as folder:
        started = RunningSystem.start(Path(folder) / "data")
        try:
            yield started
        finally:
            started.stop()


@pytest.fixture(scope="session")
def faults(system: RunningSystem) -> Iterator[Faults]:
    """Everybody trades."""
    wait_until(lambda: all(row.well for row in system.status().values()), 300, every=2.0, what="every part")
    first_block = system.chain.client.info().head_block_num
    day = Day.open(system, LASTS_S)
    day.begin()
    try:
        yield Faults(system, day, Standing(system.chain.client, day.market, first_block))
    finally:
        day.end()

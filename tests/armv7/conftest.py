"""One emulated box for the session, at a chain of its own; taken down at the end, whatever happened.

Who asked for these tests by name wants to know: where they cannot run, they fail and say what is missing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.containers import emulation
from deploy.containers.emulation import EmulationError
from deploy.containers.engine import Engine, missing
from deploy.local.settings import REPO
from tests.armv7.box import GATEWAY, ArmBox
from tests.integration.chain.support import Chain, start_chain
from tests.integration.forecast.pool import Pool

_DATA = Path(os.environ.get("TBI_DATA") or REPO / ".tbi").absolute()
_FIGURES: list[str] = []


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Images stay in the data folder (`armv7/`) for the next time; containers, volumes and networks do not."""
    if absent := missing():
        pytest.fail(f"no engine can run here: {', '.join(absent)} missing (deploy/local/apt-packages-containers.txt)")
    try:
        emulation.register()
    except EmulationError as error:
        pytest.fail(str(error))
    with Engine(_DATA / "armv7", bridge=("tbi-armv7-build", "172.29.78.1/24")) as running:
        yield running


@pytest.fixture(scope="session")
def network(engine: Engine, folder: Path) -> Iterator[ArmBox]:
    """The box's images and its network, in which this machine has an address."""
    pool = Pool(folder)
    pool.start()
    made = ArmBox(engine, folder / "box", pool.file)
    try:
        made.build()
        made.connect_network()
        yield made
    finally:
        made.down()
        pool.stop()


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tbi-") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def chain(network: ArmBox, folder: Path) -> Iterator[Chain]:
    lines: list[str] = []
    running = start_chain(folder / "chain", lines.append, GATEWAY)
    yield running
    running.node.stop()


@pytest.fixture(scope="session")
def box(network: ArmBox, chain: Chain) -> ArmBox:
    network.up(chain.node.url)
    return network


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """Lines that are shown at the end, whether the tests passed or not."""
    return _FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _FIGURES:
        terminalreporter.section("measured, emulated: a board's own speed is another one")
        for line in _FIGURES:
            terminalreporter.write_line(line)

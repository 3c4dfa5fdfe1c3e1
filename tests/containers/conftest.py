"""One system in containers for the session: built, brought up, filled; taken down at the end, whatever happened."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.containers.engine import Engine, missing
from deploy.containers.prepare import Folder
from deploy.local.settings import REPO
from tests.containers.world import World

_DATA = Path(os.environ.get("TBI_DATA") or REPO / ".tbi").absolute()


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Images stay in the data folder (`containers/`) for the next time; containers, volumes and networks do not."""
    if absent := missing():
        pytest.skip(f"no engine can run here: {', '.join(absent)} missing (deploy/local/apt-packages-containers.txt)")
    with (
        tempfile.TemporaryDirectory(prefix="tbi-") as folder,
        Engine(_DATA / "containers") as engine,
    ):
        made = World(engine, Folder(Path(folder)), print)
        try:
            made.build()
            made.up()
            yield made
        finally:
            made.down()

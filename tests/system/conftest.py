"""One whole system for the session: all services, four boxes, filled, in a folder and on ports of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_system import RunningSystem


@pytest.fixture(scope="session")
def running_system() -> Iterator[RunningSystem]:
    """Up and well; down at the end. (The folder's path is short: a socket lies in it.)"""
    with tempfile.TemporaryDirectory(prefix="tbi-") as folder:
        system = RunningSystem.start(Path(folder) / "data")
        try:
            yield system
        finally:
            system.stop()

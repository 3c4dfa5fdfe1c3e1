"""A box for each module: its processes take some seconds to start. One emulation for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.box.box import Box
from tests.integration.identity.pool import Identity, started


@pytest.fixture(scope="package")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    running = started(tmp_path_factory.mktemp("identity"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def started_box(tmp_path_factory: pytest.TempPathFactory, identity: Identity) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("box"), identity)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def box(started_box: Box) -> Iterator[Box]:
    """The box, with nothing wrong and nothing refused."""
    started_box.connector.refuse = lambda _: None
    started_box.faults()
    yield started_box
    started_box.connector.gate.set()

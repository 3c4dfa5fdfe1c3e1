"""One emulation for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.identity.pool import Identity, started


@pytest.fixture(scope="package")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    running = started(tmp_path_factory.mktemp("identity"))
    yield running
    running.stop()

"""One chain of four producers a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.forecast.pool import Pool
from tests.integration.network.support import Network, four_producers


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    running = Pool(tmp_path_factory.mktemp("pool"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    lines: list[str] = []
    with four_producers(tmp_path_factory.mktemp("network"), lines.append) as made:
        yield made

"""What the integration tests stand on, once a session: a chain, and who signs tokens.

What a folder starts beside lives as long as its tests do (`scope="package"`): idle processes slow the others down.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.chain.support import Chain, start_chain
from tests.integration.forecast.pool import Pool


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A node on free ports, booted with all accounts and contracts."""
    lines: list[str] = []
    running = start_chain(tmp_path_factory.mktemp("chain"), lines.append)
    yield running
    running.node.stop()


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Who signs the tokens that services take."""
    running = Pool(tmp_path_factory.mktemp("pool"))
    running.start()
    yield running
    running.stop()

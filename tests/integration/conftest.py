"""What the integration tests stand on: one real chain a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.chain.support import Chain, start_chain


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A node on free ports, booted with all accounts and contracts."""
    lines: list[str] = []
    running = start_chain(tmp_path_factory.mktemp("chain"), lines.append)
    yield running
    running.node.stop()

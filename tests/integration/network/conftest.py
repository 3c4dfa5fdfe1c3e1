"""One chain of four producers for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.network.support import Network, four_producers


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    lines: list[str] = []
    with four_producers(tmp_path_factory.mktemp("network"), lines.append) as made:
        yield made

"""One chain of four producers for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.network.support import Network, four_producers

_HERE = Path(__file__).parent
_STORY_S = 1200
"""The story is played for the first test that asks: rounds of four producers on a machine that has other work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(_STORY_S))


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    lines: list[str] = []
    with four_producers(tmp_path_factory.mktemp("network"), lines.append) as made:
        yield made

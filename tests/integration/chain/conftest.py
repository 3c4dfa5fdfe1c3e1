"""Who signs the tokens that the cloud side's connector takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.forecast.pool import Pool


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    running = Pool(tmp_path_factory.mktemp("pool"))
    running.start()
    yield running
    running.stop()

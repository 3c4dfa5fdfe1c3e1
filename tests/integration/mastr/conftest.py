"""A connector for each module, with an import done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.mastr.stage import Stage
from tests.integration.mongo import Mongo, mongo
from tests.integration.redis_server import redis_url

__all__ = ["mongo", "redis_url"]


@pytest.fixture(scope="module")
def stage(mongo: Mongo, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """With its worker; nothing is imported yet."""
    made = Stage(mongo, redis_url, tmp_path_factory.mktemp("stage"))
    made.worker.start()
    yield made
    made.stop()

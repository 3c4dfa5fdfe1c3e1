"""The service with its worker on a real mongod and a real Redis, and tokens that are really verified."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.forecast.pool import Pool
from tests.integration.forecast.records import Records
from tests.integration.forecast.system import System
from tests.integration.mongo import Mongo, mongo
from tests.integration.redis_server import redis_url

__all__ = ["mongo", "redis_url"]


@pytest.fixture(scope="package")
def records(mongo: Mongo, pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    """Who knows the participants."""
    running = Records(tmp_path_factory.mktemp("records"), mongo, pool)
    running.program.start()
    yield running
    running.program.end()


@pytest.fixture
def system(
    mongo: Mongo,
    redis_url: str,
    pool: Pool,
    records: Records,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    """The service and its worker with an empty database and folder."""
    made = System(tmp_path_factory.mktemp("forecast"), mongo, redis_url, pool, records)
    try:
        made.start()
        yield made
    finally:
        made.stop()

"""The Background-Manager-Logic's application on a real chain, connector and database; nobody needs a box here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.chain.support import Chain
from tests.integration.forecast.pool import Pool
from tests.integration.mongo import Mongo, mongo
from tests.integration.operation.desk import Desk

__all__ = ["mongo"]


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory, chain: Chain, pool: Pool, mongo: Mongo) -> Iterator[Desk]:
    """A market of short slots, and two participants of it who have money there."""
    made = Desk(tmp_path_factory.mktemp("desk"), chain, pool, mongo)
    try:
        made.start()
        yield made
    finally:
        made.stop()

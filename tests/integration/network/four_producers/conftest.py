"""The story of four producers is played once for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.chain.connector import Connector
from tests.integration.forecast.pool import Pool
from tests.integration.network.four_producers.people import Auction, Customer
from tests.integration.network.four_producers.story import LEFT, LOST, RIGHT, Story, play
from tests.integration.network.support import NAMES, Network


@pytest.fixture(scope="package")
def story(network: Network, pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    chain = network.chain
    auction = Auction(chain)
    start = str(chain.client.info().head_block_num)
    connectors = {}
    for name, nodes in {"left": LEFT, "right": RIGHT, "all": (LOST, *NAMES[:3])}.items():
        folder = tmp_path_factory.mktemp(name)
        made = Connector(
            folder,
            ",".join(network.urls(*nodes)),
            pool,
            TBI_KEYS_DIR=str(chain.keys_dir),
            TBI_WATCH_FROM_BLOCK=start,
            TBI_EXPIRY_S="60",
            TBI_CONFIRM_TIMEOUT_S="8",
            TBI_NODE_CHECK_S="1",
        )
        connectors[name] = made
    customers = {name: Customer(made, name) for name, made in connectors.items()}
    played = Story(network, customers, connectors, auction)
    try:
        with ThreadPoolExecutor(3) as at_once:
            list(at_once.map(lambda one: one.start(), connectors.values()))
        play(played)
        yield played
    finally:
        for customer in customers.values():
            customer.stop()
        for made in connectors.values():
            made.process.stop()

"""Every service that has a document, each started when a test first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.apis.stages import AT_A_BOX, STAGES, Ground
from tests.apis.target import Callers, Target
from tests.integration.chain.support import Chain, start_chain
from tests.integration.identity.pool import Identity, started
from tests.integration.mongo import Mongo, mongo
from tests.integration.redis_server import redis_url

__all__ = ["mongo", "redis_url"]


@pytest.fixture(scope="package")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    """The emulation; its users are those of the demonstration."""
    running = started(tmp_path_factory.mktemp("identity"))
    yield running
    running.stop()


@pytest.fixture(scope="package")
def target(
    mongo: Mongo, redis_url: str, identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Target]]:
    """`target(service)`: the service as it runs; what did not start is not started again for each test."""
    callers = Callers(identity)
    running: dict[str, Target] = {}
    failed: dict[str, Exception] = {}
    with ExitStack() as stack:

        @cache
        def chain() -> Chain:
            made = start_chain(tmp_path_factory.mktemp("chain"), lambda _: None)
            stack.callback(made.node.stop)
            return made

        def of(service: str) -> Target:
            if service in failed:
                raise failed[service]
            if service not in running:
                ground = Ground(tmp_path_factory.mktemp(service), mongo, redis_url, identity, callers, chain, of)
                try:
                    running[service] = stack.enter_context({**STAGES, **AT_A_BOX}[service](ground))
                except Exception as error:
                    failed[service] = error
                    raise
            return running[service]

        yield of

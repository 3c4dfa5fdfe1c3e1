"""The cloud side and boxes of real parts, once for all tests here. The register is a stand-in: not the subject."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.background_manager_logic.manager import Register
from tests.integration.chain.support import Chain
from tests.integration.identity.pool import Identity, started
from tests.integration.market.box import wait_for_trading
from tests.integration.market.stage import Stage
from tests.integration.market.trading import Floor
from tests.integration.mongo import Mongo, mongo

__all__ = ["mongo"]


@pytest.fixture(scope="package")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    running = started(tmp_path_factory.mktemp("identity"))
    yield running
    running.stop()


@pytest.fixture(scope="package")
def register(identity: Identity) -> Iterator[Register]:
    running = Register(identity)
    yield running
    running.close()


@pytest.fixture(scope="package")
def running_stage(
    tmp_path_factory: pytest.TempPathFactory, chain: Chain, identity: Identity, mongo: Mongo, register: Register
) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("stage"), chain, identity, mongo, register, roles=["seller", "bidder1"])
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def stage(running_stage: Stage) -> Stage:
    """Nothing is kept, and no box has an account."""
    for box in running_stage.boxes.values():
        if box.provisioned.get("account") is not None:
            box.renew()
    running_stage.clear()
    return running_stage


@pytest.fixture(scope="module")
def floor(running_stage: Stage) -> Floor:
    """A market of its own in which seller, bidder1 and the EVU are, with money; nothing is forecast or offered yet."""
    return opened(running_stage, retain_s=0)


def opened(running_stage: Stage, **parameters: int) -> Floor:
    """A new market of slots of 20 s, as `Chain.open_market` has it, with new boxes that can trade there."""
    for box in running_stage.boxes.values():
        if box.provisioned.get("account") is not None:
            box.renew()
    running_stage.clear()
    market = running_stage.chain.open_market(20, **parameters)
    made = Floor(running_stage, market, 20)
    for role in ("seller", "bidder1"):
        running_stage.join(role, market)
        made.pay_in(role)
    made.did("evu", "/market/deposit", amount_eur="100")
    for box in running_stage.boxes.values():
        wait_for_trading(box)
    return made

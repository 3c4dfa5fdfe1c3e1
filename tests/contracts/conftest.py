"""One chain for all tests of the contracts, and a market of its own for each test."""

from collections.abc import Callable, Iterator

import pytest

from tests.contracts.chain_tester import ChainTester
from tests.contracts.scene import Scene, deploy_all


@pytest.fixture(scope="session")
def chain() -> Iterator[ChainTester]:
    """The chain with all five contracts."""
    with ChainTester() as tester:
        deploy_all(tester)
        yield tester


@pytest.fixture
def scene(chain: ChainTester) -> Scene:
    """A market that has just been opened."""
    return Scene(chain)


@pytest.fixture
def new_scene(chain: ChainTester) -> Callable[..., Scene]:
    """Opens a market with other parameters."""
    return lambda **changes: Scene(chain, **changes)

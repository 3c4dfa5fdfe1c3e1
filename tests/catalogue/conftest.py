"""One system for the whole catalogue; what a test case requires is a fixture of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.plan import make
from deploy.local.settings import read
from tests.catalogue import forecasts
from tests.catalogue.short_market import Sale, sell
from tests.catalogue.world import World
from tests.local_system import RunningSystem


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Up, well and filled: three boxes trade, the newcomer's is powered and not added.

    With TBI_CATALOGUE_DATA, the data folder of a system that runs already, that one, and it stays up.
    """
    if running := os.environ.get("TBI_CATALOGUE_DATA"):
        yield World(RunningSystem(make(read({"TBI_DATA": running}))))
        return
    with tempfile.TemporaryDirectory(prefix="tbi-") as folder:
        system = RunningSystem.start(Path(folder) / "data")
        try:
            yield World(system)
        finally:
            system.stop()


@pytest.fixture(scope="session")
def forecast(world: World) -> None:
    """The utility expects something of the newcomer's unit in the next hours."""
    world.add_market_unit()
    forecasts.issue(world)


@pytest.fixture(scope="session")
def sale(world: World, forecast: None) -> Sale:
    """An offer of the newcomer's that bidder1 has bought, in a market of short slots; its slot comes next."""
    return sell(world)

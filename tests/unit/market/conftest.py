import pytest

from tests.unit.market.scenario import EUR, Scenario, open_scenario


@pytest.fixture
def bare() -> Scenario:
    """A market without money."""
    return open_scenario()


@pytest.fixture
def run() -> Scenario:
    """A market in which everybody has 10 EUR and the oracle has recorded a maximum of 2000 Wh."""
    scenario = open_scenario()
    for owner in ("seller", "anna", "bert"):
        scenario.deposit(owner, 10 * EUR)
    scenario.forecast()
    return scenario

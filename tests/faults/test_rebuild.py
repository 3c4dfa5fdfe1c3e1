"""R9: all that is derived is wiped on the running system, and is there again, equal."""

from __future__ import annotations

from contextlib import suppress

import pytest

from deploy.local.fill.people import Person
from services.shared.wait import wait_until
from tests.faults.derived import Documents, all_ended, feeds, import_again, of_the_chain, of_the_register, wipe
from tests.faults.world import LASTS_S, RUNS, SHORT
from tests.local_system import RunningSystem

pytestmark = [
    pytest.mark.timeout(4200),
    pytest.mark.skipif(
        RUNS <= SHORT, reason="waits for the day's last slot: TBI_FAULTS_RUNS=50; the read model's part runs always"
    ),
]


@pytest.fixture
def admin(system: RunningSystem) -> Person:
    user = system.users["admin"]
    return Person(system.endpoints["gateway"], user["username"], user["password"], user["sub"])


def at_rest(system: RunningSystem) -> Documents | None:
    """What the read model has, when its markets have ended and it has not changed for a moment."""
    found = of_the_chain(system)
    return found if all_ended(found) and found == of_the_chain(system) else None


def test_r9_what_is_derived_is_wiped_and_comes_back_equal(system: RunningSystem, admin: Person) -> None:
    ends_s = LASTS_S + 600  # a quick machine is done with its kills long before the day's end
    chain, register = wait_until(lambda: at_rest(system), ends_s, every=2.0), of_the_register(system)
    assert chain["offers"], "a day was traded"
    assert {"units", "actors", "locations"} <= register.keys()
    gone = wipe(system)
    assert {"market_feed", "market_offers", "market_money", "state", "feed.sqlite", "head.sqlite"} <= set(gone)
    assert feeds(system), "the connector reads the chain again"
    with suppress(TimeoutError):  # the comparison below says what differs
        wait_until(lambda: of_the_chain(system) == chain, 300, every=2.0)
    assert of_the_chain(system) == chain
    import_again(system, admin)
    assert of_the_register(system) == register

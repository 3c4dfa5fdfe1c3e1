"""R1: kill -9 of any one process at random moments of a trading day."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.plan import make
from tests.faults.evening import (
    audited,
    doubly_noted,
    lost_readings,
    not_measured,
    otherwise_in_the_portal,
    wait_for_evening,
)
from tests.faults.victims import Kill, draw, victims
from tests.faults.world import OF, RUNS, SEED, Faults, replay
from tests.local_system import settings_of

pytestmark = pytest.mark.timeout(1800)
_ALL = victims(make(settings_of(Path("/nowhere"), 0)))
KILLS = draw([name for name in _ALL if OF in ("", name)], SEED, RUNS)


@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_r1_a_killed_process_comes_back_and_no_order_is_lost_or_doubled(faults: Faults, kill: Kill) -> None:
    if faults.is_over():
        pytest.skip("the day is over: fewer runs, or a quicker machine")
    print(replay(kill))  # noqa: T201
    faults.kill(kill)
    faults.goes_on()
    assert faults.wrong() == [], replay(kill)
    print(faults.seen[-1])  # noqa: T201


@pytest.fixture(scope="module")
def evening(faults: Faults) -> range:
    """Nobody orders any more, everything is settled: the slots of the day."""
    faults.day.end()
    return wait_for_evening(faults.day)


def test_r1_in_the_evening_no_order_was_lost_or_doubled(faults: Faults, evening: range) -> None:
    for trader in faults.day.traders:
        sent = sum(answer.tries for answer in trader.answered)
        print(f"{trader.name}: {len(trader.accepted())} of {len(trader.answered)} accepted, sent {sent} times")  # noqa: T201
        assert trader.accepted(), trader.name
        for answer in trader.refused():
            print(f"  refused with {answer.status}: {' '.join(answer.order.trace)}: {answer.told}")  # noqa: T201
    assert faults.wrong() == []
    assert faults.ill() == []


def test_r1_in_the_evening_no_reading_was_lost_or_doubled(faults: Faults, evening: range) -> None:
    print(f"{len(evening)} slots; without a reading: {not_measured(faults.day, evening)}")  # noqa: T201
    assert lost_readings(faults.day) == []
    assert doubly_noted(faults.day) == []
    assert not_measured(faults.day, evening) == []


def test_r1_in_the_evening_the_model_and_the_chain_are_equal_and_money_is_conserved(
    faults: Faults, evening: range
) -> None:
    result = audited(faults.system)
    assert result.equal, result.finding
    assert result.head.rows, result.head.reason
    print(f"{result.blocks} blocks, {sum(result.counts.values())} actions, {result.head.rows} rows: equal")  # noqa: T201
    assert otherwise_in_the_portal(faults.day) == []

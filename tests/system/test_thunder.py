"""The Thunder collection against the running system, with the tests that it carries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from services.shared.times import LOCAL
from services.shared.wait import wait_until
from tests import thunder
from tests.local_system import RunningSystem


@pytest.fixture
def runner(running_system: RunningSystem) -> Iterator[thunder.Runner]:
    """With the environment as it is told to be filled in."""
    users = json.loads(running_system.plan.settings.users.read_text(encoding="utf-8"))
    now = datetime.now(LOCAL)
    quarter = now - timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
    noon = (now + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    made = thunder.Runner(
        {
            **thunder.environment(),
            "gateway": running_system.endpoints["gateway"],
            "email": users["machine"]["email"],
            "password": users["machine"]["password"],
            **{f"{who}_username": users[role]["username"] for who, role in ROLES.items()},
            **{f"{who}_password": users[role]["password"] for who, role in ROLES.items()},
            "slot_start": noon.isoformat(),
            "event_slot_start": (quarter + timedelta(minutes=15)).isoformat(),
        }
    )
    yield made
    made.http.close()


ROLES = {"seller": "seller", "bidder": "bidder1", "evu": "evu"}


def test_tc02_4_the_collection_runs_as_it_stands(running_system: RunningSystem, runner: thunder.Runner) -> None:
    """Every request in its order; before the offer the oracle is given the time to record what may be offered."""
    wrong = {}
    for one in thunder.in_order(thunder.collection()):
        if one["name"] == "Angebot einstellen":
            slot = int(datetime.fromisoformat(runner.variables["slot_start"]).timestamp())
            wait_until(lambda at=slot: _is_recorded(running_system, at), 60, what="the recorded maximum")
        answer = runner.send(one)
        if found := runner.failures(one, answer):
            wrong[one["name"]] = found
    assert wrong == {}


def _is_recorded(system: RunningSystem, slot: int) -> bool:
    rows = system.chain.client.rows("tbimarket", "lem", "forecasts", lower=slot << 32, upper=slot << 32 | 0xFFFFFFFF)
    return any(unit["max_wh"] for row in rows for unit in row["units"])

"""The trigger service on the whole system: its functions reach the services, an operator's event reaches the chain."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import requests

from services.shared.wait import wait_until
from tests.local_system import RunningSystem

SLOT_S = 900


@pytest.fixture(scope="module")
def door(running_system: RunningSystem) -> str:
    return running_system.endpoints["trigger-service"]


def checks(door: str) -> dict[str, Any]:
    told = requests.get(f"{door}/health", timeout=10).json()
    return {name: check["detail"] for name, check in told["checks"].items()}


def nothing_left(door: str) -> bool:
    return checks(door)["pending"] == "0 events"


def test_schedules_stand_and_their_functions_reach_the_services(running_system: RunningSystem, door: str) -> None:
    rules = [part.split(" at ")[0] for part in checks(door)["schedules"].split("; ")]
    assert set(rules) == {"MastrSync.Daily", "ForecastSync.EachQuarter"}
    header = {"Authorization": f"Bearer {running_system.token('admin')}"}
    status = f"{running_system.endpoints['mastr-connector']}/status"

    def last_update() -> Any:
        return requests.get(status, headers=header, timeout=10).json().get("last_update")

    before = last_update()
    for rule in rules:
        assert requests.post(f"{door}/rules/{rule}/fire", timeout=10).status_code == 202
    wait_until(lambda: nothing_left(door), 30, what="the functions' end")
    assert checks(door)["dead-letters"] == "nothing was set aside"
    wait_until(lambda: last_update() != before, 60, what="the register's update")


def test_an_operators_event_is_forwarded_to_the_chain_once(running_system: RunningSystem, door: str) -> None:
    box = running_system.plan.boxes[0]
    slot = (int(time.time()) // SLOT_S + 1) * SLOT_S
    detail = {
        "event_type": "send_data",
        "unit_or_meter": box.units[0].mastr_nr,
        "slot_start": datetime.fromtimestamp(slot, UTC).isoformat(),
    }
    feed = f"{running_system.endpoints['blockchain-connector']}/watcher/events"
    header = {"Authorization": f"Bearer {running_system.token('evu')}"}

    def raised() -> int:
        text = requests.get(feed, {"follow_s": 0}, headers=header, timeout=30).text
        told = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
        return sum(one["name"] == "raise" and one["data"]["slot"] == slot for one in told)

    before = raised()  # another test may have raised one of the same slot
    bus = boto3.client(
        "events", region_name="eu-central-1", endpoint_url=door, aws_access_key_id="x", aws_secret_access_key="x"
    )
    entry = {"Source": "tbienergy.operator", "DetailType": "trigger-event", "Detail": json.dumps(detail)}
    answer = bus.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    wait_until(lambda: nothing_left(door), 60, what="the function's end")
    assert checks(door)["dead-letters"] == "nothing was set aside"
    wait_until(lambda: raised() > before, 30, what="the event on the chain")
    assert raised() == before + 1

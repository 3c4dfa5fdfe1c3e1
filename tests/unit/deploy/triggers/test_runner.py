"""Events are kept until a function took them, tried again, and set aside at last."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deploy.local.triggers.clockwork import Clockwork
from deploy.local.triggers.door import create_door
from deploy.local.triggers.runner import Runner, UnknownLetter
from deploy.local.triggers.schedule import Schedule
from deploy.local.triggers.template import Function, Pattern
from services.shared.wait import wait_until

EVENT = {"id": "e1", "source": "s", "detail-type": "t", "detail": {}}


class Target:
    """A function's module: what it was called with, and how often it fails."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.fails = 0

    def handler(self, event: dict[str, Any], context: Any) -> None:
        assert context.aws_request_id
        self.calls.append(event)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("not now")


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    made = Target()
    module = ModuleType("tests_trigger_target")
    module.handler = made.handler  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
    return made


Make = Callable[..., Runner]


@pytest.fixture
def make(target: Target, tmp_path: Path) -> Iterator[Make]:
    made: list[Runner] = []

    def runner(waits_s: tuple[float, ...] = (0, 0), schedule: str = "cron(0 4 * * ? *)") -> Runner:
        rules = {"It.Daily": Schedule(schedule)}
        function = Function("It", "tests_trigger_target.handler", 2, rules, [Pattern({"source": ["s"]})], {})
        made.append(Runner([function], tmp_path / "triggers", waits_s))
        made[-1].start()
        return made[-1]

    yield runner
    for one in made:
        one.stop()


def test_an_event_goes_to_whom_it_fits(make: Make, target: Target) -> None:
    runner = make()
    assert runner.put(EVENT) == 1
    assert runner.put({**EVENT, "source": "other"}) == 0
    wait_until(lambda: runner.pending() == 0, 5, what="the function's end")
    assert target.calls == [EVENT]
    assert runner.letters() == []


def test_a_failure_is_tried_again(make: Make, target: Target) -> None:
    target.fails = 2
    runner = make()
    runner.put(EVENT)
    wait_until(lambda: runner.pending() == 0, 5, what="the function's end")
    assert target.calls == [EVENT] * 3
    assert runner.letters() == []


def test_what_fails_to_the_last_is_set_aside_and_can_be_put_again(make: Make, target: Target) -> None:
    target.fails = 3
    runner = make()
    runner.put(EVENT)
    wait_until(lambda: runner.pending() == 0, 5, what="the function's end")
    (letter,) = runner.letters()
    assert letter["requestPayload"] == EVENT
    assert letter["responsePayload"] == {"errorType": "RuntimeError", "errorMessage": "not now"}
    assert letter["requestContext"]["approximateInvokeCount"] == 3

    door = create_door(runner, dict, "1").test_client()
    assert door.get("/health").json["status"] == "degraded"
    assert door.post("/dead-letters/e2/retry").status_code == 404
    assert door.post("/dead-letters/e1/retry").status_code == 202
    wait_until(lambda: runner.pending() == 0, 5, what="the function's end")
    assert target.calls == [EVENT] * 4
    assert door.get("/dead-letters").json == {"items": []}
    assert door.get("/health").json["status"] == "ok"
    with pytest.raises(UnknownLetter):
        runner.retry("e1")


def test_a_rule_can_be_fired_by_hand(make: Make, target: Target) -> None:
    door = create_door(make(), dict, "1").test_client()
    assert door.post("/rules/It.Daily/fire").status_code == 202
    wait_until(lambda: target.calls, 5, what="the function")
    unknown = door.post("/rules/It.Never/fire")
    assert (unknown.status_code, "there are: It.Daily" in unknown.json["detail"]) == (404, True)


def test_what_waits_when_it_is_stopped_goes_on_at_the_next_start(make: Make, target: Target) -> None:
    target.fails = 1
    first = make(waits_s=(600, 600))
    first.put(EVENT)
    first.put(EVENT)
    wait_until(lambda: target.calls, 5, what="the first try")
    first.stop()
    assert first.pending() == 1
    second = make()
    wait_until(lambda: second.pending() == 0, 5, what="the function's end")
    assert target.calls == [EVENT] * 2


def test_a_firing_that_was_missed_is_made_good_once(make: Make, target: Target, tmp_path: Path) -> None:
    fired = tmp_path / "fired.json"
    due = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rule = f"cron({due.minute} {due.hour} * * ? *)"
    fired.write_text(json.dumps({"It.Daily": (due - timedelta(days=8)).isoformat()}))
    runner = make(schedule=rule)
    clockwork = Clockwork(runner, fired)
    clockwork.start()
    try:
        wait_until(lambda: target.calls, 5, what="the firing")
        wait_until(lambda: due.isoformat() in fired.read_text(), 5, what="the note of it")
        assert set(clockwork.upcoming()) == {"It.Daily"}
    finally:
        clockwork.stop()
    (event,) = target.calls
    assert (event["time"], event["source"]) == (f"{due:%Y-%m-%dT%H:%M:%SZ}", "aws.scheduler")
    again = Clockwork(runner, fired)
    again.start()
    again.stop()
    assert target.calls == [event]


def test_a_rule_and_a_time_make_one_event(make: Make, target: Target) -> None:
    runner = make()
    (function,) = runner.functions
    due = datetime(2026, 11, 28, 4, tzinfo=UTC)
    runner.fire(function, "It.Daily", due)
    runner.fire(function, "It.Daily", due)
    runner.fire(function, "It.Daily", due.replace(hour=5))
    wait_until(lambda: runner.pending() == 0, 5, what="the function's end")
    assert len({event["id"] for event in target.calls}) == 2


@pytest.mark.parametrize(
    ("target_header", "body", "kind"),
    [
        ("AWSEvents.ListRules", {}, "UnknownOperationException"),
        ("AWSEvents.PutEvents", {}, "ValidationException"),
        ("AWSEvents.PutEvents", {"Entries": []}, "ValidationException"),
        ("AWSEvents.PutEvents", {"Entries": [{}] * 11}, "ValidationException"),
        ("AWSEvents.PutEvents", [], "ValidationException"),
    ],
)
def test_the_door_refuses_as_aws_does(make: Make, target_header: str, body: Any, kind: str) -> None:
    door = create_door(make(), dict, "1").test_client()
    told = door.post("/", data=json.dumps(body), headers={"X-Amz-Target": target_header})
    assert (told.status_code, json.loads(told.data)["__type"]) == (400, kind)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"Source": "s", "DetailType": "t"}, "InvalidArgument"),
        ({"Source": "s", "DetailType": "t", "Detail": "{"}, "MalformedDetail"),
        ({"Source": "s", "DetailType": "t", "Detail": "[]"}, "MalformedDetail"),
        ({"Source": "s", "DetailType": "t", "Detail": 1}, "MalformedDetail"),
    ],
)
def test_a_bad_entry_fails_alone(make: Make, target: Target, entry: dict[str, Any], code: str) -> None:
    door = create_door(make(), dict, "1").test_client()
    good = {"Source": "s", "DetailType": "t", "Detail": '{"a": 1}'}
    told = door.post("/", data=json.dumps({"Entries": [entry, good]}), headers={"X-Amz-Target": "AWSEvents.PutEvents"})
    answer = json.loads(told.data)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code
    wait_until(lambda: target.calls, 5, what="the good one")
    assert target.calls[0]["detail"] == {"a": 1}
    assert target.calls[0]["id"] == answer["Entries"][1]["EventId"]

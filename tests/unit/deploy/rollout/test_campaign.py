"""Many boxes: canaries first and watched, none begun any more after failures; and what is told of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.cls_box.rollout import judge
from deploy.cls_box.rollout.campaign import Campaign, Outcome
from deploy.cls_box.rollout.errors import RolloutError
from deploy.cls_box.rollout.fleet import Limits, Member
from deploy.cls_box.rollout.ports import Told
from deploy.cls_box.rollout.report import of_outcomes
from deploy.cls_box.rollout.state import States
from deploy.cls_box.rollout.update import Times, Update
from deploy.local.settings import REPO

from .world import Box, Clock, bundle

OLD, NEW = "1.0.0", "1.1.0"


class Fleet:
    """Boxes at the old version, by name with their rings."""

    def __init__(self, folder: Path, rings: dict[str, int], **limits: float) -> None:
        self.clock = Clock()
        self.limits = Limits(healthy_within_s=60, stays_up_s=5, watch_canaries_s=100, parallel=1, **limits)  # type: ignore[arg-type]
        self.states = States(folder)
        self.rings = rings
        self.boxes = {name: Box(self.clock) for name in rings}
        for box in self.boxes.values():
            box.install(OLD)
        self.clock.now += 100
        self.pauses = 0

    def run(self) -> dict[str, Outcome]:
        times = Times(self.clock, self.pause)
        updates = [
            Update(
                Member(name, ("DOCKER_CONTEXT", name), "10.77.1.1", NEW, ring, Path(".env")),
                bundle(NEW), self.boxes[name], self.states, limits=self.limits, times=times,
            )
            for name, ring in self.rings.items()
        ]  # fmt: skip
        said: list[str] = []
        return {outcome.box: outcome for outcome in Campaign(updates, self.limits, said.append, times).run()}

    def pause(self, seconds: float) -> None:
        self.pauses += 1
        self.clock.pause(seconds)

    def versions(self) -> list[set[str]]:
        return [box.versions() for box in self.boxes.values()]


def test_a_bad_version_stays_with_the_canary_and_goes_back_there(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"box-1": 1, "canary": 0, "box-2": 2})
    for box in fleet.boxes.values():
        box.ill[NEW] = "unhealthy"
    outcomes = fleet.run()
    assert list(outcomes) == ["box-1", "canary", "box-2"]
    assert [outcome.word for outcome in outcomes.values()] == ["not begun", "returned", "not begun"]
    assert fleet.versions() == [{OLD}] * 3
    assert set(fleet.boxes["box-1"].calls) == set()


def test_a_canary_that_falls_ill_while_it_is_watched_goes_back_and_no_other_begins(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"canary": 0, "box-1": 1})
    canary = fleet.boxes["canary"]

    def falls_ill(seconds: float) -> None:
        canary.ill = {NEW: "unhealthy"} if canary.versions() == {NEW} else {}
        fleet.clock.pause(seconds)

    fleet.pause = falls_ill  # type: ignore[method-assign]
    outcomes = fleet.run()
    assert outcomes["canary"].word == "returned"
    assert "did not stay well" in outcomes["canary"].reason or "unhealthy" in outcomes["canary"].reason
    assert outcomes["box-1"].word == "not begun"
    assert fleet.versions() == [{OLD}] * 2


def test_a_good_one_reaches_all_after_the_canary_was_watched(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"canary": 0, "box-1": 1, "box-2": 1})
    assert all(outcome.is_good for outcome in fleet.run().values())
    assert fleet.versions() == [{NEW}] * 3
    canary, other = (fleet.states.read(name) for name in ("canary", "box-1"))
    assert canary is not None
    assert other is not None
    assert other.since - canary.since >= 100


def test_as_many_may_fail_as_the_file_allows(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"box-1": 1, "box-2": 1, "box-3": 1, "box-4": 1}, stop_after=2)
    for name in ("box-1", "box-2"):
        fleet.boxes[name].ill[NEW] = "crashing"
    outcomes = fleet.run()
    assert [outcome.word for outcome in outcomes.values()] == ["returned", "returned", "not begun", "not begun"]
    told = json.loads(of_outcomes(list(outcomes.values()), as_json=True))
    assert [(entry["box"], entry["good"]) for entry in told] == [(name, False) for name in fleet.rings]
    assert of_outcomes(list(outcomes.values()), as_json=False).splitlines()[0].split() == [
        "box", "state", "version", "why",
    ]  # fmt: skip


def test_two_runs_at_once_are_one_too_many(tmp_path: Path) -> None:
    first, second = States(tmp_path), States(tmp_path)
    with first.alone(), pytest.raises(RolloutError, match="another rollout is at work"), second.alone():
        pass


def test_the_words_that_are_looked_for_are_those_that_services_say() -> None:
    connector = (REPO / "services/blockchain_connector/checks.py").read_text()
    logic = (REPO / "services/cls_box_logic/health.py").read_text()
    assert '{waiting} orders under way"' in connector
    assert "{state.last} entries, signed up to" in logic
    said = {
        "box-connector": Told("1", {"dead_letters": (True, "0 orders, 0 events; 3 orders under way")}),
        "cls-box-logic": Told("1", {"journal": (True, "12% full, 345 entries, signed up to 344")}),
    }
    assert (judge.orders_under_way(said), judge.journal_entries(said)) == (3, 345)

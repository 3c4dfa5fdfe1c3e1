"""An update, step by step: whatever goes wrong, a box runs one version whole, and none is left half way."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from deploy.cls_box.rollout.errors import EngineSilent, RolloutError
from deploy.cls_box.rollout.fleet import Limits, Member
from deploy.cls_box.rollout.state import Standing, States
from deploy.cls_box.rollout.steps import is_between, rests
from deploy.cls_box.rollout.update import Times, Update

from .world import Box, Clock, Killed, bundle

OLD, NEW = "1.0.0", "1.1.0"
ILLS = ("unhealthy", "crashing", "another version", "forgetful", "cut off", "missing")


def member(ring: int = 1) -> Member:
    return Member("box-11", ("DOCKER_CONTEXT", "box-11"), "10.77.1.11", NEW, ring, Path(".env"), "armv7l")


class Scene:
    """A box that runs the old version, and runs of the update upon it."""

    def __init__(self, folder: Path, **box: object) -> None:
        self.clock = Clock()
        self.box = Box(self.clock, **box)  # type: ignore[arg-type]
        self.box.install(OLD)
        self.clock.now += 100
        self.states = States(folder)
        self.limits = Limits(healthy_within_s=60, stays_up_s=5, keep_old_s=3600)

    def update(self, version: str = NEW) -> Update:
        times = Times(self.clock, self.clock.pause)
        return Update(member(), bundle(version), self.box, self.states, limits=self.limits, times=times)

    def until_it_rests(self, version: str = NEW) -> Standing:
        """Run after run, as somebody starts them again who was interrupted."""
        for _ in range(30):
            try:
                standing = self.update(version).run()
            except (Killed, RolloutError):
                continue
            if standing.phase != "stuck":
                return standing
        raise AssertionError("it comes to no end")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_good_version_comes_and_the_old_images_stay_until_it_was_healthy_for_long(scene: Scene) -> None:
    standing = scene.update().run()
    assert (standing.phase, scene.box.versions()) == ("updated", {NEW})
    old = set(bundle(OLD).images.values())
    assert old <= scene.box.pulled
    scene.clock.now += 3000
    assert scene.update().run().phase == "updated"
    assert old <= scene.box.pulled
    scene.clock.now += 700
    assert scene.update().run().phase == "settled"
    assert not old & scene.box.pulled


def test_done_twice_it_changes_nothing(scene: Scene) -> None:
    scene.update().run()
    calls = len(scene.box.calls)
    scene.update().run()
    assert set(scene.box.calls[calls:]) == {"parts"}


@pytest.mark.parametrize("ill", ILLS)
def test_a_bad_version_leads_back(scene: Scene, ill: str) -> None:
    scene.box.ill[NEW] = ill
    standing = scene.update().run()
    assert scene.box.versions() == {OLD}
    assert standing.phase == ("kept" if ill == "missing" else "returned")
    assert standing.reason


@pytest.mark.parametrize(
    ("amiss", "words"),
    [
        ({"free_mb": 100}, "100 MB free"),
        ({"clock_off_s": -9.0}, "clock"),
        ({"journal_well": False}, "journal"),
    ],
)
def test_a_box_that_is_not_fit_is_not_touched(tmp_path: Path, amiss: dict[str, object], words: str) -> None:
    scene = Scene(tmp_path, **amiss)
    standing = scene.update().run()
    assert standing.phase == "kept"
    assert words in standing.reason
    assert set(scene.box.calls) == {"host", "told", "note"}


def test_an_order_under_way_and_the_border_of_a_slot_are_waited_for(scene: Scene) -> None:
    scene.clock.now += 900 - scene.clock.now % 900 - 30
    assert scene.update().run().phase == "updated"
    assert scene.clock.now % 900 > 60
    scene = Scene(scene.states._folder / "other", under_way=2)
    standing = scene.update().run()
    assert standing.phase == "kept"
    assert "4 orders" in standing.reason  # both of its services say two


def test_what_failed_before_may_fail_afterwards(tmp_path: Path) -> None:
    scene = Scene(tmp_path, chain_well=False)
    assert scene.update().run().phase == "updated"


def test_a_return_that_fails_is_said_and_tried_again_by_the_next_run(scene: Scene) -> None:
    scene.box.ill = {NEW: "unhealthy", OLD: "unhealthy"}
    assert scene.update().run().phase == "stuck"
    scene.box.ill = {NEW: "unhealthy"}
    assert scene.update().run().phase == "returned"
    assert scene.box.versions() == {OLD}


def test_a_first_installation_that_fails_leaves_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ill={NEW: "unhealthy"})
    scene.box.images.clear()
    assert scene.update().run().phase == "returned"
    assert scene.box.images == {}


def test_a_newer_wish_waits_until_what_was_begun_has_ended(scene: Scene) -> None:
    scene.box.faults = {_call(scene, "up cls-box-logic"): "killed after"}
    with pytest.raises(Killed):
        scene.update().run()
    assert scene.box.versions() == {OLD, NEW}
    assert scene.until_it_rests("1.2.0").phase == "updated"
    assert scene.box.versions() == {"1.2.0"}
    assert any("checking: done" in line for line in scene.update("1.2.0").standing().story[:-5])


def _call(scene: Scene, name: str) -> int:
    """The number of the first such call of an update on a box like this one."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Scene(Path(folder))
        trial.update().run()
        return trial.box.calls.index(name) + 1


def test_the_program_killed_before_or_after_each_call_is_taken_up_where_it_was(tmp_path: Path) -> None:
    (trial := Scene(tmp_path / "trial")).update().run()
    for number in range(1, len(trial.box.calls) + 1):
        for when in ("before", "after"):
            scene = Scene(tmp_path / f"{number}-{when}", faults={number: f"killed {when}"})
            assert scene.until_it_rests().phase == "updated"
            assert scene.box.versions() == {NEW}


_FAULTS = st.dictionaries(
    st.integers(1, 80),
    st.sampled_from([f"{kind} {when}" for kind in ("killed", "silent", "refused") for when in ("before", "after")]),
    max_size=8,
)


@hypothesis_settings(max_examples=100, deadline=None)
@given(faults=_FAULTS, ill=st.sampled_from(["", *ILLS]))
def test_whatever_fails_the_box_ends_with_the_old_or_the_new_version_whole(faults: dict[int, str], ill: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), faults=dict(faults), ill={NEW: ill})
        standing = scene.until_it_rests()
        assert scene.box.versions() in ({OLD}, {NEW})
        assert scene.box.versions() == ({NEW} if standing.phase == "updated" else {OLD})
        assert len(scene.box.images) == 4
        assert set(bundle(OLD).images.values()) <= scene.box.pulled
        if ill:
            assert scene.box.versions() == {OLD}


@hypothesis_settings(max_examples=40, deadline=None)
@given(faults=_FAULTS)
def test_until_a_box_is_switched_it_runs_what_it_ran_and_the_file_says_where_it_stands(faults: dict[int, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), faults=dict(faults))
        for _ in range(12):
            with contextlib.suppress(Killed, EngineSilent, RolloutError):
                scene.update().run()
            standing = scene.states.read("box-11")
            assert standing is not None
            if not is_between(standing.phase):
                assert len(scene.box.versions()) == 1
            if rests(standing.phase) and standing.phase != "stuck":
                return

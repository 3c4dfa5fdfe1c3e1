"""Which containers are touched: those on the list, never the service's own. (A real engine: tests/integration/box.)"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cls_box_logic.errors import EngineAway, InFlight, JournalFull, NotAllowedHere
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.service.containers import ACTIONS, Containers

OWN = "0123456789ab"


class Engine:
    """Remembers what it was asked to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.during: Callable[[], object] = lambda: None
        self.away_for = ""

    def inspect(self, name: str) -> dict[str, Any]:
        told = {"Image": "sha256:1", "State": {"Status": "running"}, "Config": {"Image": "i:1", "Hostname": name[:4]}}
        return {**told, "Id": OWN + "cdef" if name == "logic" else "ffff00001111", "Config": told["Config"]}

    def run(self, name: str, action: str) -> None:
        self.done.append((name, action))

    def update(self, name: str) -> bool:
        self.done.append((name, "update"))
        self.during()
        return True

    def recover(self, name: str) -> bool:
        if name == self.away_for:
            self.away_for = ""
            raise EngineAway("the engine does not answer")
        self.done.append((name, "recover"))
        return name == "redis"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path, lambda: 1_795_305_600_000)
    yield made
    made.close()


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("own", [OWN, "logi"], ids=["by its id", "by its host's name"])
def test_never_its_own_and_none_that_is_not_listed(journal: Journal, action: str, own: str) -> None:
    engine = Engine()
    containers = Containers(engine, frozenset({"logic", "openems"}), journal, lambda: own)
    with pytest.raises(NotAllowedHere, match="own container"):
        containers.act("logic", action)
    with pytest.raises(NotAllowedHere, match="openems"):
        containers.act("redis", action)
    assert engine.done == []
    assert containers.act("openems", action)["own"] is False
    assert engine.done == [("openems", action)]
    assert [shown["own"] for shown in containers.list()] == [True, False]


def test_what_was_done_is_answered_so_also_when_the_journal_is_full(journal: Journal, tmp_path: Path) -> None:
    engine, full = Engine(), Journal(tmp_path, lambda: 0, max_bytes=1)
    with pytest.raises(JournalFull):
        full.append("control", {})
    assert Containers(engine, frozenset({"openems"}), full, lambda: OWN).act("openems", "restart")["state"] == "running"
    assert engine.done == [("openems", "restart")]
    full.close()


def test_two_updates_at_once_are_one_for_the_second_would_undo_the_first(journal: Journal) -> None:
    engine = Engine()
    containers = Containers(engine, frozenset({"openems", "redis"}), journal, lambda: OWN)

    def again() -> None:
        for name in ("openems", "redis"):
            with pytest.raises(InFlight):
                containers.act(name, "update")

    engine.during = again
    containers.act("openems", "update")
    engine.during = lambda: None
    containers.act("redis", "update")
    assert engine.done == [("openems", "update"), ("redis", "update")]


class Ended(threading.Event):
    """Ends what waits for it the second time, and takes no time."""

    waited = 0

    def wait(self, _timeout: float | None = None) -> bool:
        self.waited += 1
        if self.waited == 2:
            self.set()
        return self.is_set()


def test_after_a_start_what_a_broken_update_had_stopped_runs_again(journal: Journal) -> None:
    engine = Engine()
    engine.away_for = "openems"
    Containers(engine, frozenset({"openems", "redis"}), journal, lambda: OWN).recover(Ended())
    assert engine.done == [("openems", "recover"), ("redis", "recover")]
    assert [entry.data for entry in journal.since(0, 9)] == [{"container": "redis", "action": "recover"}]

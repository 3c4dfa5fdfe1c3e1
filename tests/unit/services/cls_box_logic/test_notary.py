"""When the journal's head is signed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cls_box_logic.inbox import Inbox
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.service.notary import SIGN_AFTER_ENTRIES, SIGN_AFTER_MS, Notary


class Signer:
    """Signs whatever it is given."""

    def sign_journal(self, head: bytes) -> tuple[str, str]:
        return f"SIG_R1_{head.hex()}", "PUB_R1_x"


class World:
    def __init__(self, folder: Path) -> None:
        self.now_ms = 1_795_305_600_000
        self.journal = Journal(folder, lambda: self.now_ms)
        self.inbox = Inbox(folder, lambda: self.now_ms)
        self.notary = Notary(self.journal, self.inbox, Signer(), lambda: self.now_ms)

    def note(self, count: int = 1) -> None:
        for _ in range(count):
            self.journal.append("measured", {"point": 1})

    def signed(self) -> int:
        self.notary.look()
        return self.journal.state().signed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.note()
    assert made.signed() == 1
    made.note()
    assert made.signed() == 1
    yield made
    made.journal.close()
    made.inbox.close()


def test_a_minute_after_the_last_one(world: World) -> None:
    world.now_ms += SIGN_AFTER_MS - 1
    assert world.signed() == 1
    world.now_ms += 1
    assert world.signed() == 2


def test_after_so_many_entries(world: World) -> None:
    world.note(SIGN_AFTER_ENTRIES - 2)
    assert world.signed() == 1
    world.note()
    assert world.signed() == SIGN_AFTER_ENTRIES + 1


def test_when_the_clock_went_back(world: World) -> None:
    world.now_ms -= 86_400_000
    assert world.signed() == 2


def test_at_an_orderly_end(world: World) -> None:
    stopped = threading.Event()
    stopped.set()
    world.notary.run(stopped)
    assert world.journal.state().signed == 2

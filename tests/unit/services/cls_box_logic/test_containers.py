"""Which containers are touched: those on the list, never the service's own. (A real engine: tests/integration/box.)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cls_box_logic.errors import JournalFull, NotAllowedHere
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.service.containers import ACTIONS, Containers

OWN = "0123456789ab"


class Engine:
    """Remembers what it was asked to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def inspect(self, name: str) -> dict[str, Any]:
        told = {"Image": "sha256:1", "State": {"Status": "running"}, "Config": {"Image": "i:1", "Hostname": name[:4]}}
        return {**told, "Id": OWN + "cdef" if name == "logic" else "ffff00001111", "Config": told["Config"]}

    def run(self, name: str, action: str) -> None:
        self.done.append((name, action))

    def update(self, name: str) -> bool:
        self.done.append((name, "update"))
        return True


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

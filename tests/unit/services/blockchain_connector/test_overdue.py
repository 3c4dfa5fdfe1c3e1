"""What boxes did not answer, as the cloud side sees it on the chain, and how it is asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from services.blockchain_connector.letters import box_letters, cloud_letters, order_letters
from services.blockchain_connector.performer.authority import OperatorAuthority
from services.blockchain_connector.performer.outbox import Outbox
from services.blockchain_connector.performer.service import Performer
from services.blockchain_connector.watcher.feed import Feed
from services.blockchain_connector.watcher.overdue import OVERDUE_S, OverdueEvents
from services.shared.chain.errors import ContractRefused
from services.shared.chain.key_file import K1Signer
from tests.unit.services.blockchain_connector.scripted import ScriptedChain

SIGNER = K1Signer((1).to_bytes(32, "big"))


class World:
    def __init__(self, folder: Path) -> None:
        self.chain = ScriptedChain()
        self.chain.time = 10_000.0
        self.outbox = Outbox(folder / "outbox.sqlite")
        chain = cast(Any, self.chain)
        authority = OperatorAuthority({("tbiadmin", "event"): SIGNER})
        self.performer = Performer(self.outbox, chain, authority, timeout_s=0.2, clock=lambda: self.chain.time)
        self.events = OverdueEvents(chain, self.performer)
        self.knocked: list[str] = []
        self.letters = cloud_letters(self.events, self.knocked.append)

    def stands(self, box: str, slot: int, raised_at: float) -> None:
        row = {"id": 1, "market": "lem", "kind": "senddata", "point": 7, "slot": slot, "raised_at": int(raised_at)}
        self.chain.tables.setdefault(("tbiclsbox", box, "events"), []).append(row)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.outbox.close()


def test_events_that_stand_for_too_long_are_told_the_oldest_first(world: World) -> None:
    world.stands("box1", 9000, 10_000 - OVERDUE_S)
    world.stands("box2", 8100, 10_000 - OVERDUE_S - 900)
    world.stands("box2", 9900, 9_990)
    letters = world.letters.all()
    assert [(letter["id"], letter["box"], letter["slot_start"]) for letter in letters] == [
        ("box2~lem~7~8100", "box2", "1970-01-01T02:15:00Z"),
        ("box1~lem~7~9000", "box1", "1970-01-01T02:30:00Z"),
    ]


def test_one_that_still_stands_is_its_boxs_to_fetch(world: World) -> None:
    world.stands("box1", 9000, 9_000)
    assert world.letters.retry("box1~lem~7~9000") == "waiting"
    assert (world.chain.sent, world.knocked) == ([], ["box1"])


def test_m_evt_02_one_that_expired_is_raised_again_once(world: World) -> None:
    assert [world.letters.retry("box1~lem~7~9000") for _ in range(3)] == ["waiting"] * 3
    assert (len(world.chain.sent), world.knocked) == (1, ["box1"] * 3)


def test_m_evt_03_one_that_was_delivered_is_done(world: World) -> None:
    def refuse(_: Any) -> None:
        raise ContractRefused("delivered already", "M-EVT-03")

    world.chain.on_send = refuse
    assert world.letters.retry("box1~lem~7~9000") == "done"
    assert (world.performer.dead_letters(), world.knocked) == ([], [])


def test_what_is_no_event_is_not_found(world: World) -> None:
    def refuse(_: Any) -> None:
        raise ContractRefused("no such point", "M-REG-02")

    world.chain.on_send = refuse
    for event_id in ("", "box1", "box1~lem~7", "box1~lem~7~x", "BOX~lem~7~9000", "box1~lem~7~9000"):
        assert world.letters.retry(event_id) is None


def test_orders_and_a_boxs_own_letters_have_the_same_shape(world: World, tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed.sqlite")
    event = {"event_id": "1.lem.7.900", "market": "lem", "kind": "senddata", "point": 7, "slot": 900, "by_hand": False}
    feed.add([("1.lem.7.900", "senddata", event)])
    feed.refused(1, "CLS-Box-Logic answered 400", 1000.0, most=1)
    own = box_letters(feed)
    (letter,) = own.all()
    assert set(letter) == {"id", "box", "market", "point", "slot_start", "kind", "since", "attempts", "detail"}
    assert (own.retry(letter["id"]), own.retry("nosuch")) == ("waiting", None)
    feed.handed(1)
    assert own.retry(letter["id"]) == "done"
    assert order_letters(world.performer).retry("nosuch") is None
    feed.close()

"""The feed and both watchers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from services.blockchain_connector.watcher.api import events
from services.blockchain_connector.watcher.box import (
    ATTEMPTS,
    BoxLogicRefused,
    BoxLogicUnavailable,
    BoxWatcher,
    pause_s,
)
from services.blockchain_connector.watcher.cloud import BlockFollower, TracesMissing
from services.blockchain_connector.watcher.feed import AnotherChain, Feed
from services.shared.chain.errors import ChainUnavailable, TracesWrong
from services.shared.chain.model import Trace
from tests.unit.services.blockchain_connector.scripted import ScriptedChain


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    made = Feed(tmp_path / "feed.sqlite")
    yield made
    made.close()


class BoxLogic:
    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.away = False
        self.refuses: set[int] = set()

    def hand(self, event: dict[str, Any]) -> None:
        if self.away:
            raise BoxLogicUnavailable("away")
        if event["slot"] in self.refuses:
            raise BoxLogicRefused("CLS-Box-Logic answered 400: no such point")
        self.taken.append(event)


class BoxWorld:
    def __init__(self, feed: Feed) -> None:
        self.chain, self.box_logic = ScriptedChain(), BoxLogic()
        self.watcher = BoxWatcher(cast(Any, self.chain), feed, self.box_logic, lambda: "box1", idle_s=2.0)
        self.on_chain: list[dict[str, Any]] = []
        self.chain.tables["tbiclsbox", "box1", "events"] = self.on_chain

    def slots(self) -> list[int]:
        return [event["slot"] for event in self.box_logic.taken]


@pytest.fixture
def world(feed: Feed) -> BoxWorld:
    return BoxWorld(feed)


def _row(number: int, slot: int) -> dict[str, Any]:
    return {"id": number, "market": "lem", "kind": "senddata", "point": 1, "slot": slot, "by_hand": False}


def test_m_evt_01_each_event_is_handed_once(world: BoxWorld) -> None:
    world.on_chain += [_row(1, 900), _row(2, 1800)]
    assert world.watcher.round() == 2
    assert world.watcher.round() == 0
    world.on_chain[:] = [_row(3, 2700)]
    world.watcher.round()
    assert world.slots() == [900, 1800, 2700]


def test_p7_an_event_under_a_known_id_after_a_fork_is_another_event(world: BoxWorld) -> None:
    world.on_chain.append(_row(1, 900))
    world.watcher.round()
    world.on_chain[:] = [_row(1, 1800)]
    world.watcher.round()
    assert world.slots() == [900, 1800]
    assert len({event["event_id"] for event in world.box_logic.taken}) == 2


def test_while_the_box_logic_is_away_events_wait_in_order(world: BoxWorld) -> None:
    world.box_logic.away = True
    world.on_chain += [_row(1, 900), _row(2, 1800)]
    assert world.watcher.round() == 0
    world.on_chain.clear()  # expired on the chain meanwhile: still the box's to know
    world.box_logic.away = False
    assert world.watcher.round() == 2
    assert world.slots() == [900, 1800]


def test_an_event_that_is_refused_for_good_is_a_dead_letter_and_blocks_no_other(world: BoxWorld, feed: Feed) -> None:
    world.box_logic.refuses = {900}
    world.on_chain += [_row(1, 900), _row(2, 1800)]
    for _ in range(ATTEMPTS - 1):
        assert world.watcher.round() == 0
    assert feed.dead_letters() == []
    assert world.watcher.round() == 1
    (letter,) = feed.dead_letters()
    assert (letter.item.source, letter.attempts, world.slots()) == ("1.lem.1.900", ATTEMPTS, [1800])
    assert feed.count_dead_letters() == 1
    assert world.watcher.round() == 0

    world.box_logic.refuses = set()
    assert [feed.retry(letter.item.source) for _ in range(2)] == [True, True]
    assert world.watcher.round() == 1
    assert (world.slots(), feed.retry(letter.item.source), feed.dead_letters()) == ([1800, 900], False, [])
    assert feed.retry("9.lem.1.900") is None


def test_while_the_chain_is_away_known_events_are_handed_on(world: BoxWorld) -> None:
    world.box_logic.away = True
    world.on_chain.append(_row(1, 900))
    world.watcher.round()
    world.box_logic.away = False
    world.chain.away = ChainUnavailable("away")
    with pytest.raises(ChainUnavailable):
        world.watcher.round()
    assert world.slots() == [900]


def test_p11_the_boxs_markets_are_read_in_each_round_until_there_are_some_and_then_seldom(feed: Feed) -> None:
    asked: list[str] = []

    class Counting(ScriptedChain):
        def rows(self, contract: str, scope: str, table: str, **more: Any) -> list[dict[str, Any]]:
            asked.append(table)
            return super().rows(contract, scope, table, **more)

    chain, now = Counting(), [1000.0]
    watcher = BoxWatcher(cast(Any, chain), feed, BoxLogic(), lambda: "box1", idle_s=30.0, clock=lambda: now[0])
    watcher.round()
    watcher.round()
    assert asked.count("boxpoints") == 2
    chain.tables["tbiclsbox", "box1", "boxpoints"] = [{"slot_s": 900}]
    for now[0] in (1000.0, 1030.0, 1299.0):
        watcher.round()
    assert asked.count("boxpoints") == 3
    assert watcher.pause_s(1800.0) == 0.5
    assert watcher.pause_s(1830.0) == 30.0
    now[0] = 1300.0
    watcher.round()
    assert asked.count("boxpoints") == 4
    assert asked.count("events") == 6
    now[0] = 900.0  # the clock was set back: it does not wait for that time to come again
    watcher.round()
    assert asked.count("boxpoints") == 5


def test_looks_often_after_a_slots_end_and_seldom_else() -> None:
    assert pause_s(9000.0, frozenset({900}), 2.0) == 0.5
    assert pause_s(9029.9, frozenset({900}), 2.0) == 0.5
    assert pause_s(9030.0, frozenset({900}), 2.0) == 2.0
    assert pause_s(9030.0, frozenset({900, 20}), 2.0) == 0.5
    assert pause_s(9030.0, frozenset(), 2.0) == 2.0
    assert pause_s(9000.0, frozenset({900}), 0.2) == 0.2


def test_p7_looks_often_for_a_moment_after_a_knock(feed: Feed) -> None:
    now = [9100.0]
    watcher = BoxWatcher(
        cast(Any, ScriptedChain()), feed, BoxLogic(), lambda: "box1", idle_s=10.0, clock=lambda: now[0]
    )
    assert watcher.pause_s(now[0]) == 10.0
    watcher.knock()
    assert [watcher.pause_s(now[0] + later) for later in (0.0, 2.9, 3.0)] == [0.5, 0.5, 10.0]
    assert watcher.pause_s(now[0] - 60) == 10.0  # the clock was put back


def _block(number: int, *actions: tuple[str, str, str]) -> dict[str, Any]:
    entries = [
        {
            "global_sequence": number * 100 + place,
            "receiver": receiver,
            "account": account,
            "name": name,
            "authorization": [("tbievu", "active")],
            "data": {},
        }
        for place, (receiver, account, name) in enumerate(actions)
    ]
    return {
        "id": f"{number:064x}",
        "previous_id": f"{number - 1:064x}",
        "transactions": [Trace(f"{number:064x}", number, 1000.0 + number, entries)],
    }


def _follower(chain: ScriptedChain, feed: Feed) -> BlockFollower:
    return BlockFollower(cast(Any, chain), feed)


@pytest.mark.parametrize("lost", [3, 4, 5])
def test_r1_a_block_that_the_node_lost_is_not_told(feed: Feed, lost: int) -> None:
    """Its traces may tell of one that was irreversible by their word, and never stood in its block log."""
    chain = ScriptedChain()
    chain.final = 5
    chain.numbered = {number: _block(number, ("tbimarket", "tbimarket", "bid")) for number in (2, 3, 4, 5)}
    chain.numbered[lost]["id"] = "ff" * 32
    with pytest.raises(TracesWrong, match=f"traces of block {lost} "):
        _follower(chain, feed).round()
    assert (feed.block_num, feed.after(0)) == (0, [])
    chain.numbered[lost]["id"] = f"{lost:064x}"
    assert _follower(chain, feed).round() == 4


def test_follows_irreversible_blocks_and_takes_each_market_action_once(feed: Feed) -> None:
    chain = ScriptedChain()
    chain.final = 4
    chain.numbered = {
        2: _block(2, ("eosio", "eosio", "onblock")),
        3: _block(
            3,
            ("tbitoken", "tbitoken", "transfer"),
            ("tbimarket", "tbitoken", "transfer"),  # the notification is no second action
            ("fake.token", "fake.token", "transfer"),
        ),
        4: _block(4),
        5: _block(5, ("tbimarket", "tbimarket", "bid")),
    }
    follower = _follower(chain, feed)
    assert follower.round() == 3
    assert [item.kind for item in feed.after(0)] == ["tbitoken.transfer"]
    assert follower.round() == 0, "block 5 is not irreversible yet"
    chain.final = 5
    follower.round()
    assert [item.kind for item in feed.after(0)] == ["tbitoken.transfer", "tbimarket.bid"]
    assert feed.after(0)[1].data["authorization"] == ["tbievu@active"]

    restarted = _follower(chain, feed)
    assert restarted.round() == 0
    assert len(feed.after(0)) == 2


def test_blocks_without_actions_are_read_again_after_a_restart_but_add_nothing(feed: Feed) -> None:
    chain = ScriptedChain()
    chain.numbered = {n: _block(n) for n in range(2, 60)}
    chain.final = 50
    _follower(chain, feed).round()
    assert feed.block_num == 0
    assert _follower(chain, feed).round() == 49
    chain.numbered = {n: _block(n) for n in range(2, 300)}
    chain.final = 200
    follower = _follower(chain, feed)
    assert [follower.round(), follower.round()] == [100, 99]
    assert feed.block_num == 200
    assert feed.after(0) == []


def test_a_block_older_than_the_nodes_traces_is_passed_over(feed: Feed) -> None:
    chain = ScriptedChain()
    chain.final = 3
    chain.numbered = {3: _block(3, ("tbitoken", "tbitoken", "issue"))}
    _follower(chain, feed).round()
    assert [item.kind for item in feed.after(0)] == ["tbitoken.issue"]


def test_a_block_without_traces_is_never_passed_over_once_the_feed_has_begun(feed: Feed) -> None:
    chain = ScriptedChain()
    chain.final = 4
    chain.numbered = {2: _block(2), 4: _block(4, ("tbitoken", "tbitoken", "issue"))}
    follower = _follower(chain, feed)
    with pytest.raises(TracesMissing, match="traces of block 3"):
        follower.round()
    assert feed.after(0) == []
    chain.elsewhere[3] = _block(3, ("tbimarket", "tbimarket", "bid"))
    follower.round()
    assert [item.kind for item in feed.after(0)] == ["tbimarket.bid", "tbitoken.issue"]


def test_a_feed_is_of_one_chain(feed: Feed) -> None:
    feed.require_chain("aa")
    feed.require_chain("aa")
    with pytest.raises(AnotherChain, match="TBI_CHAIN_URLS"):
        feed.require_chain("bb")


def test_ids_go_on_after_a_restart(tmp_path: Path) -> None:
    first = Feed(tmp_path / "f.sqlite")
    assert first.add([("a", "k", {}), ("a", "k", {}), ("b", "k", {})], 7) == 2
    first.close()
    again = Feed(tmp_path / "f.sqlite")
    assert again.add([("b", "k", {}), ("c", "k", {})]) == 1
    assert again.block_num == 7
    ids = [item.id for item in again.after(0)]
    assert ids == sorted(set(ids))
    assert [item.source for item in again.after(ids[0])] == ["b", "c"]
    again.close()


def test_the_stream_resumes_after_an_id_and_ends_in_time(feed: Feed) -> None:
    feed.add([(str(n), "tbitoken.issue", {"n": n}) for n in range(5)])
    text = "".join(events(feed, 3, 0.0))
    assert text.startswith("retry: 1000\n\n")
    assert text.endswith('id: 5\nevent: tbitoken.issue\ndata: {"n":4}\n\n')
    assert "id: 3" not in text
    assert "".join(events(feed, 5, 0.1)).count(": \n\n") >= 1, "a comment shows that the stream lives"


def test_the_stream_tells_all_of_a_long_feed(feed: Feed) -> None:
    feed.add([(str(n), "k", {}) for n in range(450)])
    assert "".join(events(feed, 0, 0.05)).count("event: k") == 450
    assert "".join(events(feed, 0, 0)).count("event: k") == 450, "what is there, also for one who does not wait"


def test_a_reader_may_say_how_much_he_takes(feed: Feed) -> None:
    feed.add([(str(n), "k", {}) for n in range(450)])
    first = "".join(events(feed, 0, 60, 300))
    assert first.count("event: k") == 300
    assert "id: 300\n" in first
    assert "".join(events(feed, 300, 0, 300)).count("event: k") == 150

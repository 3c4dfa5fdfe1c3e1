"""The head stream through forks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from services.blockchain_connector.watcher.head import UNDO, HeadFeed, HeadFollower
from services.shared.chain.errors import ChainError
from services.shared.chain.model import Trace
from tests.unit.services.blockchain_connector.scripted import ScriptedChain


class World:
    """A chain whose blocks are named by branch: `a12` is block 12 of the branch a."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "head.sqlite"
        self.chain = ScriptedChain()
        self.chain.head = self.chain.final = 10
        self.chain.final_id = "a10"
        self.put("a", 10)
        self.restart()

    def restart(self) -> None:
        if hasattr(self, "feed"):
            self.feed.close()
        self.feed = HeadFeed(self.file)
        self.follower = HeadFollower(cast(Any, self.chain), self.feed)

    def put(self, branch: str, *numbers: int, after: str | None = None) -> None:
        """Blocks with one bid each, from now on the node's chain."""
        for number in numbers:
            previous = after if after is not None else f"{branch}{number - 1}"
            after = None
            bid = {
                "global_sequence": number,
                "receiver": "tbimarket",
                "account": "tbimarket",
                "name": "bid",
                "authorization": [],
                "data": {"block": f"{branch}{number}"},
            }
            trace = Trace(f"{number:064x}", number, 1000.0, [bid])
            self.chain.numbered[number] = {
                "id": f"{branch}{number}",
                "previous_id": previous,
                "transactions": [trace],
            }
            self.chain.block_ids[number] = f"{branch}{number}"
        self.chain.head = max(numbers)

    def standing(self) -> list[str]:
        """What a subscriber has after all that was told: events, less what was undone."""
        found: dict[int, str] = {}
        for item in self.feed.after(0, 1000):
            if item.kind == UNDO:
                for gone in item.data["undone"]:
                    del found[gone]
            else:
                assert item.data["block_id"] == item.data["data"]["block"]
                found[item.id] = item.data["data"]["block"]
        return list(found.values())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.follower.round()
    yield made
    made.feed.close()


def test_p7_each_action_is_told_at_the_head_once_also_through_restarts(world: World) -> None:
    world.put("a", 11, 12)
    assert world.follower.round() == 2
    world.restart()
    assert world.follower.round() == 0
    world.put("a", 13)
    world.follower.round()
    assert world.standing() == ["a11", "a12", "a13"]
    assert len(world.feed.after(0)) == 3


def test_p7_what_a_fork_takes_back_is_told_with_the_ids(world: World) -> None:
    world.put("a", 11, 12, 13)
    world.follower.round()
    world.put("b", 12, 13, after="a11")
    assert world.follower.round() == 0, "no longer than what was told: it may be a node that is behind"
    world.put("b", 14)
    world.restart()
    world.follower.round()
    told = world.feed.after(3)
    assert (told[0].kind, told[0].data) == (UNDO, {"last_good_block": 11, "undone": [3, 2]})
    assert world.standing() == ["a11", "b12", "b13", "b14"]


def test_p7_a_fork_that_comes_back_is_told_anew(world: World) -> None:
    world.put("a", 11, 12)
    world.follower.round()
    world.put("b", 11, 12, 13, after="a10")
    world.follower.round()
    world.put("a", 11, 12, 13, 14)
    world.follower.round()
    assert world.standing() == ["a11", "a12", "a13", "a14"]


def test_a_node_that_changes_its_branch_while_it_is_read_is_read_again(world: World) -> None:
    world.put("a", 11)
    world.put("b", 12, after="b11")  # its block 12 is of another branch than its block 11 was a moment ago
    assert world.follower.round() == 1
    world.put("b", 11, 12, after="a10")
    world.follower.round()
    assert world.standing() == ["b11", "b12"]


def test_blocks_long_before_the_last_irreversible_one_are_forgotten(world: World) -> None:
    world.put("a", *range(11, 600))
    for _ in range(7):
        world.follower.round()
    world.chain.final = 590
    world.follower.round()
    world.put("a", 600)
    world.follower.round()
    assert world.feed.blocks()[-1] == (350, "a350")
    world.put("b", *range(300, 602), after="a299")
    with pytest.raises(ChainError, match="irreversible"):
        world.follower.round()
    assert len(world.standing()) == 590


def test_r1_a_node_that_dies_and_loses_what_was_irreversible_is_followed_on(world: World) -> None:
    """With one producer a block is irreversible as soon as it is told, and a kill -9 may come before it is on disk."""
    world.put("a", *range(11, 600))
    for _ in range(7):
        world.follower.round()
    world.chain.final = 599
    world.follower.round()
    world.put("b", *range(595, 610), after="a594")
    world.follower.round()
    assert world.standing()[-16:] == ["a594", *(f"b{number}" for number in range(595, 610))]

"""Which node is asked first, and which never."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from services.shared.chain.model import ChainInfo
from services.shared.chain.nodes import BEHIND_BLOCKS, BEHIND_FINAL_BLOCKS, Nodes, NodeState, judge

INFO = ChainInfo("aa" * 32, 1000, "", 5000.0, 950, "", 4975.0, "")


def _conditions(*infos: ChainInfo | None, chain_id: str | None = None) -> list[str]:
    states = [NodeState(str(n), "silent" if info is None else "unknown", info) for n, info in enumerate(infos)]
    return [state.condition for state in judge(states, chain_id)]


def test_a_node_behind_the_others_lags() -> None:
    slightly = replace(INFO, head_block_num=1000 - BEHIND_BLOCKS)
    late = replace(INFO, head_block_num=999, head_block_time=4996.5)
    assert _conditions(INFO, slightly, late) == ["ok", "ok", "lagging"]


def test_a_fork_that_the_others_left_lags_though_its_head_is_new() -> None:
    own_turns_only = replace(INFO, head_block_num=1000 - BEHIND_BLOCKS - 1)
    without_finality = replace(INFO, last_irreversible_block_num=950 - BEHIND_FINAL_BLOCKS - 1)
    assert _conditions(INFO, own_turns_only, without_finality) == ["ok", "lagging", "lagging"]


def test_a_node_of_another_chain_is_foreign() -> None:
    other = replace(INFO, chain_id="bb" * 32, head_block_num=9000)
    assert _conditions(INFO, other) == ["ok", "foreign"], "without a configured id the first one says which chain it is"
    assert _conditions(INFO, other, chain_id="bb" * 32) == ["foreign", "ok"]
    assert _conditions(INFO, chain_id="cc" * 32) == ["foreign"]
    assert _conditions(None, other) == ["silent", "ok"]


class World:
    """Three nodes whose answers a test writes."""

    def __init__(self) -> None:
        self.answers: dict[str, ChainInfo | None] = {"a": INFO, "b": INFO, "c": INFO}
        self.asked: list[str] = []
        self.now = 0.0

    def nodes(self, *urls: str, chain_id: str | None = None) -> Nodes:
        return Nodes(urls or ("a", "b", "c"), self.ask, chain_id=chain_id, check_s=5.0, clock=lambda: self.now)

    def ask(self, url: str) -> ChainInfo | None:
        self.asked.append(url)
        return self.answers[url]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    _wait_for_checks()


def _wait_for_checks() -> None:
    for thread in threading.enumerate():
        if thread.name == "chain-nodes":
            thread.join(5)


def _after_a_check(world: World, nodes: Nodes, change: Callable[[], None]) -> list[int]:
    change()
    world.now += 6
    nodes.order()
    _wait_for_checks()
    return nodes.order()


def test_the_one_that_served_last_is_asked_first_while_it_is_well(world: World) -> None:
    nodes = world.nodes()
    assert nodes.order() == [0, 1, 2]
    nodes.served(1)
    assert nodes.order() == [1, 0, 2]
    behind = replace(INFO, head_block_num=900)
    assert _after_a_check(world, nodes, lambda: world.answers.update(b=behind)) == [0, 2, 1]
    assert nodes.is_behind(1)
    assert _after_a_check(world, nodes, lambda: world.answers.update(b=INFO)) == [1, 0, 2]


def test_a_silent_node_is_asked_last_and_a_foreign_one_never(world: World) -> None:
    world.answers["a"] = None
    world.answers["c"] = replace(INFO, chain_id="bb" * 32)
    nodes = world.nodes(chain_id=INFO.chain_id)
    assert nodes.order() == [1, 0]
    nodes.fell_silent(1)
    assert nodes.order() == [0, 1]
    nodes.served(0)
    assert nodes.order() == [0, 1], "an answer is better than the silence before it"


def test_the_chain_that_was_found_first_stays_the_chain(world: World) -> None:
    nodes = world.nodes("a", "b")
    nodes.order()
    other = replace(INFO, chain_id="bb" * 32)
    assert _after_a_check(world, nodes, lambda: world.answers.update(a=other, b=None)) == [1]


def test_a_single_node_is_not_asked_in_addition(world: World) -> None:
    nodes = world.nodes("a")
    assert nodes.order() == [0]
    assert world.asked == []
    assert [state.condition for state in nodes.states()] == ["ok"]

"""R8: trading and finality go on without one of four; it comes back, and is passed by while it lags."""

from __future__ import annotations

import pytest

from services.shared.wait import wait_until
from tests.integration.network.four_producers.story import LOST, TWO_AGAINST_TWO, Story
from tests.integration.network.support import Network


def test_r8_trading_and_finality_go_on_without_one_producer(story: Story) -> None:
    assert len(story.bids_without_it) == 5
    assert min(story.bids_without_it) >= story.lost_at
    assert story.auction.best_price() == story.auction.price
    after = range(story.lost_at + 13, story.lost_at + 37)
    assert LOST not in {block["producer"] for block in story.blocks if block["number"] in after}
    assert story.conditions_of_lost == ["silent", "ok", "ok", "ok"]


def test_r8_the_lost_one_catches_up(story: Story) -> None:
    print(f"at the others' head {story.back_after_s:.1f} s after its wires were mended")  # noqa: T201
    wait_until(story.network.agree, 10, every=0.25, what="all nodes at one head")


@pytest.mark.skipif(not TWO_AGAINST_TWO, reason="takes a round of the producers: TBI_FORK=two")
def test_r8_the_lost_one_makes_blocks_again(story: Story) -> None:
    head = story.network.heads()[LOST].head_block_num
    wait_until(lambda: _block_of(story.network, LOST, head), 40, every=0.25, what="a block of the lost producer")


def _block_of(network: Network, producer: str, after: int) -> int | None:
    client = network.nodes["partnera"].client
    head = client.info().head_block_num
    numbers = (n for n in range(after + 1, head) if client.block(n)["producer"] == producer)
    return next(numbers, None)


def test_a_node_that_lags_is_passed_by(story: Story) -> None:
    assert story.conditions_behind == ["lagging", "ok", "ok", "ok"]
    assert story.answered_while_behind > 2

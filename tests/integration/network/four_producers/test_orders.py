"""P7: no order is lost and none doubled, by the chain's own blocks."""

from __future__ import annotations

from collections import Counter

from deploy.chain.consortium import producers
from tests.integration.network.four_producers.story import LEFT, RIGHT, Story
from tests.integration.network.support import NAMES


def test_m_con_03_the_partners_schedule_makes_the_blocks(story: Story) -> None:
    chain = story.network.chain
    assert [producer.name for producer in producers(chain.governance)] == list(NAMES)
    assert {block["producer"] for block in story.blocks} <= set(NAMES)


def test_p7_no_order_is_lost_and_none_doubled_by_the_chains_own_blocks(story: Story) -> None:
    assert story.given().total() > 60
    assert Counter(story.in_blocks(story.last)) == story.given()
    assert len(story.in_blocks(story.final)) > 10, "and part of it is irreversible already"


def test_the_forced_fork_was_one(story: Story) -> None:
    sides = [{story.heads_apart[name] for name in side} for side in (LEFT, RIGHT)]
    assert sides[0].isdisjoint(sides[1])


def test_no_dead_letters_are_left(story: Story) -> None:
    for connector in story.connectors.values():
        assert connector.get("/performer/dead-letters").json() == {"items": []}

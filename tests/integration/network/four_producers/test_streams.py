"""P7: what the fork took back is undone in the head stream, and the irreversible one never heard of it."""

from __future__ import annotations

from collections import Counter

from services.shared.wait import wait_until
from tests.integration.network.four_producers.story import Story
from tests.integration.network.four_producers.streams import memos, standing, told_by, told_until


def test_p7_the_head_stream_undoes_what_the_fork_took_back(story: Story) -> None:
    undone = {
        name: sum(
            len(data["undone"]) for _, kind, data in told_by(story.connectors[name], "head") if kind == "chain.undo"
        )
        for name in ("left", "right")
    }
    assert max(undone.values()) > 0, "one side's blocks fell out, and nobody was told"
    for connector in story.connectors.values():
        wait_until(
            lambda c=connector: Counter(standing(story, c)) == story.given(), 10, every=0.5, what="the stream's end"
        )


def test_p7_the_irreversible_stream_tells_each_order_once_in_the_chains_order(story: Story) -> None:
    expected = story.in_blocks(story.final)
    for connector in story.connectors.values():
        told = wait_until(
            lambda c=connector: told_until(story, c, len(expected)), 20, every=0.5, what="the feed up to finality"
        )
        assert memos(story, told) == expected
        sequences = [data["global_sequence"] for _, _, data in told]
        assert sequences == sorted(set(sequences))

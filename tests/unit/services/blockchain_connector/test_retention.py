"""The streams keep a bounded number of events, and say so to whom they can no longer tell all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.blockchain_connector.reader.history import Forgotten, History
from services.blockchain_connector.watcher.api import begin, events
from services.blockchain_connector.watcher.feed import Feed
from services.blockchain_connector.watcher.head import HeadFeed
from services.blockchain_connector.watcher.mentions import mentions
from services.shared.web import Problem

KEEP = 10


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    made = Feed(tmp_path / "feed.sqlite", keep=KEEP, index=mentions)
    yield made
    made.close()


def event(block: int, name: str, actor: str, **data: Any) -> dict[str, Any]:
    return {"block_num": block, "name": name, "authorization": [f"{actor}@active"], "data": {"market": "lem", **data}}


def fill(feed: Feed, first: int, last: int) -> None:
    """An event a block, with the block's number as its id."""
    for number in range(first, last + 1):
        bidder = ("alice", "bob")[number % 2]
        item = event(number, "bid", bidder, bidder=bidder, offer=number % 3 + 1)
        feed.add([(str(number), "tbimarket.bid", item)], number)


def gone(feed: Feed | HeadFeed, since: int) -> Problem:
    with pytest.raises(Problem) as caught:
        begin(feed, since)
    assert caught.value.status == 410
    return caught.value


def test_a_feed_keeps_the_newest_events_and_their_ids(feed: Feed) -> None:
    fill(feed, 1, 25)
    assert [item.id for item in feed.after(0)] == list(range(16, 26))
    assert (feed.oldest().id, feed.oldest().block_num, feed.block_num) == (16, 16, 25)


def test_who_is_behind_what_is_kept_hears_it_with_the_oldest_event(feed: Feed) -> None:
    fill(feed, 1, 25)
    problem = gone(feed, 14)
    assert problem.extra == {"oldest": 16, "oldest_block_num": 16}
    assert gone(feed, 0).extra["oldest"] == 16
    assert begin(feed, 15) == 15
    assert begin(feed, 25) == 25
    assert begin(feed, None) == 15


def test_a_feed_of_which_nothing_is_gone_begins_with_its_first_event(feed: Feed) -> None:
    assert (begin(feed, 0), begin(feed, None)) == (0, 0)
    fill(feed, 1, KEEP)
    assert (begin(feed, 0), begin(feed, None)) == (0, 0)


def test_a_stream_that_is_overtaken_by_the_pruning_ends_and_tells_no_gap(feed: Feed) -> None:
    fill(feed, 1, 5)
    stream = events(feed, 0, 0, limit=300)
    assert next(stream).startswith("retry")
    assert "id: 1\n" in next(stream)
    fill(feed, 6, 40)
    told = [text for text in stream if text.startswith("id:")]
    assert [text.split("\n", 1)[0] for text in told] == ["id: 2", "id: 3", "id: 4", "id: 5"]


def test_pruning_survives_a_restart(tmp_path: Path) -> None:
    first = Feed(tmp_path / "feed.sqlite", keep=KEEP)
    fill(first, 1, 25)
    first.close()
    second = Feed(tmp_path / "feed.sqlite", keep=KEEP)
    assert second.oldest().id == 16
    fill(second, 26, 27)
    assert [item.id for item in second.after(15)] == list(range(18, 28))
    second.close()


def test_a_box_forgets_only_what_was_acknowledged(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed.sqlite", keep=KEEP, handing=True)
    fill(feed, 1, 5)
    for number in (1, 3):
        feed.handed(number)
    feed.refused(2, "no such point", 0.0, most=1)
    fill(feed, 6, 25)
    assert [item.id for item in feed.after(0, 4)] == [2, 4, 5, 6]
    assert [letter.item.id for letter in feed.dead_letters()] == [2]
    feed.close()


def test_the_head_stream_keeps_what_may_still_be_taken_back(tmp_path: Path) -> None:
    head = HeadFeed(tmp_path / "head.sqlite", keep=KEEP)
    for number in range(1, 301):
        head.append(number, f"{number:064x}", [("tbimarket.bid", {"block_num": number})])
    head.settle(150)
    first = head.oldest().id
    assert first == 150, "blocks from the last irreversible one on stay, however many"
    assert gone(head, first - 2).extra["oldest"] == first
    assert head.undo(200)[-1] == 201
    head.close()


def test_the_history_of_an_account_is_paged_and_bounded_by_blocks(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed.sqlite", index=mentions)
    fill(feed, 1, 25)
    history = History(feed)
    query = {"from_block": 3, "to_block": 22, "limit": 4, "cursor": None}
    found: list[int] = []
    while True:
        page = history.of_account("bob", query)
        found += [item["block_num"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == list(range(3, 22, 2))
    assert (page["block_num"], page["oldest_block_num"]) == (25, 1)
    feed.close()


def test_the_history_of_an_offer_has_what_names_it_in_its_market(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed.sqlite", index=mentions)
    items = [
        event(2, "bid", "alice", bidder="alice", offer=7),
        event(3, "award", "tbiadmin", offer=7),
        event(4, "logsettle", "tbimarket", balance={"offer": 7, "seller": "carol", "buyer": "alice"}),
        event(5, "bid", "alice", bidder="alice", offer=8),
        {**event(6, "award", "tbiadmin"), "data": {"market": "other", "offer": 7}},
    ]
    feed.add([(str(number), "x", item) for number, item in enumerate(items)], 9)
    history = History(feed)
    query = {"from_block": 1, "to_block": 2**32 - 1, "limit": 100, "cursor": None}
    assert [item["block_num"] for item in history.of_offer("lem", 7, query)["items"]] == [2, 3, 4]
    assert [item["block_num"] for item in history.of_account("carol", query)["items"]] == [4]
    assert [item["block_num"] for item in history.of_account("alice", query)["items"]] == [2, 4, 5]
    assert history.of_account("nobody", query)["items"] == []
    feed.close()


def test_a_history_that_is_no_longer_whole_says_from_where_on_it_is(feed: Feed) -> None:
    fill(feed, 1, 25)
    history = History(feed)
    query: dict[str, Any] = {"from_block": 1, "to_block": 99, "limit": 100, "cursor": None}
    page = history.of_account("bob", query)
    assert ([item["event_id"] for item in page["items"]], page["oldest_block_num"]) == ([17, 19, 21, 23, 25], 16)
    with pytest.raises(Forgotten):
        history.of_account("bob", {**query, "cursor": "3"})


def test_what_an_earlier_version_took_in_is_in_the_history_too(tmp_path: Path) -> None:
    before = Feed(tmp_path / "feed.sqlite")
    fill(before, 1, 5)
    before.close()
    now = Feed(tmp_path / "feed.sqlite", index=mentions)
    fill(now, 6, 7)
    query = {"from_block": 1, "to_block": 99, "limit": 100, "cursor": None}
    assert [item["block_num"] for item in History(now).of_account("bob", query)["items"]] == [1, 3, 5, 7]
    now.close()

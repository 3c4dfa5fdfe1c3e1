"""What happened to an account or an offer, over the blocks: from the feed of what is irreversible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.blockchain_connector.watcher.feed import Feed, Item, Oldest
from services.blockchain_connector.watcher.mentions import of_account, of_offer

_NEWEST: Final = 2**63 - 1


class Forgotten(Exception):  # noqa: N818 - the name says what happened
    """The page would begin before the oldest event that is kept."""

    def __init__(self, oldest: Oldest) -> None:
        super().__init__(f"the oldest event is {oldest.id}, of block {oldest.block_num}")
        self.oldest = oldest


class History:
    """What is told is irreversible and never changes: pages fit together however far the chain goes on."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def last(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """The actions of all, the newest first; there is no page below the oldest that is kept."""
        upto, oldest = self._feed.block_num, self._feed.oldest()
        found = self._feed.before(int(query["cursor"]) if query["cursor"] else _NEWEST, query["limit"] + 1)
        return _told(found, query["limit"], upto, oldest)

    def of_account(self, account: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """The actions that it signed and those that name it, the oldest first. Raises Forgotten."""
        return self._page(of_account(account), query)

    def of_offer(self, market: str, offer: int, query: Mapping[str, Any]) -> dict[str, Any]:
        """The actions that name the offer; its own placing, which carries no id, is its seller's. Raises Forgotten."""
        return self._page(of_offer(market, offer), query)

    def _page(self, what: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """{"items", "next_cursor", "block_num", "oldest_block_num"}: told up to which block, and from which one on."""
        upto, oldest = self._feed.block_num, self._feed.oldest()
        after = int(query["cursor"]) if query["cursor"] else oldest.id - 1
        if after < oldest.id - 1:
            raise Forgotten(oldest)
        blocks = (query["from_block"], min(query["to_block"], upto))
        found = self._feed.about(what, after, blocks, query["limit"] + 1)
        return _told(found, query["limit"], upto, oldest)


def _told(found: Sequence[Item], limit: int, upto: int, oldest: Oldest) -> dict[str, Any]:
    """A page of what was found, one item more than which says that there is another page."""
    items = found[:limit]
    return {
        "items": [{"event_id": item.id, **item.data} for item in items],
        "next_cursor": str(items[-1].id) if len(found) > limit else None,
        "block_num": upto,
        "oldest_block_num": oldest.block_num if oldest.id > 1 else 1,
    }

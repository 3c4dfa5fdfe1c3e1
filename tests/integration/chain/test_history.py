"""Over HTTP at a real chain: what happened to an account and an offer, and what is no longer kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.blockchain_connector.watcher.feed import Feed
from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, Trader
from tests.integration.forecast.pool import Pool

_GONE = 3


@pytest.fixture
def connector(chain: Chain, pool: Pool, tmp_path: Path) -> Iterator[Connector]:
    """Its feed begins now, and has lost its first events."""
    head = chain.client.info().head_block_num
    (tmp_path / "state").mkdir()
    feed = Feed(tmp_path / "state/feed.sqlite", keep=1)
    for number in range(_GONE + 1):
        feed.add([(f"before {number}", "tbitoken.issue", {"block_num": head, "authorization": [], "data": {}})], head)
    feed.close()
    made = Connector(tmp_path, chain.node.url, pool, TBI_KEYS_DIR=str(chain.keys_dir))
    made.start()
    yield made
    made.process.stop()


def traded(chain: Chain) -> tuple[str, Trader, Trader]:
    """Offer 1 of a market's, with two bids of the buyer's."""
    market = chain.open_market(slot_s=4, deadline_s=3600)
    seller, buyer = chain.trader(market), chain.trader(market)
    slot = (int(chain.now()) // 4 + 100) * 4
    units = [{"unit": seller.unit, "generation_wh": 1000, "max_wh": 1000}]
    points = [{"point": seller.point, "consumption_wh": 0, "units": units}]
    chain.as_operator("forecast", "tbimarket", "forecast", market=market, slot=slot, points=points)
    offer = {"unit": seller.unit, "slot": slot, "energy_wh": 1000, "start_price": 200_000, "key": 1}
    chain.push_as(seller, "tbimarket", "offer", market=market, seller=seller.account, **offer)
    for price in (200_000, 210_000):
        chain.push_as(buyer, "tbimarket", "bid", market=market, bidder=buyer.account, offer=1, price=price)
    return market, seller, buyer


def names(connector: Connector, path: str, **query: Any) -> list[str]:
    """All pages, two actions each."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = connector.get(path, limit=2, **query, **more).json()
        found += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_the_history_of_an_offer_and_of_those_who_trade(chain: Chain, connector: Connector) -> None:
    market, seller, buyer = traded(chain)
    of_offer = f"/reader/history/offer/{market}/1"
    wait_until(lambda: names(connector, of_offer) == ["bid", "bid"], 20, what="both bids irreversible")
    of_buyer = names(connector, f"/reader/history/account/{buyer.account}")
    assert [name for name in of_buyer if name in ("regbox", "regpoint", "bid")] == ["regbox", "regpoint", "bid", "bid"]
    assert "offer" in names(connector, f"/reader/history/account/{seller.account}")
    bids = connector.get(of_offer).json()
    first, last = (item["block_num"] for item in bids["items"])
    assert names(connector, of_offer, from_block=first, to_block=last) == ["bid", "bid"]
    assert names(connector, of_offer, from_block=last + 1) == []
    assert bids["block_num"] >= last
    last = connector.get("/reader/history", limit=1).json()
    below = connector.get("/reader/history", limit=1000, cursor=last["next_cursor"]).json()
    assert (last["items"][0]["name"], below["next_cursor"]) == ("bid", None)
    ids = [item["event_id"] for item in last["items"] + below["items"]]
    assert ids == list(range(ids[0], _GONE, -1))


def test_bad_calls_of_the_history(connector: Connector) -> None:
    assert connector.get("/reader/history/account/Nobody").status_code == 400
    assert connector.get("/reader/history/offer/lem/0").status_code == 400
    for query in ({"limit": 0}, {"limit": 1001}, {"from_block": 0}, {"cursor": "x"}, {"page": 1}):
        answer = connector.get("/reader/history/account/nobody", **query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(query)), query
    assert connector.get("/reader/history/account/nobody").json()["items"] == []


def test_what_is_no_longer_kept_is_a_410_that_names_the_oldest_event(connector: Connector) -> None:
    stream = connector.get("/watcher/events", since=_GONE - 1, follow_s=0)
    history = connector.get("/reader/history/account/nobody", cursor=str(_GONE - 1))
    for answer in (stream, history):
        assert (answer.status_code, answer.json()["oldest"]) == (410, _GONE + 1), answer.text
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert connector.get("/watcher/events", since=_GONE, follow_s=0).ok
    assert f"id: {_GONE + 1}\n" in connector.get("/watcher/events", follow_s=0).text

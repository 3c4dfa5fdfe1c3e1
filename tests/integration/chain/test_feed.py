"""The cloud side's feed: every irreversible action once, resumed where its reader was, for so many readers at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import requests

from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.stream import events_of
from tests.integration.chain.support import Chain, random_name
from tests.integration.forecast.pool import Pool


def test_the_cloud_side_feeds_every_irreversible_market_action_once(chain: Chain, pool: Pool, tmp_path: Path) -> None:
    head = chain.client.info().head_block_num
    connector = _cloud_side(chain, pool, tmp_path)
    connector.start()
    try:
        memos = [random_name() for _ in range(6)]
        for number, memo in enumerate(memos):
            if number in (2, 4):
                connector.process.kill()
                connector.start()
            data = {"to": "tbievu", "quantity": "0.000001 EUR", "memo": memo}
            issue = {"account": "tbitoken", "name": "issue", "data": data}
            assert connector.post(random_name(), issue, confirm="irreversible").status_code == 200
        everything = wait_until(lambda: _with(connector, memos), 20, what="all memos in the feed")
        assert [data["data"]["memo"] for _, kind, data in everything if kind == "tbitoken.issue"] == memos
        for _, kind, data in everything:
            assert data["transaction_id"]
            assert data["block_num"] >= head
            assert abs(data["block_time"] - chain.now()) < 60
            assert kind == f"{data['account']}.{data['name']}"
        sequences = [data["global_sequence"] for _, _, data in everything]
        assert sequences == sorted(set(sequences))
        third = everything[2][0]
        resumed = connector.get("/watcher/events", since=third, follow_s=0)
        assert resumed.headers["Content-Type"].startswith("text/event-stream")
        assert events_of(resumed.text) == everything[3:]
        assert events_of(connector.get("/watcher/events", since=third, follow_s=30, limit=2).text) == everything[3:5]
        connector.headers["Last-Event-ID"] = str(everything[4][0])
        assert events_of(connector.get("/watcher/events", since=0, follow_s=0).text) == everything[5:]
    finally:
        connector.process.stop()


def _cloud_side(chain: Chain, pool: Pool, folder: Path) -> Connector:
    """A connector of the operator's, whose feed begins now."""
    head = str(chain.client.info().head_block_num)
    return Connector(folder, chain.node.url, pool, TBI_KEYS_DIR=str(chain.keys_dir), TBI_WATCH_FROM_BLOCK=head)


def _with(connector: Connector, memos: list[str]) -> list[tuple[int, str, dict[str, Any]]] | None:
    found = events_of(connector.get("/watcher/events", follow_s=0).text)
    there = {data["data"].get("memo") for _, _, data in found}
    return found if set(memos) <= there else None


def test_a_stream_tells_what_happens_while_it_is_open(chain: Chain, pool: Pool, tmp_path: Path) -> None:
    connector = _cloud_side(chain, pool, tmp_path)
    connector.start()
    texts: list[str] = []
    listening = threading.Thread(
        target=lambda: texts.append(connector.get("/watcher/events", follow_s=6).text), daemon=True
    )
    try:
        listening.start()
        memo = random_name()
        data = {"to": "tbievu", "quantity": "0.000001 EUR", "memo": memo}
        connector.post(random_name(), {"account": "tbitoken", "name": "issue", "data": data})
        listening.join(20)
        assert [d["data"]["memo"] for _, _, d in events_of(texts[0])] == [memo]
    finally:
        connector.process.stop()


def test_who_goes_away_leaves_his_thread_to_others(chain: Chain, pool: Pool, tmp_path: Path) -> None:
    connector = _cloud_side(chain, pool, tmp_path)
    connector.start()
    try:
        streams = [
            requests.get(
                f"{connector.url}/watcher/events", {"follow_s": 300}, headers=connector.headers, stream=True, timeout=20
            )
            for _ in range(8)
        ]
        assert [answer.status_code for answer in streams] == [200] * 8
        full = connector.get("/watcher/events", follow_s=0)
        assert (full.status_code, full.headers["Retry-After"]) == (503, "5")
        for answer in streams:
            answer.close()
        wait_until(lambda: connector.get("/watcher/events", follow_s=0).ok, 15, what="a place for another stream")
        assert connector.get("/reader/info").ok
    finally:
        connector.process.stop()


def test_bad_calls_of_the_feed(chain: Chain, pool: Pool, tmp_path: Path) -> None:
    connector = _cloud_side(chain, pool, tmp_path)
    connector.start()
    try:
        bad: tuple[dict[str, Any], ...] = (
            *({"since": -1}, {"since": "x"}, {"follow_s": 301}, {"follow_s": -1}, {"limit": 0}, {"limit": "all"}),
            *({"until": 1}, {"since": 2**63}),
        )
        for query in bad:
            answer = connector.get("/watcher/events", **query)
            assert (answer.status_code, list(answer.json()["errors"])) == (400, list(query)), query
        connector.headers["Last-Event-ID"] = "-1"
        answer = connector.get("/watcher/events")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Last-Event-ID"])
        for headers, status in ((pool.header("User"), 403), ({}, 401), (pool.header(), 403)):
            assert requests.get(f"{connector.url}/watcher/events", headers=headers, timeout=5).status_code == status
        for group in ("Admin", "EVU"):
            feed = f"{connector.url}/watcher/events?follow_s=0"
            assert requests.get(feed, headers=pool.header(group), timeout=5).status_code == 200
    finally:
        connector.process.stop()

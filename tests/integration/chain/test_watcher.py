"""The watcher: every event once in effect, through restarts of either side; and a feed that can be resumed."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, Trader, free_port, random_name
from tests.integration.forecast.pool import Pool


class BoxLogicDoor:
    """Where CLS-Box-Logic takes events, with a switch: it can be away, or take an event and lose the answer."""

    def __init__(self, secret: str) -> None:
        self.port = free_port()
        self.secret = secret
        self.taken: list[dict[str, Any]] = []
        self.lose_answers = False
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["Authorization"] != f"Bearer {door.secret}":
                    self.send_error(401)
                    return
                door.taken.append({**body, "path": self.path})
                if door.lose_answers:
                    return
                answer = b'{"job_id": "1"}'
                self.send_response(202)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's signature
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def ids(self) -> list[str]:
        return [event["event_id"] for event in self.taken]


@pytest.fixture
def trader(chain: Chain) -> Trader:
    return chain.trader(chain.open_market(slot_s=4, deadline_s=3600))


@pytest.fixture
def box(chain: Chain, trader: Trader, tmp_path: Path) -> Iterator[tuple[Connector, BoxLogicDoor]]:
    config = tmp_path / "box.json"
    config.write_text(json.dumps({"name": "box1", "account": trader.account}))
    port = free_port()
    door = BoxLogicDoor("")
    connector = Connector(
        tmp_path,
        chain.node.url,
        TBI_BOX_CONFIG=str(config),
        TBI_TPM_API_URL=f"http://127.0.0.1:{port}",
        TBI_CLS_BOX_LOGIC_URL=f"http://127.0.0.1:{door.port}/cls-box-logic/api/v1",
        TBI_WATCH_INTERVAL_S="0.2",
    )
    door.secret = connector.headers["Authorization"].removeprefix("Bearer ")
    door.open()
    connector.start()
    yield connector, door
    connector.process.stop()
    door.close()


def _raise(chain: Chain, who: Trader, slot: int) -> None:
    data = {"point": who.point, "slot": slot, "energy_wh": 0, "buyer": "", "kind": "senddata"}
    chain.as_operator("event", "tbiclsbox", "raise", market=who.market, box=who.account, **data)


def _slots(chain: Chain, count: int) -> list[int]:
    first = int(chain.now()) // 4 * 4 + 4
    return [first + 4 * n for n in range(count)]


def test_m_evt_02_events_reach_the_box_logic_once_each(
    chain: Chain, trader: Trader, box: tuple[Connector, BoxLogicDoor]
) -> None:
    connector, door = box
    first, second, third, fourth = _slots(chain, 4)
    _raise(chain, trader, first)
    wait_until(lambda: door.taken, 10, what="the event at the box logic")
    assert door.taken[0] == {
        "event_id": f"1.{trader.market}.{trader.point}.{first}",
        "market": trader.market,
        "kind": "senddata",
        "point": trader.point,
        "slot": first,
        "by_hand": True,
        "path": "/cls-box-logic/api/v1/event",
    }

    connector.process.kill()  # the watcher is away
    _raise(chain, trader, second)
    connector.start()
    wait_until(lambda: len(door.taken) == 2, 10, what="the event that was raised meanwhile")

    door.close()  # the box logic is away
    _raise(chain, trader, third)
    wait_until(lambda: "waits" in connector.process.log.read_text(), 10, what="a vain try")
    connector.process.kill()
    connector.start()
    door.open()
    wait_until(lambda: len(door.taken) == 3, 30, what="the event after the box logic's return")

    _raise(chain, trader, fourth)
    wait_until(lambda: len(door.taken) == 4, 10, what="the fourth event")
    assert [event["slot"] for event in door.taken] == [first, second, third, fourth]
    assert set(Counter(door.ids()).values()) == {1}


def test_p7_an_unacknowledged_event_comes_again_under_its_id(
    chain: Chain, trader: Trader, box: tuple[Connector, BoxLogicDoor]
) -> None:
    """Taken, but the answer was lost: it is handed again, by the id that makes it one in effect."""
    connector, door = box
    door.lose_answers = True
    (slot,) = _slots(chain, 1)
    _raise(chain, trader, slot)
    wait_until(lambda: len(door.taken) >= 2, 15, what="a second try")
    connector.process.kill()
    door.lose_answers = False
    connector.start()
    wait_until(lambda: _handed(connector) == 1, 15, what="the acknowledgement")
    count = len(door.taken)
    connector.process.kill()
    connector.start()
    _raise(chain, trader, slot + 4)
    wait_until(lambda: door.taken[-1]["slot"] == slot + 4, 10, what="the next event")
    assert len(door.taken) == count + 1, "an acknowledged event came again"
    assert len(set(door.ids())) == 2


def _handed(connector: Connector) -> int:
    return len(_events(connector.get("/watcher/events", follow_s=0).text))


def _events(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """(id, event, data) of a stream's text."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


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
        assert _events(resumed.text) == everything[3:]
        assert _events(connector.get("/watcher/events", since=third, follow_s=30, limit=2).text) == everything[3:5]
        connector.headers["Last-Event-ID"] = str(everything[4][0])
        assert _events(connector.get("/watcher/events", since=0, follow_s=0).text) == everything[5:]
    finally:
        connector.process.stop()


def _cloud_side(chain: Chain, pool: Pool, folder: Path) -> Connector:
    """A connector of the operator's, whose feed begins now."""
    head = str(chain.client.info().head_block_num)
    return Connector(folder, chain.node.url, pool, TBI_KEYS_DIR=str(chain.keys_dir), TBI_WATCH_FROM_BLOCK=head)


def _with(connector: Connector, memos: list[str]) -> list[tuple[int, str, dict[str, Any]]] | None:
    found = _events(connector.get("/watcher/events", follow_s=0).text)
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
        assert [d["data"]["memo"] for _, _, d in _events(texts[0])] == [memo]
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

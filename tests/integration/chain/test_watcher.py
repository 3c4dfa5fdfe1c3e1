"""The watcher: every event once in effect, through restarts of either side."""

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
from tests.integration.chain.support import Chain, Trader, free_port


class BoxLogicDoor:
    """Where CLS-Box-Logic takes events, with a switch: it can be away, or take an event and lose the answer."""

    def __init__(self, secret: str) -> None:
        self.port = free_port()
        self.secret = secret
        self.taken: list[dict[str, Any]] = []
        self.lose_answers = False
        self.refused: set[int] = set()
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["Authorization"] != f"Bearer {door.secret}":
                    self.send_error(401)
                    return
                if body["slot"] in door.refused:
                    self.send_error(400)
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


def test_an_event_that_the_box_logic_refuses_is_a_dead_letter_until_it_is_retried(
    chain: Chain, trader: Trader, box: tuple[Connector, BoxLogicDoor]
) -> None:
    connector, door = box
    bad, good = _slots(chain, 2)
    door.refused = {bad}
    _raise(chain, trader, bad)
    _raise(chain, trader, good)
    wait_until(lambda: door.taken, 20, what="the event behind the refused one")
    (letter,) = connector.get("/watcher/dead-letters").json()["items"]
    assert (letter["id"], letter["attempts"]) == (f"1.{trader.market}.{trader.point}.{bad}", 5)
    assert (
        'tbi_connector_dead_letters{part="watcher"} 1.0'
        in requests.get(connector.url.split("/blockchain-connector")[0] + "/metrics", timeout=5).text
    )
    door.refused = set()
    retry = f"{connector.url}/watcher/dead-letters/{letter['id']}/retry"
    assert requests.post(retry, headers=connector.headers, timeout=5).json() == {"id": letter["id"], "state": "waiting"}
    wait_until(lambda: len(door.taken) == 2, 10, what="the event that was handed again")
    assert [event["slot"] for event in door.taken] == [good, bad]
    assert connector.get("/watcher/dead-letters").json() == {"items": []}
    assert requests.post(retry, headers=connector.headers, timeout=5).json()["state"] == "done"
    unknown = retry.replace(letter["id"], "nosuch")
    assert requests.post(unknown, headers=connector.headers, timeout=5).status_code == 404


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
    wait_until(lambda: _is_acknowledged(connector, door.ids()[0]), 15, what="the acknowledgement")
    count = len(door.taken)
    connector.process.kill()
    connector.start()
    _raise(chain, trader, slot + 4)
    wait_until(lambda: door.taken[-1]["slot"] == slot + 4, 10, what="the next event")
    assert len(door.taken) == count + 1, "an acknowledged event came again"
    assert len(set(door.ids())) == 2


def _is_acknowledged(connector: Connector, event_id: str) -> bool:
    """Of an event that is no dead letter, a retry changes nothing and tells where it stands."""
    retry = f"{connector.url}/watcher/dead-letters/{event_id}/retry"
    answer = requests.post(retry, headers=connector.headers, timeout=5)
    return bool(answer.ok and answer.json()["state"] == "done")

"""The performer: one order, one effect, whatever is killed in between. A real process, a real node."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import requests

from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.proxy import ChainProxy
from tests.integration.chain.support import Chain, random_name
from tests.integration.forecast.pool import Pool


@pytest.fixture
def proxy(chain: Chain) -> Iterator[ChainProxy]:
    made = ChainProxy(lambda: chain.node.url)
    yield made
    made.close()


@pytest.fixture
def connector(chain: Chain, proxy: ChainProxy, pool: Pool, tmp_path: Path) -> Iterator[Connector]:
    made = Connector(tmp_path, proxy.url, pool, TBI_KEYS_DIR=str(chain.keys_dir))
    made.start()
    yield made
    proxy.let_go()
    made.process.stop()


def _issue(memo: str = "") -> dict[str, Any]:
    data = {"to": "tbievu", "quantity": "0.000001 EUR", "memo": memo}
    return {"account": "tbitoken", "name": "issue", "data": data}


def _supply(chain: Chain) -> int:
    (row,) = chain.client.rows("tbitoken", "EUR", "stat")
    return int(row["supply"].split()[0].replace(".", ""))


def test_the_same_key_gives_the_same_answer_and_one_effect(chain: Chain, connector: Connector) -> None:
    before, key = _supply(chain), random_name()
    first, second = connector.post(key, _issue()), connector.post(key, _issue())
    assert first.status_code == 200, first.text
    assert first.json() == second.json()
    assert chain.client.transaction(first.json()["transaction_id"]) is not None
    assert _supply(chain) == before + 1


def test_the_same_key_with_another_order_is_a_conflict(connector: Connector) -> None:
    key = random_name()
    assert connector.post(key, _issue("one")).status_code == 200
    other = connector.post(key, _issue("other"))
    assert (other.status_code, other.json()["key_reused"]) == (409, True)
    assert "rule" not in other.json()


def test_a_key_in_flight_is_a_conflict_that_says_when_to_come_again(
    chain: Chain, connector: Connector, proxy: ChainProxy
) -> None:
    before, key = _supply(chain), random_name()
    proxy.hold("/v1/chain/send_transaction", "after")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(connector.post, key, _issue())
        assert proxy.held.wait(10)
        second = connector.post(key, _issue())
        proxy.let_go()
        assert first.result(30).status_code == 200
    assert (second.status_code, second.json()["in_flight"], second.headers["Retry-After"]) == (409, True, "1")
    assert connector.post(key, _issue()).json() == first.result().json()
    assert _supply(chain) == before + 1


def test_m_tok_02_a_refusal_is_a_409_with_its_rule_and_stays_one(connector: Connector) -> None:
    wrong = {"account": "tbitoken", "name": "issue", "data": {"to": "tbievu", "quantity": "0.000000 EUR", "memo": ""}}
    key = random_name()
    first, second = connector.post(key, wrong), connector.post(key, wrong)
    assert (first.status_code, first.json()["rule"]) == (409, "M-TOK-02")
    assert first.json()["detail"].startswith("M-TOK-02: ")
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("path", "when"),
    [
        pytest.param("/v1/chain/get_info", "before", id="accepted, not signed"),
        pytest.param("/v1/chain/send_transaction", "before", id="noted as sent, never sent"),
        pytest.param("/v1/chain/send_transaction", "after", id="sent, answer unread"),
        pytest.param("/v1/trace_api/get_transaction_trace", "after", id="in a block, not confirmed"),
    ],
)
def test_kill_9_in_any_state_loses_nothing_and_doubles_nothing(
    chain: Chain, connector: Connector, proxy: ChainProxy, path: str, when: str
) -> None:
    assert connector.post(random_name(), _issue("warm")).status_code == 200  # the ABI is known from here on
    before, key = _supply(chain), random_name()
    proxy.hold(path, when)
    asking = connector.post_and_lose_the_answer(key, _issue())
    assert proxy.held.wait(10)
    wait_until(lambda: _stands_in_outbox(connector, key), 10, what="the order in the outbox")
    connector.process.kill()
    proxy.let_go()
    asking.join(10)
    connector.start()
    wait_until(lambda: _supply(chain) == before + 1, 20, what="the effect, with nobody asking")
    answer = wait_until(lambda: _settled(connector, key), 20, what="the answer to the same key")
    assert chain.client.transaction(answer["transaction_id"]) is not None
    assert _supply(chain) == before + 1


def _stands_in_outbox(connector: Connector, key: str) -> bool:
    file = connector.process.log.parent / "state/outbox.sqlite-wal"
    return key.encode() in file.read_bytes()


def _settled(connector: Connector, key: str) -> dict[str, Any] | None:
    answer = connector.post(key, _issue())
    assert answer.status_code in (200, 409), answer.text
    return answer.json() if answer.status_code == 200 else None


def test_an_expired_transaction_is_built_anew(chain: Chain, connector: Connector, proxy: ChainProxy) -> None:
    """A node takes it and loses it: only after its expiry is certain a second one is signed."""
    before = _supply(chain)
    lost: set[bytes] = set()

    def swallow(path: str, body: bytes) -> dict[str, Any] | None:
        if path != "/v1/chain/send_transaction" or (lost and body not in lost):
            return None
        lost.add(body)
        return {"transaction_id": "", "processed": {"block_num": 1}}

    proxy.answer_instead = swallow
    answer = connector.post(random_name(), _issue())
    assert answer.status_code == 200, answer.text
    assert len(lost) == 1
    assert _supply(chain) == before + 1


def test_without_a_chain_nothing_is_kept(chain: Chain, connector: Connector, proxy: ChainProxy) -> None:
    assert connector.post(random_name(), _issue("warm"), confirm="irreversible").status_code == 200
    before, key = _supply(chain), random_name()
    chain.node.stop()
    try:
        away = connector.post(key, _issue())
        assert (away.status_code, away.json()["away"]) == (503, "chain")
        assert int(away.headers["Retry-After"]) > 0
        health = requests.get(f"{connector.url}/health", timeout=20).json()
        assert (health["status"], health["checks"]["chain"]["status"]) == ("degraded", "failed")
    finally:
        chain.node.start()
    assert _supply(chain) == before, "refused with 503 before it was sent, yet it took effect"
    assert connector.post(key, _issue()).status_code == 200
    assert _supply(chain) == before + 1


def test_r1_an_order_is_answered_when_a_killed_node_cannot_take_it_back(chain: Chain, connector: Connector) -> None:
    """A lone producer that is killed loses its newest block, and nothing that is irreversible."""
    for number in range(3):
        answer = connector.post(random_name(), _issue(f"kept {number}"))
        assert chain.client.info().last_irreversible_block_num >= answer.json()["block_num"]


def test_what_was_confirmed_is_followed_until_it_is_irreversible(chain: Chain, connector: Connector) -> None:
    answer = connector.post(random_name(), _issue(), confirm="irreversible").json()
    assert answer["block_num"] <= chain.client.info().last_irreversible_block_num


def test_bad_calls(chain: Chain, connector: Connector) -> None:
    ill = {"account": "tbitoken", "name": "issue", "data": {"to": "tbievu"}}
    assert connector.post(random_name(), ill).status_code == 400
    assert connector.post("", _issue()).status_code == 400
    assert connector.post(random_name()).status_code == 400
    foreign = {"account": "eosio", "name": "setcode", "data": {}}
    assert connector.post(random_name(), foreign).status_code == 403
    ours_not = {"account": "tbimarket", "name": "setprices", "data": {}}
    assert connector.post(random_name(), ours_not).status_code == 403
    unsigned = requests.post(f"{connector.url}/performer/transaction", json={}, timeout=5)
    assert unsigned.status_code == 401


def test_reader(chain: Chain, connector: Connector) -> None:
    market = chain.open_market()
    trader = chain.trader(market, units=3)
    first = connector.get("/reader/table/tbiclsbox/units", scope=market, limit=2).json()
    rest = connector.get("/reader/table/tbiclsbox/units", scope=market, limit=2, cursor=first["next_cursor"]).json()
    assert rest["next_cursor"] is None
    assert [row["id"] for row in first["items"] + rest["items"]] == sorted(trader.registered.units.values())
    assert connector.get("/reader/table/tbiclsbox/nosuch").status_code == 404
    assert connector.get("/reader/table/nosuch/nosuch").status_code == 404
    for name in ("z" * 13, "a.."):
        assert connector.get(f"/reader/table/{name}/nosuch").status_code == 400, name
    assert connector.get("/reader/table/tbimarket/markets", limit=0).status_code == 400

    written = connector.post(random_name(), _issue()).json()
    found = connector.get(f"/reader/transaction/{written['transaction_id']}").json()
    assert (found["block_num"], found["actions"][0]["name"]) == (written["block_num"], "issue")
    block = connector.get(f"/reader/block/{written['block_num']}").json()
    assert written["transaction_id"] in [t["transaction_id"] for t in block["transactions"]]
    last = connector.get("/reader/blocks", after=written["block_num"] - 1, limit=100).json()
    assert (last["items"][-1], last["next_cursor"]) == ({**block, "irreversible": ANY}, None)
    below = connector.get("/reader/blocks", cursor=written["block_num"], limit=2).json()
    assert [each["number"] for each in below["items"]] == [written["block_num"] - 1, written["block_num"] - 2]
    assert (block["previous_id"], below["next_cursor"]) == (below["items"][0]["id"], str(written["block_num"] - 2))
    assert connector.get(f"/reader/transaction/{'0' * 64}").status_code == 404
    assert connector.get("/reader/block/4000000000").status_code == 404
    assert connector.get("/reader/info").json()["chain_id"] == chain.client.info().chain_id

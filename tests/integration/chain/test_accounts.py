"""POST /performer/account: made once, with a participant's composition, whatever is killed in between."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from services.shared.chain.accounts import is_keyed
from services.shared.chain.errors import NotFound
from services.shared.wait import wait_until
from tests.integration.chain.connector import Connector
from tests.integration.chain.proxy import ChainProxy
from tests.integration.chain.support import Chain, SoftR1Signer, random_name
from tests.integration.forecast.pool import Pool

KEY = SoftR1Signer().public_key


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


def _make(connector: Connector, name: str, key: str = KEY, headers: dict[str, str] | None = None) -> requests.Response:
    return requests.post(
        f"{connector.url}/performer/account",
        json={"account_name": name, "public_key": key},
        headers=connector.headers if headers is None else headers,
        timeout=30,
    )


def _account(chain: Chain, name: str) -> dict[str, Any] | None:
    try:
        return chain.client.account(name)
    except NotFound:
        return None


def test_m_reg_05_an_account_is_made_with_the_boxs_key_and_known_again(chain: Chain, connector: Connector) -> None:
    name = random_name("h")
    first = _make(connector, name)
    assert first.status_code == 201, first.text
    trace = chain.client.transaction(first.json()["transaction_id"])
    assert trace is not None
    assert trace.block_num == first.json()["block_num"]
    assert [action["authorization"] for action in trace.actions] == [[("eosio", "accounts")]] * 2
    account = _account(chain, name)
    assert account is not None
    assert is_keyed(account, "active", KEY)
    assert account["ram_quota"] == 8192
    owner = next(p for p in account["permissions"] if p["perm_name"] == "owner")["required_auth"]
    assert owner["keys"] == []
    assert [entry["permission"]["actor"] for entry in owner["accounts"]] == ["tbirecovery"]

    again = _make(connector, name)
    assert (again.status_code, again.json()) == (200, {"transaction_id": None, "block_num": None})
    other = _make(connector, name, SoftR1Signer().public_key)
    assert other.status_code == 409
    assert "another key" in other.json()["detail"]
    assert "in_flight" not in other.json()


def test_an_account_that_is_there_since_the_boot_of_a_box_is_known(chain: Chain, connector: Connector) -> None:
    name, signer = chain.account()
    assert _make(connector, name, signer.public_key).status_code == 200
    assert _make(connector, name).status_code == 409


@pytest.mark.parametrize(
    ("path", "when"),
    [
        pytest.param("/v1/chain/get_info", "before", id="accepted, not signed"),
        pytest.param("/v1/chain/send_transaction", "before", id="noted as sent, never sent"),
        pytest.param("/v1/chain/send_transaction", "after", id="sent, answer unread"),
        pytest.param("/v1/trace_api/get_transaction_trace", "after", id="in a block, not confirmed"),
    ],
)
def test_kill_9_in_any_state_leaves_one_account(
    chain: Chain, connector: Connector, proxy: ChainProxy, path: str, when: str
) -> None:
    assert _make(connector, random_name("h")).status_code == 201  # the ABI is known from here on
    name = random_name("h")
    proxy.hold(path, when)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(_make, connector, name)
        assert proxy.held.wait(10)
        twice = _make(connector, name)
        if twice.status_code != 200:  # it stands there already, in the last of the four states
            assert (twice.status_code, twice.json()["in_flight"]) == (409, True)
            assert "Retry-After" in twice.headers
        wait_until(lambda: _stands_in_outbox(connector, name), 10, what="the order in the outbox")
        connector.process.kill()
        proxy.let_go()
        assert isinstance(asking.exception(20), requests.RequestException)
    connector.start()
    wait_until(lambda: _account(chain, name), 20, what="the account, with nobody asking")
    answer = wait_until(lambda: _settled(connector, name), 20, what="the answer to the one who asks again")
    assert answer.status_code in (200, 201)
    assert _make(connector, name).status_code == 200


def _stands_in_outbox(connector: Connector, name: str) -> bool:
    file = connector.process.log.parent / "state/outbox.sqlite-wal"
    return f"account {name}".encode() in file.read_bytes()


def _settled(connector: Connector, name: str) -> requests.Response | None:
    answer = _make(connector, name)
    assert answer.status_code in (200, 201, 409), answer.text
    return None if answer.status_code == 409 else answer


def test_without_a_chain_no_account_is_kept(chain: Chain, connector: Connector) -> None:
    name = random_name("h")
    chain.node.stop()
    try:
        away = _make(connector, name)
        assert (away.status_code, away.json()["away"]) == (503, "chain")
        assert "Retry-After" in away.headers
    finally:
        chain.node.start()
    assert _account(chain, name) is None
    assert _make(connector, name).status_code == 201


def test_accounts_are_made_for_the_manager_alone(pool: Pool, connector: Connector) -> None:
    for headers, status in (
        ({}, 401),
        (pool.header("Admin"), 403),
        (pool.header("EVU"), 403),
        (pool.service("forecast-connector"), 403),
        (pool.service("blockchain-connector"), 403),
    ):
        answer = _make(connector, random_name("h"), headers=headers)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_bad_accounts(connector: Connector) -> None:
    for name in ("", "Household", "a.", "a" * 13, "household6", "eosio", "eosio.new", "tbimarket"):
        answer = _make(connector, name)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["account_name"]), name
    for key in ("", "PUB_R1_", KEY[:-1], KEY.replace("R1", "K1"), f"{KEY[:20]}0{KEY[21:]}", " " + KEY):
        answer = _make(connector, random_name("h"), key)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["public_key"]), key
    for body in (b"", b"[]", b"{}", b"nonsense"):
        answer = requests.post(f"{connector.url}/performer/account", data=body, headers=connector.headers, timeout=5)
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_services_have_their_own_actions_written(pool: Pool, connector: Connector) -> None:
    register = {"account": "tbiclsbox", "name": "regbox", "data": {"market": "lem", "box": "nobody", "key": KEY}}
    forecast = {"account": "tbimarket", "name": "forecast", "data": {"market": "lem", "slot": 1, "points": []}}

    def ask(headers: dict[str, str], *actions: dict[str, Any]) -> requests.Response:
        connector.headers = headers
        return connector.post(random_name(), *actions)

    oracle, manager = pool.service("forecast-connector"), pool.service()
    assert ask(oracle, register).status_code == 403
    assert ask(oracle, forecast, register).status_code == 403
    assert ask(oracle, forecast).json()["rule"] == "M-RAM-03", "the contract's word, not ours"
    assert ask(manager, register).json()["rule"] == "M-REG-05"
    assert ask(pool.service("mastr-connector"), forecast).status_code == 403
    for user in ("Admin", "EVU", "User"):
        assert ask(pool.header(user), forecast).status_code == 403
    limits = {"account": "householdaaa", "ram_bytes": -1, "net_weight": 1, "cpu_weight": 1}
    assert ask(manager, {"account": "eosio", "name": "setalimits", "data": limits}).status_code == 403

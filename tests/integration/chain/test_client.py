"""The chain client against a real node."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.shared.chain.abi import Abi, pack_abi, unpack_abi
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import (
    AbiError,
    AuthorityMissing,
    ChainUnavailable,
    ContractRefused,
    DuplicateTransaction,
    NotFound,
    OutcomeUnknown,
    TransactionExpired,
)
from services.shared.chain.key_file import K1Signer, KeyFileSigner
from services.shared.chain.reading import KeptAbi
from services.shared.chain.rpc import NodeRpc
from services.shared.chain.transaction import Action, SignedTransaction, unpack_transaction
from services.shared.wait import wait_until
from tests.integration.chain.proxy import ChainProxy
from tests.integration.chain.support import Chain, free_port, random_name

_EVU = [("tbievu", "active")]


def _issue(units: int = 1) -> Action:
    return Action("tbitoken", "issue", _EVU, {"to": "tbievu", "quantity": f"0.{units:06d} EUR", "memo": random_name()})


def _evu_euro(chain: Chain) -> int:
    (balance,) = [r["balance"] for r in chain.client.rows("tbitoken", "tbievu", "accounts") if "EUR" in r["balance"]]
    return int(balance.split()[0].replace(".", ""))


@pytest.fixture
def evu(chain: Chain) -> K1Signer:
    return chain.governance.keyring.signer("tbievu")


@pytest.fixture
def proxy(chain: Chain) -> Iterator[ChainProxy]:
    made = ChainProxy(lambda: chain.node.url)
    yield made
    made.close()


def test_rows_are_decoded_with_integers_as_numbers(chain: Chain) -> None:
    (lem,) = chain.client.rows("tbimarket", "tbimarket", "markets", lower="lem", upper="lem", key_type="name")
    assert (lem["market"], lem["slot_s"], lem["evu"]) == ("lem", 900, "tbievu")
    (params,) = chain.client.rows("tbimarket", "lem", "params")
    assert params["credit_line"] == 10_000_000_000, "beyond 2^32 the node would write a string"


def test_rows_page_through_more_than_the_node_gives_at_once(chain: Chain) -> None:
    market = chain.open_market()
    trader = chain.trader(market, units=8)
    ids = [row["id"] for row in chain.client.rows("tbiclsbox", market, "units")]
    assert ids == sorted(trader.registered.units.values())
    pages, key = [], None
    while True:
        page = chain.client.page("tbiclsbox", market, "units", lower=key, limit=3)
        pages.append([row["id"] for row in page.rows])
        key = page.next_key
        if key is None:
            break
    assert pages == [ids[:3], ids[3:6], ids[6:]]
    newest = chain.client.rows("tbiclsbox", market, "units", limit=2, reverse=True)
    assert [row["id"] for row in newest] == ids[:-3:-1]


def test_the_node_decodes_what_we_packed(chain: Chain, evu: K1Signer) -> None:
    """The node's own reading of actions of ours equals our data."""
    account, _ = chain.account()
    authority = {
        "threshold": 2,
        "keys": [{"key": evu.public_key, "weight": 1}],
        "accounts": [{"permission": {"actor": account, "permission": "active"}, "weight": 1}],
        "waits": [{"wait_sec": 60, "weight": 1}],
    }
    name = random_name("n")
    data: list[tuple[str, dict[str, Any]]] = [
        ("newaccount", {"creator": "eosio", "name": name, "owner": authority, "active": authority}),
        ("setalimits", {"account": name, "ram_bytes": 2**40, "net_weight": 1, "cpu_weight": -1}),
    ]
    actions = [Action("eosio", action, [("eosio", "active")], fields) for action, fields in data]
    signer = KeyFileSigner(chain.node.folder / "producer.key")
    traces = _as_the_node_reads_it(chain, chain.client.prepare(actions, [signer]))
    for part in ("owner", "active"):  # the node writes K1 keys in their old form
        traces[0][part]["keys"][0]["key"] = evu.public_key
    traces[1]["ram_bytes"] = int(traces[1]["ram_bytes"])  # and integers beyond 2^32 as texts
    assert traces == [fields for _, fields in data]

    memo = {"to": "tbievu", "quantity": "0.000001 EUR", "memo": "Grüße an die Gegenstelle"}
    signed = chain.client.prepare([Action("tbitoken", "issue", _EVU, memo)], [evu])
    assert _as_the_node_reads_it(chain, signed) == [memo]


def _as_the_node_reads_it(chain: Chain, signed: SignedTransaction) -> list[dict[str, Any]]:
    body = {"signatures": signed.signatures, "compression": 0, "packed_trx": signed.packed.hex()}
    answer = NodeRpc(chain.urls, 5.0).call("/v1/chain/send_transaction", {**body, "packed_context_free_data": ""})
    return [trace["act"]["data"] for trace in answer["processed"]["action_traces"]]


def test_rows_and_abis_are_what_the_node_says(chain: Chain) -> None:
    """Each table of the registry and the market, read by us from bytes and by the node as JSON."""
    market = chain.open_market()
    chain.trader(market, units=2)
    rpc = NodeRpc(chain.urls, 5.0)
    compared = 0
    for contract in ("tbiclsbox", "tbimarket", "tbipool", "tbitoken"):
        definition = rpc.call("/v1/chain/get_abi", {"account_name": contract})["abi"]
        raw = base64.b64decode(rpc.call("/v1/chain/get_raw_abi", {"account_name": contract})["abi"] + "==")
        assert pack_abi(definition) == raw
        assert {k: v for k, v in unpack_abi(raw).items() if v} == {k: v for k, v in definition.items() if v}
        for table in chain.client.abi(contract).tables:
            query = {"code": contract, "scope": market, "table": table, "json": True, "limit": 100}
            theirs = rpc.call("/v1/chain/get_table_rows", query)["rows"]
            assert _plain(chain.client.rows(contract, market, table)) == _plain(theirs)
            compared += len(theirs)
    assert compared >= 8


def _plain(value: Any) -> Any:
    """Without what differs on purpose: the node writes large integers as texts and booleans as numbers."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, str) and value.isdigit() and len(value) < 21:
        return int(value)
    return int(value) if isinstance(value, bool) else value


def test_identical_pushes_of_several_threads_are_as_many_transactions(chain: Chain, evu: K1Signer) -> None:
    before = _evu_euro(chain)
    same = Action("tbitoken", "issue", _EVU, {"to": "tbievu", "quantity": "0.000001 EUR", "memo": "the same"})
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: chain.client.push([same], [evu]), range(24)))
    assert len({receipt.transaction_id for receipt in receipts}) == 24
    assert _evu_euro(chain) == before + 24


def test_the_same_transaction_sent_twice_takes_effect_once(chain: Chain, evu: K1Signer) -> None:
    before = _evu_euro(chain)
    signed = chain.client.prepare([_issue()], [evu])
    assert chain.client.send(signed).transaction_id == chain.client.send(signed).transaction_id == signed.id
    chain.client.confirm(signed, "block", 10)
    assert _evu_euro(chain) == before + 1
    body = {"signatures": signed.signatures, "compression": 0, "packed_trx": signed.packed.hex()}
    with pytest.raises(DuplicateTransaction):  # what the node itself says, 409
        NodeRpc(chain.urls, 5.0).call("/v1/chain/send_transaction", {**body, "packed_context_free_data": ""})


def test_id_and_traces_are_the_chains(chain: Chain, evu: K1Signer) -> None:
    signed = chain.client.prepare([_issue()], [evu])
    assert signed.id == hashlib.sha256(signed.packed).hexdigest()
    assert unpack_transaction(signed.packed).pack() == signed.packed
    chain.client.send(signed)
    receipt = chain.client.confirm(signed, "irreversible", 10)
    assert receipt.block_num <= chain.client.info().last_irreversible_block_num
    assert [(t["account"], t["name"], t["data"]["quantity"]) for t in receipt.traces] == [
        ("tbitoken", "issue", "0.000001 EUR")
    ]


def test_a_wrong_key_is_missing_authority(chain: Chain) -> None:
    _, stranger = chain.account()
    with pytest.raises(AuthorityMissing):
        chain.client.push([_issue()], [stranger])


def test_m_reg_01_a_missing_operator_is_refused_by_rule(chain: Chain) -> None:
    account, signer = chain.account()
    data = {"market": "lem", "box": account, "key": signer.public_key}
    with pytest.raises(ContractRefused) as refused:
        chain.client.push([Action("tbiclsbox", "regbox", [(account, "active")], data)], [signer])
    assert refused.value.rule == "M-REG-01"
    assert not refused.value.message.startswith("M-")


def test_m_tok_02_a_contracts_refusal_carries_its_rule(chain: Chain, evu: K1Signer) -> None:
    data = {"to": "eosio", "quantity": "1.000000 EUR", "memo": ""}
    with pytest.raises(ContractRefused) as refused:
        chain.client.push([Action("tbitoken", "issue", _EVU, data)], [evu])
    assert refused.value.rule == "M-TOK-02"


def test_data_that_does_not_fit_is_not_sent(chain: Chain, evu: K1Signer) -> None:
    with pytest.raises(AbiError, match="quantity"):
        chain.client.push([Action("tbitoken", "issue", _EVU, {"to": "tbievu", "quantity": "1", "memo": ""})], [evu])
    with pytest.raises(AbiError, match="no action"):
        chain.client.push([Action("tbitoken", "nosuch", _EVU, {})], [evu])


def test_what_is_not_there_is_not_found(chain: Chain) -> None:
    with pytest.raises(NotFound):
        chain.client.account("nobodyatall1")
    with pytest.raises(NotFound):
        chain.client.abi("nobodyatall1")
    with pytest.raises(NotFound):
        chain.client.block(2**31)
    assert chain.client.transaction("00" * 32) is None


def test_another_node_serves_when_one_is_away(chain: Chain, evu: K1Signer) -> None:
    client = ChainClient([f"http://127.0.0.1:{free_port()}", chain.node.url])
    before = _evu_euro(chain)
    client.push([_issue()], [evu])
    assert _evu_euro(chain) == before + 1
    with pytest.raises(ChainUnavailable):
        ChainClient([f"http://127.0.0.1:{free_port()}"]).info()


def _swallow_the_first(proxy: ChainProxy) -> set[bytes]:
    """Every sending of the first transaction is answered as if it were accepted, and lost."""
    seen: set[bytes] = set()

    def swallow(path: str, body: bytes) -> dict[str, Any] | None:
        if path != "/v1/chain/send_transaction":
            return None
        first = not seen
        lost = first or body in seen
        if first:
            seen.add(body)
        return {"transaction_id": "", "processed": {"block_num": 1}} if lost else None

    proxy.answer_instead = swallow
    return seen


def test_an_expired_transaction_is_built_and_signed_anew(chain: Chain, evu: K1Signer, proxy: ChainProxy) -> None:
    before = _evu_euro(chain)
    lost = _swallow_the_first(proxy)
    receipt = ChainClient([proxy.url], expiry_s=2).push([_issue()], [evu], timeout_s=20)
    assert len(lost) == 1
    assert receipt.block_num > 0
    assert _evu_euro(chain) == before + 1


def test_expiry_is_certain_only_when_the_irreversible_time_has_passed_it(
    chain: Chain, evu: K1Signer, proxy: ChainProxy
) -> None:
    _swallow_the_first(proxy)
    client = ChainClient([proxy.url], expiry_s=2)
    signed = client.prepare([_issue()], [evu])
    client.send(signed)
    with pytest.raises(OutcomeUnknown) as unknown:
        client.confirm(signed, "block", 0.2)
    assert unknown.value.transaction_id == signed.id
    with pytest.raises(TransactionExpired):
        client.confirm(signed, "block", 20)
    assert chain.client.info().last_irreversible_block_time > signed.expiration


def test_a_lost_answer_is_not_a_second_transaction(chain: Chain, evu: K1Signer, proxy: ChainProxy) -> None:
    """The node accepts, the answer is lost: the client sends the same bytes again and understands the 409."""
    before = _evu_euro(chain)
    proxy.hold("/v1/chain/send_transaction", "after")
    client = ChainClient([proxy.url], timeout_s=1.0)
    with ThreadPoolExecutor(1) as pool:
        pushed = pool.submit(client.push, [_issue()], [evu])
        assert proxy.held.wait(10)
        wait_until(lambda: _evu_euro(chain) == before + 1, 10, what="the effect of the unanswered transaction")
        proxy.let_go()
        assert pushed.result(20).block_num > 0
    assert _evu_euro(chain) == before + 1


def test_a_new_abi_is_noticed(chain: Chain) -> None:
    """An ABI that was read before the contract changed is read again when it does not fit."""
    client = ChainClient(chain.urls)
    client._abis["tbitoken"] = KeptAbi(float("inf"), Abi({}), "")
    assert client.rows("tbitoken", "EUR", "stat")[0]["issuer"] == "tbievu"

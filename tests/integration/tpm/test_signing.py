"""What the TPM API signs over HTTP, and what it refuses."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from services.shared.chain.transaction import PackedAction, Transaction

from .conftest import BOX, CHAIN, TpmApi, action, deposit, names, transaction
from .curve import N, parts, recovered


def digest_of(value: Transaction) -> bytes:
    return hashlib.sha256(bytes.fromhex(CHAIN) + value.pack() + bytes(32)).digest()


def test_p8_two_hundred_signatures_recover_to_the_key_and_all_have_a_low_s(box: TpmApi) -> None:
    key = box.new_key()
    pem = load_pem_public_key(key["pem"].encode())
    assert isinstance(pem, ec.EllipticCurvePublicKey)
    headers = set()
    for nonce in range(200):
        value = transaction(nonce=nonce)
        answer = box.sign(value)
        assert answer.status_code == 200, answer.text
        signature = answer.json()["signature"]
        assert answer.json()["public_key"] == key["public_key"] == recovered(signature, digest_of(value))
        recovery_id, r, s = parts(signature)
        assert s <= N // 2
        pem.verify(encode_dss_signature(r, s), digest_of(value), ec.ECDSA(Prehashed(hashes.SHA256())))
        headers.add(recovery_id)
    assert headers == {0, 1}


def test_eight_threads_at_once_all_get_their_own_signature(box: TpmApi) -> None:
    key = box.new_key()

    def sign(nonce: int) -> bool:
        value = transaction(nonce=nonce)
        answer = box.sign(value)
        return (
            answer.status_code == 200 and recovered(answer.json()["signature"], digest_of(value)) == key["public_key"]
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(sign, range(1000, 1120)))


def test_several_actions_and_a_deposit_are_signed(box: TpmApi) -> None:
    value = transaction(deposit(), action("offer"), action("bid"), action("deliver"), action("withdraw"))
    answer = box.sign(value)
    assert recovered(answer.json()["signature"], digest_of(value)) == box.new_key()["public_key"]


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (action("award"), "tbimarket::award is not among"),
        (action("issue", account="tbitoken"), "tbitoken::issue is not among"),
        (action("updateauth", account="eosio"), "eosio::updateauth is not among"),
        (action("bid", actor="box2"), "must be this box's own"),
        (action("bid", party="box2"), "acts for box2"),
        (deposit("thief"), "transfers to thief"),
        (PackedAction("tbimarket", "bid", ((BOX, "owner"),), names("lem", BOX)), "must be this box's own"),
    ],
)
def test_what_is_not_the_boxs_business_is_a_403_that_names_it(box: TpmApi, refused: PackedAction, words: str) -> None:
    answer = box.sign(transaction(action(), refused))
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert words in answer.json()["errors"]["actions.1"]
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("life_s", [-10, 0, 3700])
def test_an_expiry_out_of_the_next_hour_is_a_403(box: TpmApi, life_s: int) -> None:
    answer = box.sign(transaction(life_s=life_s))
    assert (answer.status_code, set(answer.json()["errors"])) == (403, {"expiration"})


@pytest.mark.parametrize("packed", ["00", "ff" * 64, transaction().pack().hex() + "00", "00" * 20000])
def test_what_is_no_transaction_is_a_400_that_names_the_field(box: TpmApi, packed: str) -> None:
    body = {"label": "account", "chain_id": CHAIN, "packed_trx": packed}
    answer = box.call("POST", "/sign-transaction", body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"packed_trx"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", "Account"),
        ("label", "../secret"),
        ("chain_id", CHAIN.upper()),
        ("chain_id", CHAIN[2:]),
        ("packed_trx", "abc"),
        ("packed_trx", ""),
        ("packed_trx", "ab" * 40000),
        ("digest", "00" * 32),
    ],
)
def test_a_malformed_field_is_a_400_that_names_it(box: TpmApi, field: str, value: str) -> None:
    body = {"label": "account", "chain_id": CHAIN, "packed_trx": transaction().pack().hex(), field: value}
    answer = box.call("POST", "/sign-transaction", body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})


def test_a_journal_head_is_signed_so_that_it_is_no_transaction(box: TpmApi) -> None:
    head = hashlib.sha256(b"a journal's head").digest()
    answer = box.call("POST", "/sign-journal", {"label": "account", "head": head.hex()})
    signature = answer.json()["signature"]
    tagged = hashlib.sha256(b"tbienergy journal v1\0" + head).digest()
    assert recovered(signature, tagged) == box.new_key()["public_key"]
    assert recovered(signature, head) != box.new_key()["public_key"]


def test_an_unknown_key_is_a_404(box: TpmApi) -> None:
    assert box.call("GET", "/key/nobody").status_code == 404
    assert box.sign(transaction(), label="nobody").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/key"),
        ("GET", "/keys"),
        ("GET", "/key/account"),
        ("POST", "/sign-transaction"),
        ("POST", "/sign-journal"),
        ("POST", "/quote"),
        ("GET", "/random?bytes=8"),
    ],
)
@pytest.mark.parametrize("token", [None, "wrong", "x" * 43])
def test_without_the_boxs_secret_every_route_is_a_401(box: TpmApi, method: str, path: str, token: str | None) -> None:
    answer = box.call(method, path, {} if method == "POST" else None, token=token)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_health_and_metrics_need_no_token(box: TpmApi) -> None:
    health = box.call("GET", "/health", token=None).json()
    assert health["status"] == "ok"
    assert health["checks"]["tpm"]["detail"].endswith("lock-out counter 0")
    assert "secret" not in str(health)


@pytest.mark.parametrize("count", [1, 31, 32, 33, 1024])
def test_random_bytes_are_as_many_as_asked_for(box: TpmApi, count: int) -> None:
    first, second = (box.call("GET", f"/random?bytes={count}").json()["random"] for _ in range(2))
    assert len(bytes.fromhex(first)) == len(bytes.fromhex(second)) == count
    assert count == 1 or first != second


@pytest.mark.parametrize("query", ["", "?bytes=0", "?bytes=1025", "?bytes=-1", "?bytes=x", "?bytes=8&bytes=8"])
def test_another_number_of_random_bytes_is_a_400(box: TpmApi, query: str) -> None:
    answer = box.call("GET", f"/random{query}")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"bytes"})

"""Who gets in, and whose orders a box takes: with real tokens of the emulation, and with forged ones.

The connector records what a box would have signed: an order that is refused leaves nothing there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jose import jwt

from tests.integration.box.box import MASTR, SERIAL, Box
from tests.integration.identity.pool import Identity

CLOUD = "background-manager-logic"
BID = {"offer_id": 3, "price_ct_per_kwh": "28"}
ORDERS: dict[str, dict[str, Any]] = {
    "/market/offer": {
        "unit_mastr_nr": MASTR,
        "slot_start": "2030-03-17T17:46:00Z",
        "energy_wh": 1000,
        "start_price_ct_per_kwh": "28.7500",
    },
    "/market/bid": BID,
    "/market/retract": {"offer_id": 3},
    "/market/deposit": {"amount_eur": "5"},
    "/market/withdraw": {"amount_eur": "5"},
}
_STRANGER = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


def forged(real: str) -> str:
    """The same claims and key id under a signature of somebody else's."""
    header = {"kid": jwt.get_unverified_header(real)["kid"]}
    return str(jwt.encode(jwt.get_unverified_claims(real), _STRANGER, "RS256", headers=header))


class Cloud:
    """The server side: it has the service's token, and of a user what he showed."""

    def __init__(self, box: Box, service: str = CLOUD) -> None:
        self.box, self.identity = box, box.identity
        self.service_token = self.identity.service_token(service)

    def ask(self, method: str, path: str, bearer: str | None = None, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {bearer or self.service_token}"}
        return requests.request(method, self.box.url + path, json=body, headers=headers, timeout=20)

    def order(self, path: str, body: Any, key: str | None, user: str | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.service_token}"}
        headers |= {} if key is None else {"Idempotency-Key": key}
        headers |= {} if user is None else {"X-User-Token": user}
        return requests.post(self.box.url + path, json=body, headers=headers, timeout=20)


@pytest.fixture
def cloud(box: Box) -> Cloud:
    return Cloud(box)


@pytest.fixture
def nothing_signed(box: Box) -> Iterator[None]:
    """Fails when the box had anything signed."""
    before = list(box.connector.keys)
    yield
    assert box.connector.keys == before


def problem(answer: requests.Response, status: int, *words: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert (told["status"], told["title"] != "") == (status, True)
    for word in words:
        assert word in told["detail"], told["detail"]
    return told


def test_the_cloud_side_sees_the_box_and_hands_it_no_events(cloud: Cloud, nothing_signed: None) -> None:
    for path in ("/units", "/meters", f"/unit/{MASTR}", f"/meter/{SERIAL}", "/state", "/journal"):
        assert cloud.ask("GET", path).status_code == 200, path
    problem(cloud.ask("POST", "/event", body=cloud.box.event(0)), 403, "the box's own parts")
    problem(cloud.ask("GET", "/job/event-1"), 403, "the box's own parts")


@pytest.mark.parametrize("path", ["/units", "/state", "/journal", "/account-key?nonce=0011223344556677"])
def test_nobody_else_gets_in(cloud: Cloud, path: str) -> None:
    user, other = cloud.identity.tokens("seller"), Cloud(cloud.box, "mastr-connector").service_token
    for token in (user["AccessToken"], user["IdToken"], cloud.identity.tokens("admin")["AccessToken"], other):
        problem(cloud.ask("GET", path, token), 403, "it is allowed to: the box's own parts and background-manager")
    for token in (forged(cloud.service_token), "x" * 43, "a.b.c"):
        problem(cloud.ask("GET", path, token), 401, "not accepted")
    assert requests.get(cloud.box.url + path, timeout=5).status_code == 401


def test_an_account_is_bound_by_the_cloud_side_or_the_box_only(cloud: Cloud) -> None:
    body = {"account_name": "thiefabcdefg", "owner_sub": "sub-of-a-thief"}
    problem(cloud.ask("PUT", "/account", cloud.identity.tokens("admin")["AccessToken"], body), 403)
    problem(cloud.ask("PUT", "/account", body=body), 409, "belongs to")


@pytest.mark.parametrize("path", ORDERS)
def test_every_order_of_the_owner_is_taken_and_none_without_him(cloud: Cloud, path: str) -> None:
    seller, other = (cloud.identity.tokens(role)["AccessToken"] for role in ("seller", "bidder1"))
    before = len(cloud.box.connector.keys)
    problem(cloud.order(path, ORDERS[path], f"none{path}", None), 401, "X-User-Token")
    problem(cloud.order(path, ORDERS[path], f"other{path}", other), 403, "its owner only")
    assert len(cloud.box.connector.keys) == before
    assert cloud.order(path, ORDERS[path], f"own{path}", seller).status_code == 201
    assert len(cloud.box.connector.keys) == before + 1
    by_id = cloud.identity.tokens("seller")["IdToken"]
    assert cloud.order(path, ORDERS[path], f"id{path}", by_id).status_code == 201


Shown = Callable[[Identity], str]
REFUSED: dict[str, tuple[Shown, int, str]] = {
    "empty": (lambda _: "", 401, "there is none"),
    "text": (lambda _: "sesame", 401, "no JWT"),
    "forged": (lambda pool: forged(pool.tokens("seller")["AccessToken"]), 401, "signature"),
    "with a scheme": (lambda pool: "Bearer " + pool.tokens("seller")["AccessToken"], 401, "no JWT"),
    "another user's id token": (lambda pool: pool.tokens("bidder2")["IdToken"], 403, "its owner only"),
    "service token": (lambda pool: pool.service_token(CLOUD), 401, "a service's"),
    "administrator": (lambda pool: pool.tokens("admin")["AccessToken"], 403, "group User"),
    "EVU": (lambda pool: pool.tokens("evu")["AccessToken"], 403, "group User"),
    "another user": (lambda pool: pool.tokens("bidder2")["AccessToken"], 403, "its owner only"),
    "expired": (lambda pool: changed(pool, exp=-60), 401, "expired"),
    "too old": (lambda pool: changed(pool, iat=-3700), 401, "sign in again, or refresh it"),
    "of the future": (lambda pool: changed(pool, iat=600), 401, "future"),
    "without the group": (
        lambda pool: pool.resigned(pool.tokens("seller")["AccessToken"], **{"cognito:groups": ["EVU"]}),
        403,
        "group User",
    ),
}


def changed(pool: Identity, **seconds: int) -> str:
    """The owner's token with other times, signed by the pool itself."""
    now = int(time.time())
    return pool.resigned(pool.tokens("seller")["AccessToken"], **{name: now + by for name, by in seconds.items()})


@pytest.mark.parametrize("name", REFUSED)
def test_an_order_under_another_token_signs_nothing(cloud: Cloud, nothing_signed: None, name: str) -> None:
    shown, status, word = REFUSED[name]
    told = problem(cloud.order("/market/bid", BID, f"refused-{name.replace(' ', '-')}", shown(cloud.identity)), status)
    assert word in told["detail"], told["detail"]
    assert (status == 401) == ("X-User-Token" in told.get("errors", {}))


def test_the_boxs_own_secret_gives_no_orders_either(box: Box, nothing_signed: None) -> None:
    answer = box.session.post(f"{box.url}/market/bid", json=BID, headers={"Idempotency-Key": "alone"}, timeout=5)
    problem(answer, 401, "X-User-Token")


def test_a_captured_order_that_is_sent_again_has_no_second_effect(cloud: Cloud) -> None:
    token = cloud.identity.tokens("seller")["AccessToken"]
    before = len(cloud.box.connector.effects)
    answers = [cloud.order("/market/deposit", {"amount_eur": "7"}, "captured", token) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    assert len(cloud.box.connector.effects) == before + 1
    problem(cloud.order("/market/deposit", {"amount_eur": "8"}, "captured", token), 409, "another order")
    problem(cloud.order("/market/deposit", {"amount_eur": "7"}, None, token), 400, "Idempotency-Key")
    cloud.box.logic.kill()
    cloud.box.logic.start()
    assert cloud.order("/market/deposit", {"amount_eur": "7"}, "captured", token).json() == answers[0].json()
    assert len(cloud.box.connector.effects) == before + 1


def test_the_same_key_with_another_price_is_refused(cloud: Cloud) -> None:
    token = cloud.identity.tokens("seller")["AccessToken"]
    before = len(cloud.box.connector.effects)
    assert cloud.order("/market/bid", BID, "price", token).status_code == 201
    problem(cloud.order("/market/bid", {**BID, "price_ct_per_kwh": "29"}, "price", token), 409, "another order")
    assert len(cloud.box.connector.effects) == before + 1


def test_orders_are_verified_on_while_the_pool_is_away_and_after_a_restart(cloud: Cloud) -> None:
    """The pool's whole emulation ends: neither its keys nor anything else of it can be asked for."""
    token = cloud.identity.tokens("seller")["AccessToken"]
    assert cloud.order("/market/bid", BID, "away-0", token).status_code == 201
    cloud.identity.stop()
    try:
        assert cloud.order("/market/bid", BID, "away-1", token).status_code == 201
        cloud.box.logic.kill()
        cloud.box.logic.start()
        assert cloud.order("/market/bid", BID, "away-2", token).status_code == 201
        problem(cloud.order("/market/bid", BID, "away-3", forged(token)), 401, "signature")
    finally:
        cloud.identity.start()


def test_the_age_of_an_orders_token_is_the_operators_choice(
    identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> None:
    box = Box(tmp_path_factory.mktemp("strict"), identity, TBI_ORDER_TOKEN_MAX_AGE_S="120")
    try:
        box.start()
        cloud = Cloud(box)
        assert cloud.order("/market/bid", BID, "young", changed(identity, iat=-100)).status_code == 201
        problem(cloud.order("/market/bid", BID, "old", changed(identity, iat=-130)), 401, "up to 120 s")
        assert len(box.connector.effects) == 1
    finally:
        box.stop()

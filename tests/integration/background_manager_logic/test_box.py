"""The adapter to the boxes at a real box: what it asks with this service's token, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.background_manager_logic.box import Boxes
from services.background_manager_logic.errors import BoxSilent, BoxWrong, Conflict, OrderRefused, OrderUnanswered
from services.background_manager_logic.problems import PROBLEMS
from services.shared.web import Problem
from services.shared.web.service_token import ServiceTokens
from tests.integration.background_manager_logic.manager import BOX_IP
from tests.integration.box.box import ACCOUNT, MASTR, SERIAL, Box
from tests.integration.box.connector import refused
from tests.integration.identity.pool import Identity

BID = {"offer_id": 3, "price_ct_per_kwh": "28"}
NONCE = "0011223344556677"


def boxes_of(identity: Identity, box: Box, service: str = "background-manager-logic") -> Boxes:
    about = identity.about
    secret = identity.service_secret(service).read_text().strip()
    tokens = ServiceTokens(about["token_url"], about["service_client_ids"][service], secret)
    return Boxes(tokens, int(box.url.split(":")[2].split("/")[0]))


@pytest.fixture
def boxes(identity: Identity, real_box: Box) -> Boxes:
    real_box.connector.refuse = lambda _: None
    real_box.faults()
    return boxes_of(identity, real_box)


def answer_to(call: Callable[[], object]) -> Problem:
    """The problem that a user would see."""
    with pytest.raises(tuple(PROBLEMS)) as caught:
        call()
    return next(PROBLEMS[kind](caught.value) for kind in type(caught.value).__mro__ if kind in PROBLEMS)


def test_box_devices_come_with_their_hashes(boxes: Boxes, real_box: Box) -> None:
    unit, meter = boxes.unit(BOX_IP, MASTR), boxes.meter(BOX_IP, SERIAL)
    assert unit is not None
    assert meter is not None
    assert (unit.hash, unit.meter_serial_number) == (real_box.get(f"/unit/{MASTR}")["hash"], SERIAL)
    assert meter.hash == real_box.get(f"/meter/{SERIAL}")["hash"]
    assert boxes.unit(BOX_IP, "SEE900000000126") is None


def test_box_that_is_told_of_an_event_has_its_connector_look(boxes: Boxes, real_box: Box) -> None:
    before = real_box.connector.looks
    boxes.knock(BOX_IP)
    assert real_box.connector.looks == before + 1


def test_box_order_is_its_owners(boxes: Boxes, real_box: Box, identity: Identity) -> None:
    before = len(real_box.connector.effects)
    told = [boxes.order(BOX_IP, "bid", BID, user_token=real_box.user_token(), key="adapter-1") for _ in range(2)]
    assert told[0] == told[1]
    assert set(told[0]) == {"offer_id", "transaction_id", "block_num"}
    assert len(real_box.connector.effects) == before + 1
    other = identity.tokens("bidder1")["AccessToken"]
    problem = answer_to(lambda: boxes.order(BOX_IP, "bid", BID, user_token=other, key="adapter-2"))
    assert (problem.status, "its owner only" in problem.detail) == (403, True)
    problem = answer_to(lambda: boxes.order(BOX_IP, "bid", BID, user_token="x", key="adapter-3"))
    assert (problem.status, set(problem.errors), problem.headers["WWW-Authenticate"]) == (
        401,
        {"X-User-Token"},
        "Bearer",
    )
    wrong = {"offer_id": 3, "price_ct_per_kwh": "much"}
    problem = answer_to(lambda: boxes.order(BOX_IP, "bid", wrong, user_token=real_box.user_token(), key="adapter-4"))
    assert (problem.status, set(problem.errors)) == (400, {"price_ct_per_kwh"})
    assert len(real_box.connector.effects) == before + 1


def test_box_order_that_the_market_refuses_keeps_its_rule(boxes: Boxes, real_box: Box) -> None:
    real_box.connector.refuse = lambda _: refused("M-BID-02")

    def call() -> object:
        return boxes.order(BOX_IP, "bid", BID, user_token=real_box.user_token(), key="adapter-rule")

    with pytest.raises(OrderRefused) as caught:
        call()
    assert (caught.value.status, caught.value.rule) == (409, "M-BID-02")
    problem = answer_to(call)
    assert (problem.status, problem.extra) == (409, {"rule": "M-BID-02"})


def test_box_order_without_an_answer_is_503(boxes: Boxes, real_box: Box) -> None:
    real_box.connector.refuse = lambda _: (503, {"status": 503, "detail": "The chain does not answer."})
    for ip in (BOX_IP, "127.0.0.9"):
        with pytest.raises(OrderUnanswered) as caught:
            boxes.order(ip, "deposit", {"amount_eur": "1"}, user_token=real_box.user_token(), key="adapter-away")
        problem = PROBLEMS[OrderUnanswered](caught.value)
        assert (problem.status, "Retry-After" in problem.headers) == (503, True)
    real_box.connector.refuse = lambda _: (400, {"status": 400, "detail": "What is this?"})
    with pytest.raises(BoxWrong, match="What is this"):
        boxes.order(BOX_IP, "deposit", {"amount_eur": "1"}, user_token=real_box.user_token(), key="adapter-odd")


def test_box_another_service_is_told_so(identity: Identity, real_box: Box) -> None:
    stranger = boxes_of(identity, real_box, "mastr-connector")
    with pytest.raises(BoxWrong, match="this service's token"):
        stranger.unit(BOX_IP, MASTR)
    with pytest.raises(BoxWrong, match="this service's token"):
        stranger.account_key(BOX_IP, NONCE)
    with pytest.raises(BoxWrong, match="not allowed to mastr-connector"):
        stranger.order(BOX_IP, "bid", BID, user_token=real_box.user_token(), key="stranger")


def test_box_is_bound_once(boxes: Boxes, identity: Identity) -> None:
    owner = identity.user("seller")["sub"]
    assert boxes.bind(BOX_IP, ACCOUNT, owner) == {"account": ACCOUNT, "owner_sub": owner}
    with pytest.raises(Conflict, match="belongs to"):
        boxes.bind(BOX_IP, "anotherabcde", owner)
    with pytest.raises(BoxSilent, match="TPM API"):
        boxes.account_key(BOX_IP, NONCE)
    with pytest.raises(BoxWrong, match="400"):
        boxes.account_key(BOX_IP, "00")


def test_box_without_a_token_of_our_own_is_not_asked(real_box: Box, identity: Identity) -> None:
    tokens = ServiceTokens("http://127.0.0.1:1/oauth2/token", "client", "secret")
    lost = Boxes(tokens, int(real_box.url.split(":")[2].split("/")[0]))
    with pytest.raises(BoxSilent, match="identity provider"):
        lost.unit(BOX_IP, MASTR)
    assert lost.address("fd00::1").startswith("http://[fd00::1]:")

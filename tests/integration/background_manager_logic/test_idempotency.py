"""Idempotency-Keys: the same key, the same answer, one effect."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from services.shared.web.idempotency import KEEP_S, LEASE_S, Answer, Begun
from services.shared.web.idempotency_mongo import MongoAnswers
from tests.integration.background_manager_logic.manager import BOX_IP, Manager, problem
from tests.integration.box.box import SERIAL
from tests.integration.mongo import Mongo

BODY = {"ip": BOX_IP, "name": "seller", "location": "Trier"}


def test_idempotency_the_same_key_gives_the_same_answer(manager: Manager) -> None:
    first = manager.admin("POST", "/cls-box", BODY, key="k1")
    again = manager.admin("POST", "/cls-box", dict(reversed(BODY.items())), key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    refused = manager.admin("POST", "/cls-box", BODY, key="k2")
    problem(refused, 409, "known already")
    manager.admin("DELETE", f"/cls-box/{BOX_IP}")
    repeated = manager.admin("POST", "/cls-box", BODY, key="k2")
    problem(repeated, 409, "known already")
    assert repeated.content == refused.content
    assert manager.admin("POST", "/cls-box", BODY, key="k3").status_code == 201


def test_idempotency_a_key_stands_for_one_request_of_one_caller(manager: Manager) -> None:
    manager.admin("POST", "/cls-box", BODY, key="k1")
    assert problem(manager.admin("POST", "/cls-box", {**BODY, "name": "x"}, key="k1"), 409)["key_reused"] is True
    other_route = {"serial_number": SERIAL, "cls_box_ip": BOX_IP}
    assert problem(manager.admin("POST", "/grid-meter", other_route, key="k1"), 409)["key_reused"] is True
    assert manager.ask("machine", "POST", "/grid-meter", other_route, key="k1").status_code == 201


def test_idempotency_what_had_no_effect_leaves_the_key_free(manager: Manager) -> None:
    away = {**BODY, "ip": "127.0.0.9"}
    problem(manager.admin("POST", "/cls-box", away, key="k1"), 504)
    problem(manager.admin("POST", "/cls-box", {"ip": 1}, key="k1"), 400)
    assert manager.admin("POST", "/cls-box", BODY, key="k1").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "k" * 101, "ü"])
def test_idempotency_a_key_is_visible_ascii(manager: Manager, key: str) -> None:
    told = problem(manager.admin("POST", "/cls-box", BODY, key=key), 400)
    assert "Idempotency-Key" in told["errors"]


def test_idempotency_many_at_once_have_one_effect(manager: Manager) -> None:
    manager.add_box()
    body = {"serial_number": SERIAL, "cls_box_ip": BOX_IP}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: manager.admin("POST", "/grid-meter", body, key="k1"), range(16)))
    codes = [answer.status_code for answer in found]
    assert set(codes) <= {201, 409}
    assert codes.count(201) >= 1
    assert len({answer.content for answer in found if answer.status_code == 201}) == 1
    for answer in found:
        if answer.status_code == 409:
            problem(answer, 409, "under way")
            assert answer.headers["Retry-After"] == "1"
    assert manager.admin("POST", "/grid-meter", body, key="k1").status_code == 201


def test_idempotency_the_store_claims_keeps_and_forgets(mongo: Mongo) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    moments = [now]
    db = mongo.database(f"answers_{uuid.uuid4().hex}")
    store = MongoAnswers(db["answers"], clock=lambda: moments[0])
    store.prepare()
    store.prepare()
    answer = Answer(201, "application/json", "{}")
    assert store.begin("me", "k", "f", "a1") == Begun("f", "a1", None)
    assert store.begin("me", "k", "f", "a2") == Begun("f", "a1", None), "under way"
    assert store.begin("you", "k", "g", "a3") == Begun("g", "a3", None), "another caller's key"
    moments[0] = now + timedelta(seconds=LEASE_S + 1)
    assert store.begin("me", "k", "other", "a4") == Begun("f", "a1", None), "another request never takes it over"
    assert store.begin("me", "k", "f", "a5") == Begun("f", "a5", None), "the first one's process has died"
    store.finish("me", "k", "a1", answer)
    assert store.begin("me", "k", "f", "a6") == Begun("f", "a5", None), "who lost the claim keeps nothing"
    store.release("me", "k", "a1")
    store.finish("me", "k", "a5", answer)
    store.release("me", "k", "a5")
    assert store.begin("me", "k", "f", "a7") == Begun("f", "a5", answer)
    moments[0] = now + timedelta(seconds=KEEP_S + LEASE_S + 2)
    assert store.begin("me", "k", "g", "a8") == Begun("g", "a8", None), "after seven days the key is free"
    store.release("me", "k", "a8")
    assert store.begin("me", "k", "h", "a9") == Begun("h", "a9", None)
    indexes = db["answers"].index_information()
    assert indexes["expiry"]["expireAfterSeconds"] == KEEP_S
    db.client.drop_database(db.name)
    db.client.close()

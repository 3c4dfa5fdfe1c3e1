"""Whatever dies, no event is lost and none has two effects."""

from __future__ import annotations

from typing import Any

from services.shared.wait import wait_until
from tests.integration.box.box import QUICK, Box


def delivered(box: Box, slot: int) -> list[dict[str, Any]]:
    return [data for data in box.deliveries() if data["market"] == QUICK and data["slot"] == slot]


def test_a_job_that_died_with_its_worker_is_done_by_the_next_one(box: Box) -> None:
    slot = box.quick_slot()
    box.connector.gate.clear()
    box.connector.asked.clear()
    job = box.hand(box.event(slot, QUICK))
    wait_until(box.connector.asked.is_set, 20, what="the worker to send")
    box.worker.kill()
    box.connector.gate.set()
    box.worker.start()
    assert box.result(job)["status"] == "delivered"
    assert len(delivered(box, slot)) == 1
    assert box.connector.keys.count(f"deliver:{QUICK}:{slot}") == 2  # sent twice under one key, one effect


def test_an_event_that_came_while_redis_was_down_is_worked_on_later(box: Box) -> None:
    slot = box.quick_slot()
    box.worker.end()
    box.redis.kill()
    job = box.hand(box.event(slot, QUICK))
    assert box.get(f"/job/{job}")["status"] == "queued"
    assert box.get("/health")["checks"]["redis"]["status"] == "failed"
    box.redis.start()
    box.worker.start()
    assert box.result(job)["status"] == "delivered"
    assert len(delivered(box, slot)) == 1


def test_an_event_survives_a_redis_that_forgot_everything(box: Box) -> None:
    slot = box.quick_slot()
    box.worker.end()
    job = box.hand(box.event(slot, QUICK))
    box.flush_redis()
    box.worker.start()
    assert box.result(job)["status"] == "delivered"


def test_a_worker_outlives_a_restart_of_redis_while_it_is_idle(box: Box) -> None:
    box.result(box.hand(box.event(box.quick_slot(), QUICK)))
    box.wait_for_idle_worker()
    box.redis.kill()
    box.redis.start()
    slot = box.quick_slot()
    assert box.result(box.hand(box.event(slot, QUICK)))["status"] == "delivered"


def test_a_killed_service_goes_on_sampling_and_keeps_its_journal(box: Box) -> None:
    slot = box.quick_slot()
    job = box.hand(box.event(slot, QUICK))
    box.result(job)
    entries = box.get("/journal", limit=1000)["items"]
    box.logic.kill()
    box.logic.start()
    box.wait_for_sampling()
    assert box.get("/journal", limit=1000)["items"][: len(entries)] == entries
    assert box.result(job)["status"] == "delivered"
    assert box.result(box.hand(box.event(box.quick_slot(), QUICK)))["status"] == "delivered"


def test_slots_of_an_outage_arrive_once_each_and_in_order(box: Box) -> None:
    first = box.quick_slot()
    slots = [first, *(box.quick_slot() for _ in range(4))]
    box.connector.refuse = lambda _: (503, {"status": 503, "detail": "The TPM does not answer."})
    jobs = [box.hand(box.event(slot, QUICK)) for slot in slots]
    wait_until(lambda: len([k for k in box.connector.keys if k.startswith("deliver:")]) > 5, 20, what="some tries")
    box.connector.refuse = lambda _: None
    for job in jobs:
        assert box.result(job)["status"] == "delivered"
    assert [data["slot"] for data in box.deliveries() if data["slot"] in slots] == slots

"""From an event to a delivery: real OpenEMS simulator, real Redis, real worker."""

from __future__ import annotations

from typing import Any

import requests

from services.cls_box_logic.journal import iso_slot
from services.shared.wait import wait_until
from tests.integration.box.box import POINT, QUICK, SLOT_S, UNIT, Box
from tests.integration.box.connector import Answer, refused


def test_a_slots_energy_arrives_to_the_wh(box: Box) -> None:
    slot = box.slot() + SLOT_S
    box.schedule(("pvInverter0", slot, 1200), ("meter1", slot, 300), ("meter1", slot + SLOT_S, 7))
    box.wait_for_end(slot)
    outcome = box.result(box.hand(box.event(slot)))
    assert outcome["status"] == "delivered"
    assert len(outcome["transaction_id"]) == 64
    data = box.deliveries()[-1]
    assert data["slot"] == slot
    reading = {"point": POINT, "fed_in_wh": 900, "consumed_wh": 0, "units": [{"unit": UNIT, "produced_wh": 1200}]}
    assert data["readings"] == [reading]
    box.wait_for_end(slot + SLOT_S)
    box.result(box.hand(box.event(slot + SLOT_S)))
    assert box.deliveries()[-1]["readings"][0]["consumed_wh"] == 7


def test_the_same_event_again_is_the_same_job_and_one_effect(box: Box) -> None:
    slot = box.quick_slot()
    before = len(box.deliveries())
    first = box.hand(box.event(slot, QUICK))
    assert [box.hand(box.event(slot, QUICK)) for _ in range(3)] == [first] * 3
    box.result(first)
    assert box.hand(box.event(slot, QUICK)) == first
    assert box.result(box.hand(box.event(slot, QUICK, number=99)))["status"] == "delivered"  # raised by hand as well
    assert len(box.deliveries()) == before + 1


def test_another_content_under_the_same_id_is_refused(box: Box) -> None:
    slot = box.quick_slot()
    event = box.event(slot, QUICK)
    box.result(box.hand(event))
    assert box.post("/event", {**event, "point": 77}).status_code == 409


def test_the_idempotency_key_names_market_and_slot(box: Box) -> None:
    slot = box.quick_slot()
    box.result(box.hand(box.event(slot, QUICK)))
    assert f"deliver:{QUICK}:{slot}" in box.connector.keys


def test_m_del_02_a_slot_that_is_there_already_counts_as_delivered(box: Box) -> None:
    slot = box.quick_slot()
    box.connector.refuse = lambda _: refused("M-DEL-02")
    outcome = box.result(box.hand(box.event(slot, QUICK)))
    assert (outcome["status"], outcome["already"]) == ("delivered", True)


def test_m_del_03_a_delivery_that_was_too_early_is_sent_again_under_a_new_key(box: Box) -> None:
    slot = box.quick_slot()
    refusals = [refused("M-DEL-03")]
    box.connector.refuse = lambda _: refusals.pop() if refusals else None
    assert box.result(box.hand(box.event(slot, QUICK)))["status"] == "delivered"
    assert f"deliver:{QUICK}:{slot}:1" in box.connector.keys


def test_a_refusal_for_good_is_reported_and_not_repeated(box: Box) -> None:
    slot = box.quick_slot()
    box.connector.refuse = lambda _: refused("M-DEL-01")
    outcome = box.result(box.hand(box.event(slot, QUICK)))
    assert (outcome["status"], outcome["rule"]) == ("refused", "M-DEL-01")


def test_while_the_chain_is_away_the_same_delivery_is_tried_again(box: Box) -> None:
    slot = box.quick_slot()
    away: list[Answer] = [(503, {"status": 503, "detail": "The chain does not answer."})] * 2
    box.connector.refuse = lambda _: away.pop() if away else None
    assert box.result(box.hand(box.event(slot, QUICK)))["status"] == "delivered"
    assert box.connector.keys.count(f"deliver:{QUICK}:{slot}") == 3


def test_a_counter_that_went_back_is_missing_and_nothing_is_sent(box: Box) -> None:
    slot = box.slot() + SLOT_S
    box.schedule(("pvInverter0", slot - SLOT_S, 5000))
    wait_until(lambda: box.get("/meters")["items"][0]["fed_in_wh_total"] > 1000, 10, what="a counter")
    box.wait_for_end(slot - SLOT_S)
    box.wait_for_sample(slot)
    box.faults(counter_back={"component": "meter0", "wh": 200})
    box.wait_for_end(slot)
    before = len(box.deliveries())
    outcome = box.result(box.hand(box.event(slot)))
    assert outcome["status"] == "missing"
    assert "went back" in outcome["reason"]
    assert len(box.deliveries()) == before
    missing = [e for e in journal(box) if e["kind"] == "missing"]
    assert missing[-1]["data"]["point"] == POINT


def test_a_counter_without_a_value_at_the_border_is_missing(box: Box) -> None:
    slot = box.slot() + SLOT_S
    box.wait_for_sample(slot - SLOT_S)
    box.faults(nulls="meter0/.*")
    wait_until(lambda: box.get("/state")["sampler"]["trouble"], 10, what="the sampler to see it")
    box.wait_for_end(slot)
    box.faults()
    outcome = box.result(box.hand(box.event(slot)))
    assert outcome["status"] == "missing"
    assert "no value" in outcome["reason"]


def test_an_inverter_that_sleeps_does_not_keep_the_meter_from_delivering(box: Box) -> None:
    box.faults(nulls="pvInverter0/.*")
    wait_until(lambda: box.get("/state")["sampler"]["trouble"], 10, what="the sampler to see it")
    slot = box.slot()
    box.schedule(("meter1", slot, 50))
    box.wait_for_end(slot)
    assert box.result(box.hand(box.event(slot)))["status"] == "delivered"
    assert box.deliveries()[-1]["readings"] == [{"point": POINT, "fed_in_wh": 0, "consumed_wh": 50, "units": []}]


def test_a_border_missed_while_openems_was_off_is_substituted_and_no_energy_is_lost(box: Box) -> None:
    first = box.slot() + SLOT_S
    slots = [first, first + SLOT_S]
    box.schedule(*(("pvInverter0", slot, 1000) for slot in slots))
    box.wait_for_sample(first)
    box.faults(offline=True)
    box.wait_for_end(first)
    wait_until(lambda: box.get("/state")["sampler"]["trouble"], 10, what="the sampler to see it")
    box.faults()
    box.wait_for_end(slots[1])
    for slot in slots:
        assert box.result(box.hand(box.event(slot)))["status"] == "delivered"
    last = {data["slot"]: data["readings"][0]["fed_in_wh"] for data in box.deliveries()}
    assert sum(last[slot] for slot in slots) == 2000
    measured = [e for e in journal(box) if e["kind"] == "measured" and e["slot_start"] == iso_slot(first)]
    assert measured[0]["data"]["substituted"] is True


def test_an_event_for_a_point_that_is_not_the_boxs_is_missing_and_delivers_the_own_points(box: Box) -> None:
    slot = box.quick_slot()
    outcome = box.result(box.hand(box.event(slot, QUICK, point=77)))
    assert outcome["status"] == "missing"
    assert box.result(box.hand(box.event(slot, QUICK)))["status"] == "delivered"


def test_the_journal_tells_the_whole_story_in_order(box: Box) -> None:
    start = journal(box)[-1]["seq"]
    slot = box.slot()
    box.schedule(("pvInverter0", slot, 40))
    box.wait_for_end(slot)
    box.result(box.hand(box.event(slot)))
    entries = box.get("/journal", since=start)["items"]
    assert [entry["kind"] for entry in entries] == ["event", "measured", "sent"]
    assert entries[1]["data"]["fed_in_wh"] == 40
    assert len(entries[2]["data"]["transaction_id"]) == 64


def test_without_the_boxs_secret_nobody_gets_in(box: Box) -> None:
    for path in ("/journal", "/units", "/state"):
        assert requests.get(box.url + path, timeout=5).status_code == 401
    assert requests.post(box.url + "/event", json=box.event(0), timeout=5).status_code == 401
    assert requests.get(box.url + "/health", timeout=5).status_code == 200


def journal(box: Box) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    since = 0
    while True:
        page = box.get("/journal", since=since, limit=1000)
        if not page["items"]:
            return found
        found += page["items"]
        since = page["next_since"]

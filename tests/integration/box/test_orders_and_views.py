"""Orders and views of a running box."""

from __future__ import annotations

from typing import Any

from market.values import salted_hash
from services.cls_box_logic.domain.orders import key_from
from services.cls_box_logic.journal import iso_slot
from services.shared.wait import wait_until
from tests.integration.box.box import ACCOUNT, MARKET, MASTR, PARTICIPANT, QUICK, SALT, SERIAL, SLOT_S, UNIT, Box
from tests.integration.box.connector import Answer, refused


def offer(**changes: Any) -> dict[str, Any]:
    body = {
        "unit_mastr_nr": MASTR,
        "slot_start": "2030-03-17T17:46:00Z",
        "energy_wh": 1000,
        "start_price_ct_per_kwh": "28.7500",
    }
    return {**body, **changes}


def book(box: Box, number: int, key: int, slot: int, price: int = 287_500) -> None:
    """What the chain would show after an offer."""
    row = {"id": number, "seller_key": slot << 32 | PARTICIPANT, "client_key": str(key), "unit": UNIT}
    box.connector.tables["tbimarket", "offers", MARKET].append({**row, "energy_wh": 1000, "start_price": price})


def test_m_off_07_an_offer_is_placed_once_whatever_is_repeated(box: Box) -> None:
    slot = 1_900_000_000 - 1_900_000_000 % 60
    body = offer(slot_start=iso_slot(slot))
    book(box, 31, key_from("first"), slot)
    before = len(box.connector.effects)
    answers = [box.post("/market/offer", body, "first") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json()["offer_id"] == 31
    assert answers[1].json() == answers[2].json() == answers[0].json()
    assert len(box.connector.effects) == before + 1
    data = box.connector.effects[-1][1]["data"]
    assert (data["seller"], data["unit"], data["start_price"]) == (ACCOUNT, UNIT, 287_500)
    assert data["key"] == key_from("first")
    assert box.post("/market/offer", {**body, "energy_wh": 999}, "first").status_code == 409


def test_m_off_07_an_own_key_stands_for_an_idempotency_key(box: Box) -> None:
    slot = 1_900_000_000 - 1_900_000_000 % 60 + 60
    book(box, 32, 2**64 - 1, slot)
    body = offer(slot_start=iso_slot(slot), key=str(2**64 - 1))
    token = {"X-User-Token": box.user_token()}
    first, second = (box.session.post(f"{box.url}/market/offer", json=body, headers=token, timeout=20) for _ in "ab")
    assert first.json() == second.json()
    assert first.json()["offer_id"] == 32
    assert first.json()["key"] == str(2**64 - 1)


def test_m_off_07_an_offer_that_the_chain_knows_already_is_answered_with_its_id(box: Box) -> None:
    slot = 1_900_000_000 - 1_900_000_000 % 60 + 120
    book(box, 33, 5, slot)
    box.connector.refuse = lambda _: refused("M-OFF-07")
    answer = box.post("/market/offer", offer(slot_start=iso_slot(slot), key="5"))
    assert answer.status_code == 201
    assert answer.json() == {"offer_id": 33, "key": "5", "transaction_id": None, "block_num": None}
    other = box.post("/market/offer", offer(slot_start=iso_slot(slot), key="5", energy_wh=7), "another")
    assert (other.status_code, other.json()["rule"]) == (409, "M-OFF-07")


def test_a_refusal_of_the_market_keeps_its_rule(box: Box) -> None:
    box.connector.refuse = lambda _: refused("M-BID-02")
    answer = box.post("/market/bid", {"offer_id": 3, "price_ct_per_kwh": "28"}, "bid-1")
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["rule"] == "M-BID-02"
    box.connector.refuse = lambda _: None
    assert box.post("/market/bid", {"offer_id": 3, "price_ct_per_kwh": "28"}, "bid-1").status_code == 409
    assert box.post("/market/bid", {"offer_id": 3, "price_ct_per_kwh": "28"}, "bid-2").status_code == 201


def test_an_order_that_the_chain_could_not_take_has_no_answer_yet(box: Box) -> None:
    away: list[Answer] = [(503, {"status": 503, "detail": "The chain does not answer."})]
    box.connector.refuse = lambda _: away.pop() if away else None
    first = box.post("/market/retract", {"offer_id": 3}, "retract-1")
    assert (first.status_code, first.headers["Retry-After"]) == (503, "5")
    assert box.post("/market/retract", {"offer_id": 3}, "retract-1").status_code == 201


def test_money_moves_as_an_asset_with_six_places(box: Box) -> None:
    assert box.post("/market/deposit", {"amount_eur": "12.34"}).status_code == 201
    wanted = {"from": ACCOUNT, "to": "tbimarket", "quantity": "12.340000 EUR", "memo": MARKET}
    assert box.connector.effects[-1][1]["data"] == wanted
    assert box.post("/market/withdraw", {"market": QUICK, "amount_eur": "1"}).status_code == 201
    assert box.connector.effects[-1][1]["data"]["market"] == QUICK


def test_what_the_box_does_not_sign_never_reaches_the_connector(box: Box) -> None:
    before = len(box.connector.effects)
    refusals = {
        403: [
            ("/market/offer", offer(unit_mastr_nr="SEE900000000126")),
            ("/market/offer", offer(energy_wh=50_001)),
            ("/market/bid", {"offer_id": 1, "price_ct_per_kwh": "900"}),
        ],
        400: [
            ("/market/offer", offer(unit_mastr_nr="SEE900000000118")),
            ("/market/offer", offer(energy_wh=0)),
            ("/market/offer", offer(energy_wh=1.5)),
            ("/market/offer", offer(start_price_ct_per_kwh=28.75)),
            ("/market/offer", offer(start_price_ct_per_kwh="28.75001")),
            ("/market/offer", offer(slot_start="2026-10-25T02:30:00")),
            ("/market/offer", offer(slot_start="tomorrow")),
            ("/market/offer", offer(key=str(2**64))),
            ("/market/offer", offer(more=1)),
            ("/market/bid", {"offer_id": 0, "price_ct_per_kwh": "1"}),
            ("/market/deposit", {"amount_eur": "0"}),
            ("/market/deposit", {"market": "UPPER", "amount_eur": "1"}),
        ],
        404: [("/market/offer", offer(market="unknown"))],
    }
    for status, calls in refusals.items():
        for path, body in calls:
            answer = box.post(path, body)
            assert answer.status_code == status, (path, body, answer.text)
    assert len(box.connector.effects) == before


def test_units_and_meters_show_what_openems_shows(box: Box) -> None:
    slot = box.slot()
    box.schedule(("pvInverter0", slot, 1000))
    wait_until(lambda: box.get(f"/unit/{MASTR}")["power_w"] == 3_600_000, 10, what="the inverter's power")
    assert box.get("/units")["items"][0]["mastr_nr"] == MASTR
    meter = box.get(f"/meter/{SERIAL}")
    assert meter["reachable"] is True
    assert meter["hash"] == salted_hash(SALT, SERIAL).hex()
    assert box.get(f"/unit/{MASTR}")["hash"] == salted_hash(SALT, MASTR).hex()
    assert meter["component"] == "meter0"
    assert box.session.get(f"{box.url}/meter/nobody", timeout=5).status_code == 404
    box.faults(offline=True)
    off = box.get(f"/unit/{MASTR}")
    assert (off["reachable"], off["power_w"]) == (False, None)
    assert "OpenEMS" in off["reason"]


def test_energy_is_shown_per_slot_with_its_quality(box: Box) -> None:
    slot = box.slot() + SLOT_S
    box.schedule(("pvInverter0", slot, 700), ("meter1", slot, 100))
    box.wait_for_end(slot)
    box.wait_for_sample(slot + SLOT_S)
    span = {"from": iso_slot(slot - 30 * 86_400), "to": iso_slot(slot - 30 * 86_400 + 2 * SLOT_S)}
    assert {item["quality"] for item in box.get(f"/meter/{SERIAL}/energy", **span)["items"]} == {"missing"}
    span = {"from": iso_slot(slot), "to": iso_slot(slot + 2 * SLOT_S)}
    made = box.get(f"/unit/{MASTR}/energy", **span)
    assert (made["market"], made["slot_s"]) == (MARKET, SLOT_S)
    first = made["items"][0]
    assert first.pop("clock") in ("good", "off", "unknown"), "whatever chrony says of this machine's clock"
    assert first == {"slot_start": iso_slot(slot), "produced_wh": 700, "quality": "measured", "reason": None}
    assert made["items"][1]["quality"] == "pending"
    counted = box.get(f"/meter/{SERIAL}/energy", **span)["items"][0]
    assert (counted["fed_in_wh"], counted["consumed_wh"]) == (600, 0)


def test_health_names_each_neighbour(box: Box) -> None:
    wait_until(lambda: box.get("/health")["status"] == "ok", 10, what="everything to be well")
    assert set(box.get("/health")["checks"]) == {
        *("openems", "connector", "uplink", "tpm", "redis", "sampler", "journal", "disk", "threads")
    }
    box.faults(offline=True)
    health = box.get("/health")
    assert health["status"] == "degraded"
    assert health["checks"]["openems"]["status"] == "failed"

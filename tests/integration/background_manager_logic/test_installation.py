"""Boxes, meters and units, at a real box with its OpenEMS simulator."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.provision.register import MarketRegister
from deploy.local.fill.people import Person
from services.background_manager_logic.box import TIMEOUT_S
from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import (
    BASE,
    BOX_IP,
    LACKING,
    OPERATOR,
    OTHER_OPERATOR,
    Manager,
    problem,
    talker,
)
from tests.integration.box.box import MASTR, SERIAL
from tests.integration.box.processes import Program, answers, free_port, module

UNIT = {"unit_mastr_nr": MASTR, "cls_box_ip": BOX_IP, "marktakteur_mastr_nr": OPERATOR}


def test_cls_box_is_added_when_it_answers_and_known_then(manager: Manager) -> None:
    body = {"ip": BOX_IP, "name": "seller", "location": "Trier"}
    made = manager.admin("POST", "/cls-box", body)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in body} == body
    problem(manager.admin("POST", "/cls-box", body), 409, "known already")
    assert manager.admin("GET", f"/cls-box/{BOX_IP}").json() == made.json()
    assert manager.admin("GET", "/cls-boxes").json() == {"items": [made.json()], "next_cursor": None}


def test_cls_box_that_does_not_answer_is_504_and_not_kept(manager: Manager) -> None:
    answer = manager.admin("POST", "/cls-box", {"ip": "127.0.0.9", "name": "x", "location": "y"})
    problem(answer, 504, "does not answer")
    assert "Retry-After" in answer.headers
    problem(manager.admin("GET", "/cls-box/127.0.0.9"), 404)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"hello"), (200, b"[]"), (200, b'{"status": "fine"}'), (302, b""), (500, b"{}")]
)
def test_cls_box_what_is_no_box_is_502(manager: Manager, status: int, body: bytes) -> None:
    with talker("127.0.0.8", manager.box_port, status, body):
        answer = manager.admin("POST", "/cls-box", {"ip": "127.0.0.8", "name": "x", "location": "y"})
    problem(answer, 502, "no CLS box")


@pytest.mark.parametrize("ip", ["10.0.0.1", "8.8.8.8", "127.0.0", "localhost", "::1", "127.0.0.1:80", "127.1", ""])
def test_cls_box_outside_of_the_boxes_networks_is_not_even_asked(manager: Manager, ip: str) -> None:
    told = problem(manager.admin("POST", "/cls-box", {"ip": ip, "name": "x", "location": "y"}), 400)
    assert "ip" in told["errors"]


def test_cls_boxes_come_in_parts(manager: Manager) -> None:
    ips = [f"127.0.0.{number}" for number in range(20, 25)]
    for ip in ips:
        with talker(ip, manager.box_port, 200, b'{"status": "ok", "version": "0.1.0", "checks": {}}'):
            manager.add_box(ip)
    first = manager.admin("GET", "/cls-boxes", limit=3).json()
    rest = manager.admin("GET", "/cls-boxes", limit=3, cursor=first["next_cursor"]).json()
    assert [box["ip"] for box in first["items"] + rest["items"]] == ips
    assert rest["next_cursor"] is None
    for query in ({"cursor": "bm9uc2Vuc2U"}, {"cursor": "!"}, {"limit": 0}, {"limit": 1001}, {"offset": 1}):
        problem(manager.admin("GET", "/cls-boxes", **query), 400)


def test_grid_meter_is_added_when_the_box_sees_it(manager: Manager) -> None:
    body = {"serial_number": SERIAL, "cls_box_ip": BOX_IP, "kwh_annum": 3500}
    problem(manager.admin("POST", "/grid-meter", body), 404, "no box")
    manager.add_box()
    made = manager.admin("POST", "/grid-meter", body)
    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in body} == body
    problem(manager.admin("POST", "/grid-meter", body), 409, "known already")
    problem(manager.admin("POST", "/grid-meter", {**body, "serial_number": "1TBI999"}), 409, "does not see")
    assert manager.admin("GET", f"/grid-meter/{SERIAL}").json() == made.json()
    assert [meter["serial_number"] for meter in manager.admin("GET", "/grid-meters").json()["items"]] == [SERIAL]
    problem(manager.admin("GET", "/grid-meter/1TBI999"), 404)


def test_grid_meter_and_unit_that_the_box_does_not_reach_are_504(manager: Manager) -> None:
    manager.add_box()
    manager.box.faults(nulls="(meter0|pvInverter0)/.*")
    problem(manager.admin("POST", "/grid-meter", {"serial_number": SERIAL, "cls_box_ip": BOX_IP}), 504, "not reach")
    problem(manager.admin("POST", "/unit", UNIT), 504, "not reach")
    manager.box.faults(offline=True)
    problem(manager.admin("POST", "/unit", UNIT), 504, "not reach")
    assert manager.admin("GET", "/units").json()["items"] == []
    assert manager.admin("GET", "/grid-meters").json()["items"] == []


def test_grid_meter_at_a_box_that_does_not_take_this_services_token_is_502(manager: Manager) -> None:
    body = {"serial_number": SERIAL, "cls_box_ip": "127.0.0.6"}
    with talker("127.0.0.6", manager.box_port, 200, b'{"status": "ok", "version": "0.1.0", "checks": {}}'):
        manager.add_box("127.0.0.6")
    for status in (401, 403):
        with talker("127.0.0.6", manager.box_port, status, b'{"detail": "No."}'):
            problem(manager.admin("POST", "/grid-meter", body), 502, "this service's token")


def test_unit_what_can_be_added_is_in_the_register_seen_at_the_box_and_not_added_yet(manager: Manager) -> None:
    path = f"/marktakteur/{OPERATOR}/units"
    problem(manager.admin("GET", path, cls_box_ip=BOX_IP), 404, "no box")
    manager.add_box()
    found = manager.admin("GET", path, cls_box_ip=BOX_IP).json()["items"]
    assert [(unit["mastr_nr"], unit["reachable"], unit["gross_power_kw"]) for unit in found] == [(MASTR, True, 9.9)]
    assert manager.admin("GET", f"/marktakteur/{OTHER_OPERATOR}/units", cls_box_ip=BOX_IP).json()["items"] == []
    manager.made("/unit", **UNIT)
    assert manager.admin("GET", path, cls_box_ip=BOX_IP).json()["items"] == []
    problem(manager.admin("GET", path), 400, "cls_box_ip")
    problem(manager.admin("GET", "/marktakteur/ABR900000000118/units", cls_box_ip=BOX_IP), 400, "check digit")


def test_unit_is_added_when_register_and_box_have_it(manager: Manager) -> None:
    problem(manager.admin("POST", "/unit", UNIT), 404, "no box")
    manager.add_box()
    made = manager.made("/unit", **UNIT)
    assert (made["mastr_nr"], made["meter_serial_number"], made["unit_type"]) == (MASTR, SERIAL, "PV")
    problem(manager.admin("POST", "/unit", UNIT), 409, "known already")
    problem(manager.admin("POST", "/unit", {**UNIT, "unit_mastr_nr": LACKING}), 409, "does not see")
    problem(manager.admin("POST", "/unit", {**UNIT, "unit_mastr_nr": "SEE900000000140"}), 404, "register")
    other = {**UNIT, "unit_mastr_nr": "SEE900000000133"}
    problem(manager.admin("POST", "/unit", other), 409, "not operated by")
    assert manager.admin("GET", f"/unit/{MASTR}").json() == made


def test_removal_is_refused_while_something_depends_on_it(manager: Manager) -> None:
    manager.add_box()
    manager.made("/grid-meter", serial_number=SERIAL, cls_box_ip=BOX_IP)
    manager.made("/unit", **UNIT)
    problem(manager.admin("DELETE", f"/cls-box/{BOX_IP}"), 409, "depends on it")
    problem(manager.admin("DELETE", f"/grid-meter/{SERIAL}"), 409, f"the unit {MASTR} depends")
    for path in (f"/unit/{MASTR}", f"/grid-meter/{SERIAL}", f"/cls-box/{BOX_IP}"):
        answer = manager.admin("DELETE", path)
        assert (answer.status_code, answer.content) == (204, b"")
        problem(manager.admin("DELETE", path), 404)
    manager.add_box()
    sub = manager.made("/participant", username="seller", cls_box_ip=BOX_IP)["sub"]
    problem(manager.admin("DELETE", f"/cls-box/{BOX_IP}"), 409, "participant seller")
    manager.admin("PATCH", f"/participant/{sub}", {"cls_box_ip": None})
    assert manager.admin("DELETE", f"/cls-box/{BOX_IP}").status_code == 204


def test_removal_and_addition_at_once_leave_no_orphan(manager: Manager) -> None:
    """A meter is added while its box is removed, again and again: never a meter without its box."""
    body = {"serial_number": SERIAL, "cls_box_ip": BOX_IP}
    seen = set()
    with ThreadPoolExecutor(4) as pool:
        for _ in range(15):
            manager.forget()
            manager.add_box()
            added = [pool.submit(manager.admin, "POST", "/grid-meter", body) for _ in range(3)]
            removed = pool.submit(manager.admin, "DELETE", f"/cls-box/{BOX_IP}").result().status_code
            codes = sorted(one.result().status_code for one in added)
            seen.add((removed, codes[0]))
            meters = manager.admin("GET", "/grid-meters").json()["items"]
            boxes = manager.admin("GET", "/cls-boxes").json()["items"]
            assert len(meters) <= len(boxes)
            assert codes.count(201) == len(meters)
            assert (removed == 204) == (boxes == [])
    assert {removed for removed, _ in seen} <= {204, 409}


def test_components_show_who_answers_and_when_one_last_did(manager: Manager) -> None:
    manager.add_box()
    with talker("127.0.0.7", manager.box_port, 200, b'{"status": "degraded", "version": "0.0.7", "checks": {}}'):
        manager.add_box("127.0.0.7")
        found = components(manager)
    register, nobody = found[manager.register.url], found["http://127.0.0.1:1/nobody/api/v1"]
    assert (register["status"], register["health"], register["kind"]) == ("online", "ok", "service")
    assert (nobody["status"], nobody["last_seen"], nobody["version"]) == ("offline", None, None)
    box = found[f"http://{BOX_IP}:{manager.box_port}/cls-box-logic/api/v1"]
    assert (box["status"], box["name"], box["kind"]) == ("online", "seller", "box")
    gone = f"http://127.0.0.7:{manager.box_port}/cls-box-logic/api/v1"
    assert found[gone]["health"] == "degraded"
    now = wait_until(lambda: offline(manager, gone), 30, what="a look at the parts after one of them left")
    assert (now["version"], now["last_seen"] >= found[gone]["last_seen"]) == ("0.0.7", True)


def test_box_that_left_stays_in_the_register_as_such_and_nobody_asks_it(manager: Manager) -> None:
    made = manager.add_box()
    assert made["state"] == "in_use"
    left = manager.admin("PATCH", f"/cls-box/{BOX_IP}", {"state": "retired"})
    assert (left.status_code, left.json()) == (200, {**made, "state": "retired"})
    address = f"http://{BOX_IP}:{manager.box_port}/cls-box-logic/api/v1"
    now = wait_until(lambda: offline(manager, address), 30, what="a look at the parts after it left")
    assert "retired" in now["detail"]
    problem(manager.admin("POST", "/grid-meter", {"serial_number": SERIAL, "cls_box_ip": BOX_IP}), 409, "is retired")
    problem(manager.admin("POST", "/unit", UNIT), 409, "is retired")
    for state, status in (("stolen", 200), ("stolen", 200), ("retired", 409), ("in_use", 400)):
        assert manager.admin("PATCH", f"/cls-box/{BOX_IP}", {"state": state}).status_code == status
    assert manager.admin("GET", f"/cls-box/{BOX_IP}").json()["state"] == "stolen"
    problem(manager.admin("PATCH", "/cls-box/127.0.0.9", {"state": "retired"}), 404)
    assert manager.admin("DELETE", f"/cls-box/{BOX_IP}").status_code == 204


def test_box_that_left_is_told_by_who_provisions_over_the_gateway(manager: Manager) -> None:
    manager.add_box()
    password = manager.identity.user("admin")["password"]
    gateway = manager.url.partition("/background-manager-logic")[0]
    register = MarketRegister(Person(gateway, "admin", password, ""))
    assert register.left(BOX_IP, "stolen").endswith("is stolen")
    assert manager.admin("GET", f"/cls-box/{BOX_IP}").json()["state"] == "stolen"
    assert "has no box" in register.left("127.0.0.9", "retired")
    with pytest.raises(ProvisionError, match="that is not taken back"):
        register.left(BOX_IP, "retired")


def test_components_are_told_without_waiting_for_who_is_silent(manager: Manager) -> None:
    """A box that takes the connection and never answers costs the look its whole time-out, and the reader nothing."""
    with talker("127.0.0.7", manager.box_port, 200, b'{"status": "ok", "version": "0.0.7", "checks": {}}'):
        manager.add_box("127.0.0.7")
        components(manager)
    with socket.create_server(("127.0.0.7", manager.box_port)):
        began = time.monotonic()
        for _ in range(5):
            components(manager)
        assert time.monotonic() - began < TIMEOUT_S[1]


def components(manager: Manager) -> dict[str, Any]:
    """All parts, by address."""
    return {part["address"]: part for part in manager.admin("GET", "/components").json()["items"]}


def offline(manager: Manager, address: str) -> dict[str, Any] | None:
    """The part, once it is told to be away."""
    part: dict[str, Any] = components(manager)[address]
    return part if part["status"] == "offline" else None


def test_database_away_is_503_and_said_by_the_health(manager: Manager, tmp_path: Path) -> None:
    port = free_port()
    away = {"MONGO_URI": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300", "TBI_MONGO_PASSWORD_FILE": ""}
    url = f"http://127.0.0.1:{port}{BASE}"
    program = Program(
        module("services.background_manager_logic"),
        {**manager.environment, **away, "TBI_PORT": str(port)},
        tmp_path / "manager.log",
        answers(f"{url}/health"),
    )
    program.start()
    try:
        headers = {"Authorization": f"Bearer {manager.token('admin')}"}
        body = {"ip": BOX_IP, "name": "x", "location": "y"}
        problem(manager.http.get(f"{url}/cls-boxes", headers=headers, timeout=20), 503, "database")
        problem(manager.http.post(f"{url}/cls-box", json=body, headers=headers, timeout=20), 503, "database")
        keyed = {**headers, "Idempotency-Key": "k"}
        problem(manager.http.post(f"{url}/cls-box", json=body, headers=keyed, timeout=20), 503, "database")
        health = manager.http.get(f"{url}/health", timeout=20).json()
        assert (health["status"], health["checks"]["database"]["status"]) == ("degraded", "failed")
    finally:
        assert program.end() == 0


def test_what_was_acknowledged_survives_a_kill(manager: Manager) -> None:
    made = manager.add_box()
    manager.program.kill()
    manager.program.start()
    assert manager.admin("GET", "/cls-boxes").json()["items"] == [made]

"""The participant record, and the pool that mirrors it."""

from __future__ import annotations

from typing import Any

import pytest
from jose import jwt

from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import BOX_IP, OPERATOR, Manager, problem
from tests.integration.box.box import MASTR, SERIAL

VALUES = {"eos_account": "sellerabcde1", "betreiber_mastr_nr": OPERATOR, "kwh_annum": 3500, "salt": "5a" * 16}


def _claims(manager: Manager, role: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.get_unverified_claims(manager.identity.tokens(role)["IdToken"])
    return found


def test_participant_ties_user_box_account_and_consumption_and_the_pool_mirrors_it(manager: Manager) -> None:
    manager.add_box()
    manager.made("/grid-meter", serial_number=SERIAL, cls_box_ip=BOX_IP, kwh_annum=3100)
    manager.made("/unit", unit_mastr_nr=MASTR, cls_box_ip=BOX_IP, marktakteur_mastr_nr=OPERATOR)
    made = manager.made("/participant", username="seller", cls_box_ip=BOX_IP, **VALUES)
    assert made["sub"] == manager.identity.user("seller")["sub"]
    assert made["email"] == "seller@tbienergy.example"
    assert {name: made[name] for name in VALUES} == VALUES
    assert (made["disabled"], made["mirrored"]) == (False, True)
    point = {"serial_number": SERIAL, "kwh_annum": 3100, "unit_mastr_nrs": [MASTR]}
    assert made["metering_points"] == [point]
    claims = _claims(manager, "seller")
    assert claims["custom:cls_box_ip"] == BOX_IP
    assert claims["custom:eos_account"] == VALUES["eos_account"]
    assert claims["custom:kwh_annum"] == "3500"
    assert manager.admin("GET", f"/participant/{made['sub']}").json() == made
    for reader in ("admin", "forecast-connector"):
        assert manager.ask(reader, "GET", "/participants").json() == {"items": [made], "next_cursor": None}


def test_participant_belongs_to_one_user_box_and_account(manager: Manager) -> None:
    manager.add_box()
    manager.made("/participant", username="seller", cls_box_ip=BOX_IP, eos_account="sellerabcde1")
    post = "/participant"
    problem(manager.admin("POST", post, {"username": "seller"}), 409, "participant already")
    problem(manager.admin("POST", post, {"username": "seller@tbienergy.example"}), 409, "participant already")
    problem(manager.admin("POST", post, {"username": "bidder1", "cls_box_ip": BOX_IP}), 409, "box belongs")
    taken = {"username": "bidder1", "eos_account": "sellerabcde1"}
    problem(manager.admin("POST", post, taken), 409, "chain account belongs")
    problem(manager.admin("POST", post, {"username": "nobody"}), 404, "no user")
    unknown = {"username": "bidder1", "cls_box_ip": "127.0.0.77"}
    assert problem(manager.admin("POST", post, unknown), 400)["errors"].keys() == {"cls_box_ip"}
    sub = manager.made(post, username="bidder1")["sub"]
    problem(manager.admin("PATCH", f"/participant/{sub}", {"cls_box_ip": BOX_IP}), 409, "box belongs")
    problem(manager.admin("PATCH", "/participant/nobody", {"kwh_annum": 1}), 404)


def test_participant_changes_what_is_named_and_null_takes_back(manager: Manager) -> None:
    sub = manager.made("/participant", username="bidder1", **VALUES)["sub"]
    changed = manager.admin("PATCH", f"/participant/{sub}", {"kwh_annum": 4711, "eos_account": None}).json()
    assert (changed["kwh_annum"], changed["eos_account"], changed["salt"]) == (4711, None, VALUES["salt"])
    claims = _claims(manager, "bidder1")
    assert (claims["custom:kwh_annum"], claims["custom:eos_account"]) == ("4711", "")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kwh_annum": -1}, "kwh_annum"),
        ({"kwh_annum": 1.5}, "kwh_annum"),
        ({"kwh_annum": "1"}, "kwh_annum"),
        ({"eos_account": "Nope"}, "eos_account"),
        ({"betreiber_mastr_nr": "ABR900000000118"}, "betreiber_mastr_nr"),
        ({"cls_box_ip": "8.8.8.8"}, "cls_box_ip"),
        ({"salt": "5a"}, "salt"),
        ({"disabled": None}, "disabled"),
        ({"sub": "x"}, "sub"),
        ({"username": "x"}, "username"),
        ({"mirrored": True}, "mirrored"),
        ({}, ""),
    ],
)
def test_participant_takes_no_wrong_value(manager: Manager, change: dict[str, Any], field: str) -> None:
    sub = manager.made("/participant", username="bidder1")["sub"]
    before = manager.admin("GET", f"/participant/{sub}").json()
    assert field in problem(manager.admin("PATCH", f"/participant/{sub}", change), 400)["errors"]
    assert manager.admin("GET", f"/participant/{sub}").json() == before


def test_participant_a_disabled_one_neither_acts_nor_signs_in(manager: Manager) -> None:
    manager.add_box()
    manager.made("/unit", unit_mastr_nr=MASTR, cls_box_ip=BOX_IP, marktakteur_mastr_nr=OPERATOR)
    problem(manager.ask("seller", "GET", "/units"), 403, "no participant record")
    sub = manager.made("/participant", username="seller", cls_box_ip=BOX_IP)["sub"]
    assert len(manager.ask("seller", "GET", "/units").json()["items"]) == 1
    assert manager.admin("PATCH", f"/participant/{sub}", {"disabled": True}).json()["disabled"] is True
    problem(manager.ask("seller", "GET", "/units"), 403, "disabled")
    seller = manager.identity.user("seller")
    signing_in = {"username": "seller", "password": seller["password"]}
    problem(manager.ask(None, "POST", "/token", signing_in), 401)
    manager.admin("PATCH", f"/participant/{sub}", {"disabled": False})
    assert manager.ask(None, "POST", "/token", signing_in).status_code == 200
    assert manager.ask("seller", "GET", f"/unit/{MASTR}").status_code == 200


def test_participant_a_user_sees_his_own_units_only(manager: Manager) -> None:
    manager.add_box()
    manager.made("/unit", unit_mastr_nr=MASTR, cls_box_ip=BOX_IP, marktakteur_mastr_nr=OPERATOR)
    manager.made("/participant", username="seller", cls_box_ip=BOX_IP)
    manager.made("/participant", username="bidder1")
    assert [unit["mastr_nr"] for unit in manager.ask("seller", "GET", "/units").json()["items"]] == [MASTR]
    assert manager.ask("seller", "GET", f"/unit/{MASTR}").status_code == 200
    assert manager.ask("bidder1", "GET", "/units").json()["items"] == []
    problem(manager.ask("bidder1", "GET", f"/unit/{MASTR}"), 403, "another participant")
    problem(manager.ask("evu", "GET", f"/unit/{MASTR}"), 403)


def test_participant_the_record_holds_while_the_pool_is_away_and_is_mirrored_later(manager: Manager) -> None:
    sub = manager.made("/participant", username="bidder2", kwh_annum=1)["sub"]
    manager.token("admin")
    manager.identity.stop()
    try:
        changed = manager.admin("PATCH", f"/participant/{sub}", {"kwh_annum": 2})
        assert (changed.status_code, changed.json()["mirrored"], changed.json()["kwh_annum"]) == (200, False, 2)
        problem(manager.admin("POST", "/participant", {"username": "bidder1"}), 503)
    finally:
        manager.identity.start()
    wait_until(lambda: manager.admin("GET", f"/participant/{sub}").json()["mirrored"], 20, what="the pool's attributes")
    assert _claims(manager, "bidder2")["custom:kwh_annum"] == "2"

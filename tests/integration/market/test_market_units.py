"""POST /market/unit and GET /market/units, at real boxes and on a real chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from market.values import salted_hash
from tests.integration.background_manager_logic.manager import problem
from tests.integration.market.stage import Stage


def _hash(stage: Stage, role: str) -> str:
    box = stage.boxes[role]
    return salted_hash(bytes.fromhex(box.salt), box.mastr_nr).hex()


def test_tc02_1_ts02_an_added_unit_is_on_the_chain(stage: Stage) -> None:
    box = stage.install("seller")
    account = stage.register_account("seller")
    answer = stage.manager.ask("seller", "POST", "/market/unit", {"unit_mastr_nr": box.mastr_nr})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    (row,) = [row for row in stage.rows("units", "lem") if row["hash"] == _hash(stage, "seller")]
    assert (made["unit_id"], made["point_id"]) == (row["id"], row["point"])
    assert made["point_id"] == account["points"][0]["point_id"]
    assert (made["account"], made["market"]) == (account["account_name"], "lem")
    again = stage.manager.admin("POST", "/market/unit", {"unit_mastr_nr": box.mastr_nr})
    problem(again, 409, "registered in the market lem already")


def test_the_unit_must_be_known_own_and_reachable_and_its_meter_registered(stage: Stage) -> None:
    box = stage.boxes["seller"]
    body = {"unit_mastr_nr": box.mastr_nr}
    problem(stage.manager.admin("POST", "/market/unit", body), 404, "no unit")
    assert (
        "unit_mastr_nr"
        in problem(stage.manager.admin("POST", "/market/unit", {"unit_mastr_nr": "SEE900000000118"}), 400)["errors"]
    )
    stage.install("seller", meter=False)
    problem(stage.manager.admin("POST", "/market/unit", body), 409, "POST /eos-account")
    account = stage.register_account("seller")
    assert account["points"] == []
    problem(stage.manager.admin("POST", "/market/unit", body), 409, "POST /grid-meter")
    stage.manager.made("/grid-meter", serial_number=box.serial, cls_box_ip=box.ip)
    problem(stage.manager.admin("POST", "/market/unit", body), 409, "POST /eos-account")
    stage.manager.made("/eos-account", cls_box_ip=box.ip, account_name=account["account_name"])
    problem(stage.manager.ask("bidder1", "POST", "/market/unit", body), 403, "not yours")
    problem(stage.manager.ask("evu", "POST", "/market/unit", body), 403)
    problem(stage.manager.admin("POST", "/market/unit", {**body, "market": "nomarket"}), 404, "no market")
    box.faults(nulls="pvInverter0/.*")
    problem(stage.manager.admin("POST", "/market/unit", body), 504, "not reach")
    box.faults()
    box.logic.end()
    try:
        problem(stage.manager.admin("POST", "/market/unit", body), 504, "does not answer")
    finally:
        box.logic.start()
    stage.connector.program.end()
    try:
        problem(stage.manager.admin("POST", "/market/unit", body), 503)
    finally:
        stage.connector.program.start()
    assert stage.manager.admin("GET", f"/unit/{box.mastr_nr}").json()["markets"] == []
    assert stage.manager.admin("POST", "/market/unit", body).status_code == 201
    assert stage.manager.admin("GET", f"/unit/{box.mastr_nr}").json()["markets"] == ["lem"]


def test_m_reg_01_two_at_once_register_a_unit_once(stage: Stage) -> None:
    box = stage.install("seller")
    stage.register_account("seller")
    body = {"unit_mastr_nr": box.mastr_nr}
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: stage.manager.admin("POST", "/market/unit", body), range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409], [answer.text for answer in answers]
    assert len([row for row in stage.rows("units", "lem") if row["hash"] == _hash(stage, "seller")]) == 1


def test_m_prv_01_numbers_are_shown_to_those_whose_they_are(stage: Stage) -> None:
    market = stage.chain.open_market(60)
    accounts = {role: stage.join(role, market)["account_name"] for role in ("seller", "bidder1")}
    numbers = {role: stage.boxes[role].mastr_nr for role in accounts}

    def seen_by(role: str) -> dict[str, tuple[str | None, bool]]:
        listed = stage.manager.ask(role, "GET", "/market/units", market=market)
        assert listed.status_code == 200, listed.text
        assert [unit["unit_id"] for unit in listed.json()["items"]] == [1, 2]
        return {unit["account"]: (unit["unit_mastr_nr"], unit["mine"]) for unit in listed.json()["items"]}

    seller, bidder = accounts["seller"], accounts["bidder1"]
    for reader in ("admin", "evu"):
        assert seen_by(reader) == {seller: (numbers["seller"], False), bidder: (numbers["bidder1"], False)}
    assert seen_by("seller") == {seller: (numbers["seller"], True), bidder: (None, False)}
    assert seen_by("bidder1") == {seller: (None, False), bidder: (numbers["bidder1"], True)}
    assert seen_by("bidder2") == {seller: (None, False), bidder: (None, False)}
    first = stage.manager.admin("GET", "/market/units", market=market, limit=1).json()
    rest = stage.manager.admin("GET", "/market/units", market=market, limit=1, cursor=first["next_cursor"]).json()
    assert [unit["unit_id"] for unit in first["items"] + rest["items"]] == [1, 2]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": "0"}, {"cursor": "9" * 400}, {"market": "NO"}, {"a": 1}])
def test_a_bad_query_is_400(stage: Stage, query: dict[str, str]) -> None:
    problem(stage.manager.admin("GET", "/market/units", **query), 400)
    problem(stage.manager.admin("GET", "/market/units", market="nomarket"), 404, "no market")

"""POST /eos-account at real boxes with software TPMs, on a real chain."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from jose import jwt

from market.values import salted_hash
from services.background_manager_logic.attestation import AttestationRefused, Evidence, verify
from services.shared.chain.keys import to_binary
from services.shared.wait import wait_until
from tests.integration.background_manager_logic.manager import problem, talker
from tests.integration.chain.support import random_name
from tests.integration.market.stage import Stage


def _body(stage: Stage, name: str | None = None, **more: Any) -> dict[str, Any]:
    return {"cls_box_ip": stage.boxes["seller"].ip, "account_name": name or random_name(), **more}


def _hash(stage: Stage, number: str, role: str = "seller") -> str:
    return salted_hash(bytes.fromhex(stage.boxes[role].salt), number).hex()


def _key_on_chain(stage: Stage, account: str) -> bytes:
    (active,) = [p for p in stage.chain.client.account(account)["permissions"] if p["perm_name"] == "active"]
    (entry,) = active["required_auth"]["keys"]
    return to_binary("PUB", entry["key"])


def test_tc01_4_ts02_the_accounts_key_is_the_boxs_tpm_key(stage: Stage) -> None:
    """The record is made from the one user whose attribute names the box."""
    box = stage.install("seller")
    body = _body(stage)
    answer = stage.manager.admin("POST", "/eos-account", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    name, sub = body["account_name"], stage.identity.user("seller")["sub"]
    key = box.get("/account-key", nonce="00" * 8)
    assert (key["account"], key["owner_sub"]) == (name, sub)
    assert (made["public_key"], made["participant_sub"], made["attested"]) == (key["public_key"], sub, True)
    assert _key_on_chain(stage, name) == to_binary("PUB", key["public_key"])
    (point,) = [row for row in stage.rows("points", "lem") if row["account"] == name]
    assert (point["hash"], point["box"], point["group"]) == (_hash(stage, box.serial), name, "tbigroup1")
    assert made["points"] == [{"serial_number": box.serial, "point_id": point["id"], "added": True}]
    wanted = ["participant record", "chain account", "box", f"meter {box.serial}"]
    assert made["added"] == [*wanted, "box's binding", "participant's account"]
    record = stage.manager.admin("GET", f"/participant/{sub}").json()
    assert (record["eos_account"], record["cls_box_ip"], record["salt"]) == (name, box.ip, box.salt)
    assert (record["kwh_annum"], record["betreiber_mastr_nr"]) == (3500, box.plan.operator_nr)
    assert jwt.get_unverified_claims(stage.identity.tokens("seller")["IdToken"])["custom:eos_account"] == name
    (listed,) = stage.manager.admin("GET", "/eos-accounts").json()["items"]
    assert listed == {field: made[field] for field in listed}
    assert listed["markets"] == ["lem"]


def test_an_account_that_is_complete_is_409_and_one_that_is_not_is_completed(stage: Stage) -> None:
    """A meter that is added later comes onto the chain with the same call again; so does another market."""
    box = stage.install("seller", meter=False)
    body = _body(stage)
    first = stage.manager.made("/eos-account", **body)
    assert first["points"] == []
    problem(stage.manager.admin("POST", "/eos-account", body), 409, "registered in the market lem already")
    stage.manager.made("/grid-meter", serial_number=box.serial, cls_box_ip=box.ip)
    again = stage.manager.made("/eos-account", **body)
    assert (again["added"], again["created_at"]) == ([f"meter {box.serial}"], first["created_at"])
    changed = stage.manager.admin("PATCH", f"/participant/{first['participant_sub']}", {"eos_account": None})
    assert changed.status_code == 200, changed.text
    assert stage.manager.made("/eos-account", **body)["added"] == ["participant's account"]
    short = stage.chain.open_market(60)
    assert stage.manager.made("/eos-account", **body, market=short)["added"] == ["box", f"meter {box.serial}"]
    (listed,) = stage.manager.admin("GET", "/eos-accounts").json()["items"]
    assert sorted(listed["markets"]) == sorted(["lem", short])


def test_m_reg_01_two_administrators_at_once_register_once(stage: Stage) -> None:
    """Who comes while the account is being made is told to come again."""
    stage.install("seller")
    stage.manager.made("/participant", username="seller", cls_box_ip=stage.boxes["seller"].ip)
    body = _body(stage)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: stage.manager.admin("POST", "/eos-account", body), range(4)))
    statuses = {answer.status_code for answer in answers}
    assert 201 in statuses, [answer.text for answer in answers]
    assert statuses <= {201, 409, 503}, [answer.text for answer in answers]
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)
    name = body["account_name"]
    assert len([row for row in stage.rows("boxes", "lem") if row["box"] == name]) == 1
    assert len([row for row in stage.rows("points", "lem") if row["account"] == name]) == 1
    problem(stage.manager.admin("POST", "/eos-account", body), 409, "already")


def test_a_box_and_a_name_are_taken_once(stage: Stage) -> None:
    stage.install("seller")
    stage.install("bidder1")
    body = _body(stage)
    stage.manager.made("/eos-account", **body)
    problem(stage.manager.admin("POST", "/eos-account", _body(stage)), 409, "has the account")
    other = {**body, "cls_box_ip": stage.boxes["bidder1"].ip}
    problem(stage.manager.admin("POST", "/eos-account", other), 409, "belongs to another participant")
    foreign, _ = stage.chain.account()
    problem(stage.manager.admin("POST", "/eos-account", {**other, "account_name": foreign}), 409, "taken on the chain")
    assert stage.register_account("bidder1")["markets"] == ["lem"]


def test_whose_box_it_is(stage: Stage) -> None:
    box = stage.install("seller")
    body = _body(stage)
    stage.attribute("seller", cls_box_ip="")
    problem(stage.manager.admin("POST", "/eos-account", body), 409, "articipant has the box")
    stage.attribute("seller", cls_box_ip=box.ip)
    stage.attribute("bidder1", cls_box_ip=box.ip)
    problem(stage.manager.admin("POST", "/eos-account", body), 409, "bidder1, seller")
    stage.attribute("bidder1", cls_box_ip="")
    stage.attribute("seller", kwh_annum="lots")
    problem(stage.manager.admin("POST", "/eos-account", body), 409, "kwh_annum")
    stage.attribute("seller", kwh_annum="3500")
    sub = stage.manager.made("/participant", username="bidder1", cls_box_ip=box.ip)["sub"]
    stage.manager.admin("PATCH", f"/participant/{sub}", {"disabled": True})
    problem(stage.manager.admin("POST", "/eos-account", body), 409, "disabled")
    stage.manager.admin("PATCH", f"/participant/{sub}", {"disabled": False})
    assert stage.manager.made("/eos-account", **body)["participant_sub"] == sub


def test_what_cannot_be_registered(stage: Stage) -> None:
    problem(stage.manager.admin("POST", "/eos-account", _body(stage)), 404, "no box")
    stage.install("seller")
    for name in ("seller", "Upper", "a.b", "thirteenchars", "", "tbiadmin", "eosio"):
        told = problem(stage.manager.admin("POST", "/eos-account", {**_body(stage), "account_name": name}), 400)
        assert "account_name" in told["errors"], name
    problem(stage.manager.admin("POST", "/eos-account", _body(stage, market="nomarket")), 404, "no market")
    assert stage.manager.admin("GET", "/eos-accounts").json()["items"] == []
    assert stage.manager.admin("GET", "/participants").json()["items"] == []


@pytest.mark.parametrize("part", ["logic", "tpm_api"])
def test_a_box_that_is_silent_is_504_and_nothing_is_kept(stage: Stage, part: str) -> None:
    box = stage.install("seller")
    silent = getattr(box, part)
    silent.end()
    try:
        answer = stage.manager.admin("POST", "/eos-account", _body(stage))
    finally:
        silent.start()
    problem(answer, 504)
    assert "Retry-After" in answer.headers
    assert stage.manager.admin("GET", "/participants").json()["items"] == []


def test_a_chain_that_is_away_is_503_and_the_same_call_completes_it(stage: Stage) -> None:
    stage.install("seller")
    body = _body(stage)
    stage.connector.program.end()
    try:
        answer = stage.manager.admin("POST", "/eos-account", body, key="once")
    finally:
        stage.connector.program.start()
    problem(answer, 503)
    assert "Retry-After" in answer.headers
    assert stage.manager.admin("POST", "/eos-account", body, key="once").status_code == 201
    assert stage.manager.admin("POST", "/eos-account", body, key="once").headers["Idempotency-Replayed"] == "true"


def test_a_registration_that_was_cut_off_is_completed(stage: Stage) -> None:
    """The manager is killed while the chain writes: what was begun is done by the same call, once."""
    box = stage.install("seller")
    body = _body(stage)
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(stage.manager.admin, "POST", "/eos-account", body)
        wait_until(lambda: _has_account(stage, body["account_name"]), 20, what="the account")
        stage.manager.program.kill()
        with pytest.raises(OSError):  # noqa: PT011 - requests' errors are OSErrors
            lost.result().raise_for_status()
    stage.manager.program.start()
    stage.manager.made("/eos-account", **body)
    assert box.provisioned["account"] == body["account_name"]
    assert len([row for row in stage.rows("points", "lem") if row["account"] == body["account_name"]]) == 1


def _has_account(stage: Stage, name: str) -> bool:
    return bool(stage.chain.governance.has_account(name))


def test_an_attestation_of_another_time_is_502_and_nothing_is_kept(stage: Stage) -> None:
    """Something that shows an earlier answer of a real box: its statements carry another nonce."""
    well = {"status": "ok", "version": "1", "checks": {}}
    stale = {**stage.boxes["seller"].get("/account-key", nonce="07" * 32), **well}
    body = {"cls_box_ip": "127.0.0.8", "account_name": random_name()}
    with talker("127.0.0.8", stage.manager.box_port, 200, json.dumps(stale).encode()):
        stage.manager.add_box("127.0.0.8")
        stage.manager.made("/participant", username="bidder2", cls_box_ip="127.0.0.8")
        told = problem(stage.manager.admin("POST", "/eos-account", body), 502, "does not verify")
        assert "nonce" in told["detail"]
    with talker("127.0.0.8", stage.manager.box_port, 200, b'{"public_key": "PUB_R1_x"}'):
        problem(stage.manager.admin("POST", "/eos-account", body), 502, "127.0.0.8")
    assert not _has_account(stage, body["account_name"])
    kept = stage.manager.mongo.database("background_manager")
    assert kept["accounts"].find_one() is None
    kept.client.close()


def test_the_evidence_is_kept_and_box_and_account_stay_together(stage: Stage) -> None:
    box = stage.install("seller")
    made = stage.register_account("seller")
    sub = made["participant_sub"]
    kept = stage.manager.admin("GET", f"/participant/{sub}/export").json()["chain_account"]
    evidence = kept["attestation"]
    statements = {
        name: {"message": evidence[name], "signature": evidence[f"{name}_signature"]}
        for name in ("quote", "certification")
    }
    attested = verify(Evidence.read({**evidence, **statements}), bytes.fromhex(evidence["nonce"]), made["public_key"])
    assert attested.attesting_key == kept["attesting_key"]
    change = {"cls_box_ip": None}
    problem(stage.manager.admin("PATCH", f"/participant/{sub}", change), 409, "taken back together")
    change["eos_account"] = None
    assert stage.manager.admin("PATCH", f"/participant/{sub}", change).status_code == 200
    problem(
        stage.manager.admin("POST", "/participant", {"username": "bidder2", "eos_account": made["account_name"]}),
        409,
        f"belongs to the box at {box.ip}",
    )
    (listed,) = stage.manager.admin("GET", "/eos-accounts").json()["items"]
    assert listed["participant_sub"] is None


def test_m_reg_04_another_tpm_in_the_box_is_no_repeat(stage: Stage) -> None:
    box = stage.install("seller")
    body = _body(stage)
    stage.manager.made("/eos-account", **body)
    box.renew()
    problem(stage.manager.admin("POST", "/eos-account", body), 409, "M-REG-04")


def test_what_stands_on_the_chain_is_not_removed(stage: Stage) -> None:
    box = stage.install("seller")
    name = stage.register_account("seller")["account_name"]
    problem(stage.manager.admin("DELETE", f"/grid-meter/{box.serial}"), 409, "registered on the chain")
    problem(stage.manager.admin("DELETE", f"/cls-box/{box.ip}"), 409, "depends on it")
    stage.manager.made("/market/unit", unit_mastr_nr=box.mastr_nr)
    problem(stage.manager.admin("DELETE", f"/unit/{box.mastr_nr}"), 409, "registered on the chain")
    kept = stage.manager.mongo.database("background_manager")
    for part in ("meters", "units"):
        kept[part].delete_many({})
    kept.client.close()
    problem(stage.manager.admin("DELETE", f"/cls-box/{box.ip}"), 409, f"chain account {name}")


def test_what_a_box_gives_verifies_and_nothing_else_does(stage: Stage) -> None:
    box = stage.boxes["seller"]
    nonce = bytes(range(32))
    told = box.get("/account-key", nonce=nonce.hex())
    attested = verify(Evidence.read(told), nonce, told["public_key"])
    assert attested.attesting_key == told["attesting_key"]["public_key"]
    with pytest.raises(AttestationRefused, match="nonce"):
        verify(Evidence.read(told), bytes(32), told["public_key"])
    with pytest.raises(AttestationRefused, match="another one than the account's"):
        verify(Evidence.read(told), nonce, attested.attesting_key)

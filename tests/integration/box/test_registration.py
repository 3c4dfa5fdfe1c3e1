"""A household with consumption only, from an unknown box to its first delivery: real swtpm, real TPM API, real box."""

from __future__ import annotations

import hashlib
import json
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from market.values import salted_hash
from services.cls_box_logic.journal import iso_slot
from services.shared.web import create_box_secret
from services.tpm_api.swtpm import free_port_pair, swtpm_command, swtpm_tcti
from tests.integration.box.box import MARKET, POINT, QUICK, SALT, SLOT_S, Box, tables
from tests.integration.box.processes import Program, answers, free_port, module
from tests.integration.identity.pool import Identity

SERIAL = "1TBI0000000013"
ACCOUNT = "newcomerabcd"
NONCE = "00112233445566778899aabbccddeeff"
PROVISIONED: dict[str, Any] = {
    "name": "newcomer",
    "address": "127.0.0.1",
    "market_default": MARKET,
    "salt": SALT.hex(),
    "points": [{"serial_number": SERIAL, "component": "meter0"}],
    "units": [],
}


@dataclass
class Household:
    """A box that only consumes, with its TPM. `owner` is bidder1's subject."""

    box: Box
    tpm: Program
    tpm_api: Program
    owner: str

    def put(self, account: str = ACCOUNT, owner: str | None = None) -> requests.Response:
        body = {"account_name": account, "owner_sub": owner or self.owner}
        return self.box.session.put(f"{self.box.url}/account", json=body, timeout=10)

    def key(self, nonce: str = NONCE) -> requests.Response:
        return self.box.session.get(f"{self.box.url}/account-key", params={"nonce": nonce}, timeout=20)

    def deposit(self, role: str = "bidder1") -> requests.Response:
        headers = {
            "X-User-Token": self.box.identity.tokens(role)["AccessToken"],
            "Idempotency-Key": secrets.token_hex(8),
        }
        body = {"amount_eur": "5"}
        return self.box.session.post(f"{self.box.url}/market/deposit", json=body, headers=headers, timeout=20)


@pytest.fixture
def household(tmp_path: Path, identity: Identity) -> Iterator[Household]:
    create_box_secret(tmp_path / "secret")
    (tmp_path / "swtpm").mkdir()
    port, tpm_port = free_port(), free_port_pair()
    url = f"http://127.0.0.1:{port}"
    tpm_api = Program(
        module("services.tpm_api"),
        {
            "TBI_TPM_TCTI": swtpm_tcti(tpm_port),
            "TBI_STATE_DIR": str(tmp_path / "tpm-api"),
            "TBI_BOX_SECRET_FILE": str(tmp_path / "secret"),
            "TBI_BOX_CONFIG": str(tmp_path / "box.json"),
            "TBI_PORT": str(port),
        },
        tmp_path / "tpm-api.log",
        answers(f"{url}/tpm-api/api/v1/health"),
    )
    tpm = Program(swtpm_command(tmp_path / "swtpm", tpm_port), {}, tmp_path / "swtpm.log")
    box = Box(tmp_path, identity, provisioned=PROVISIONED, tpm_api_url=url)
    box.connector.tables = {}
    try:
        tpm.start()
        tpm_api.start()
        box.power_on()
        yield Household(box, tpm, tpm_api, identity.user("bidder1")["sub"])
    finally:
        box.stop()
        tpm_api.end()
        tpm.end()


def registered() -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """What the chain tells of a point without units."""
    found = tables()
    seats = found.pop(("tbiclsbox", "boxpoints", "sellerabcde1"))
    for market in (MARKET, QUICK):
        point = {"id": POINT, "hash": salted_hash(SALT, SERIAL).hex(), "since": 0, "units": [], "account": ACCOUNT}
        found["tbiclsbox", "points", market] = [point]
        found["tbiclsbox", "units", market] = []
        found["tbiclsbox", "participants", market] = [{"id": 2, "account": ACCOUNT, "points": [POINT]}]
    return {**found, ("tbiclsbox", "boxpoints", ACCOUNT): seats}


def verified(key: str, statement: dict[str, str]) -> bytes:
    """What the TPM says, after a look at its signature."""
    message, signature = bytes.fromhex(statement["message"]), bytes.fromhex(statement["signature"])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    public = load_pem_public_key(key.encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    return message


def test_the_boxs_key_comes_with_what_its_tpm_says_of_it(household: Household) -> None:
    told = household.key().json()
    assert told["public_key"].startswith("PUB_R1_")
    assert (told["account"], told["owner_sub"], told["salt"]) == (None, None, SALT.hex())
    quote = verified(told["attesting_key"]["pem"], told["quote"])
    certification = verified(told["attesting_key"]["pem"], told["certification"])
    assert bytes.fromhex(NONCE) in quote
    assert bytes.fromhex(NONCE) in certification
    name = b"\x00\x0b" + hashlib.sha256(bytes.fromhex(told["certified_public_area"])).digest()
    assert name in certification
    again = household.key("ff" * 32).json()
    assert again["public_key"] == told["public_key"], "one key for ever"
    assert again["quote"] != told["quote"]
    for nonce in ("", "00" * 7, "00" * 33, "xy" * 8, "0" * 17):
        assert household.key(nonce).status_code == 400, nonce


def test_without_its_tpm_a_box_has_no_key_to_show(household: Household) -> None:
    household.tpm.kill()
    answer = household.key()
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "TPM" in answer.json()["detail"]
    household.tpm_api.end()
    answer = household.key()
    assert (answer.status_code, "TPM API" in answer.json()["detail"]) == (503, True)
    assert "Retry-After" in answer.headers


def test_a_box_without_account_is_seen_and_takes_no_orders(household: Household) -> None:
    box = household.box
    meter = box.get(f"/meter/{SERIAL}")
    assert (meter["reachable"], meter["hash"]) == (True, salted_hash(SALT, SERIAL).hex())
    assert box.get("/units") == {"items": []}
    state = box.get("/state")
    assert (state["account"], state["markets"]) == (None, [])
    assert state["sampler"] == {"last_sample": None, "next_border": None, "trouble": None}
    assert box.get("/health")["checks"]["sampler"]["status"] == "ok"
    span = {"from": iso_slot(int(time.time())), "to": iso_slot(int(time.time()) + 60)}
    assert box.session.get(f"{box.url}/meter/{SERIAL}/energy", params=span, timeout=5).status_code == 404
    answer = household.deposit()
    assert (answer.status_code, "bound to no owner" in answer.json()["detail"]) == (403, True)
    box.file.write_text(json.dumps({**PROVISIONED, "owner_sub": household.owner}))
    answer = household.deposit()
    assert (answer.status_code, "no account" in answer.json()["detail"]) == (409, True)
    assert "rule" not in answer.json()
    assert box.get("/state")["sampler"]["last_sample"] is None
    assert box.connector.keys == []


def test_a_box_is_bound_once_and_for_good(household: Household) -> None:
    box = household.box
    for body in (
        {"account_name": "Upper", "owner_sub": "x"},
        {"account_name": ACCOUNT},
        {"account_name": ACCOUNT, "owner_sub": ""},
    ):
        assert box.session.put(f"{box.url}/account", json=body, timeout=5).status_code == 400
    assert household.put().json() == {"account": ACCOUNT, "owner_sub": household.owner}
    assert json.loads(box.file.read_text()) == {**PROVISIONED, "account": ACCOUNT, "owner_sub": household.owner}
    assert stat.S_IMODE(box.file.stat().st_mode) == 0o600
    box.logic.kill()
    box.logic.start()
    written = box.file.stat().st_mtime_ns
    assert household.put().status_code == 200
    for changes in ({"account": "anotherabcde"}, {"owner": "another-sub"}):
        answer = household.put(**changes)
        assert (answer.status_code, "this box belongs to" in answer.json()["detail"].lower()) == (409, True)
    assert box.file.stat().st_mtime_ns == written
    assert [entry["kind"] for entry in box.get("/journal")["items"]] == ["bound"]
    told = household.key().json()
    assert (told["account"], told["owner_sub"]) == (ACCOUNT, household.owner)
    assert household.deposit("bidder2").status_code == 403
    assert household.deposit().status_code == 201
    assert box.connector.effects[-1][1]["data"]["from"] == ACCOUNT


def test_an_owner_from_the_installation_is_bound_already(household: Household) -> None:
    household.box.file.write_text(json.dumps({**PROVISIONED, "owner_sub": household.owner}))
    answer = household.put(owner="another-sub")
    assert (answer.status_code, household.owner in answer.json()["detail"]) == (409, True)
    assert "account" not in json.loads(household.box.file.read_text())
    assert household.put().status_code == 200


def test_a_household_that_only_consumes_delivers_what_it_bought(household: Household) -> None:
    """From an event that waits for the account to a delivery to the Wh, with no process started anew."""
    box = household.box
    early = int(time.time()) - 10
    waiting = box.hand(box.event(early, QUICK))
    assert household.put().status_code == 200
    box.connector.tables = registered()
    box.wait_for_sampling()
    slot = box.slot() + SLOT_S
    box.schedule(("meter1", slot, 300))
    box.wait_for_end(slot)
    assert box.result(box.hand(box.event(slot)))["status"] == "delivered"
    data = next(data for data in box.deliveries() if data["slot"] == slot)
    assert (data["box"], data["market"]) == (ACCOUNT, MARKET)
    assert data["readings"] == [{"point": POINT, "fed_in_wh": 0, "consumed_wh": 300, "units": []}]
    outcome = box.result(waiting)
    assert outcome["status"] == "missing", "there was no account, so nothing was measured"
    item = box.get(f"/meter/{SERIAL}/energy", **{"from": iso_slot(slot), "to": iso_slot(slot + SLOT_S)})["items"][0]
    assert (item["consumed_wh"], item["fed_in_wh"], item["quality"]) == (300, 0, "measured")
    assert box.get("/state")["account"] == ACCOUNT

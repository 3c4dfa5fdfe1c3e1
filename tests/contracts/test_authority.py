"""No action without its authority: every action of every ABI, called by somebody who has none of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contracts.chain_tester import BUILT, Act
from tests.contracts.scene import PARAMS, PRICES, Scene, hash_of, refused

ANYONE = {
    ("tbiclsbox", "senddata"): "M-EVT-01",
    ("tbiclsbox", "expire"): "M-RAM-01",
    ("tbimarket", "award"): "M-AWD-02",
    ("tbimarket", "settle"): "M-SET-06",
    ("tbimarket", "sweep"): "M-SEC-01",
    ("tbimarket", "erase"): "M-RAM-01",
    ("tbimarket", "passclear"): "M-RAM-01",
}
"""What anyone may call (M-KEE-01), with the rule that speaks when there is nothing to do."""

NEEDED = {
    ("tbitoken", "create"): "M-TOK-01",
    ("tbitoken", "issue"): "M-TOK-01",
    ("tbitoken", "retire"): "M-TOK-01",
    ("tbitoken", "transfer"): "M-TOK-01",
    ("tbitoken", "open"): "M-TOK-01",
    ("tbitoken", "close"): "M-TOK-01",
    ("tbiclsbox", "regbox"): "M-REG-01",
    ("tbiclsbox", "rekey"): "M-REG-01",
    ("tbiclsbox", "regpoint"): "M-REG-01",
    ("tbiclsbox", "regunit"): "M-REG-01",
    ("tbiclsbox", "raise"): "M-EVT-02",
    ("tbiclsbox", "ack"): "M-DEL-01",
    ("tbimarket", "openmarket"): "M-ADM-01",
    ("tbimarket", "setparams"): "M-ADM-01",
    ("tbimarket", "setprices"): "M-ADM-01",
    ("tbimarket", "withdraw"): "M-LED-02",
    ("tbimarket", "forecast"): "M-FOR-01",
    ("tbimarket", "offer"): "M-OFF-01",
    ("tbimarket", "retract"): "M-OFF-01",
    ("tbimarket", "bid"): "M-BID-07",
    ("tbimarket", "deliver"): "M-DEL-01",
    ("tbimarket", "passpropose"): "M-PAS-03",
    ("tbimarket", "passdrop"): "M-PAS-03",
    ("tbimarket", "passaccept"): "M-PAS-03",
    ("tbimarket", "passend"): "M-PAS-05",
    ("tbimarket", "p2ppropose"): "M-P2P-01",
    ("tbimarket", "p2pdrop"): "M-P2P-02",
    ("tbimarket", "p2paccept"): "M-P2P-01",
    ("tbimarket", "mintp2x"): "M-P2X-01",
    ("tbimarket", "logaward"): "M-ADM-01",
    ("tbimarket", "logsettle"): "M-ADM-01",
    ("tbimarket", "logsweep"): "M-ADM-01",
    ("tbipool", "addforecast"): "M-POO-01",
    ("tbipool", "addmeasured"): "M-POO-01",
    ("tbipool", "addtraded"): "M-POO-01",
    ("consortium", "setpartners"): "M-CON-01",
    ("consortium", "vote"): "M-CON-02",
}

ABIS = {
    contract: json.loads((BUILT / f"{contract}.abi").read_text(encoding="utf-8"))
    for contract in ("tbitoken", "tbiclsbox", "tbimarket", "tbipool", "consortium")
}
ACTIONS = [(contract, action["name"]) for contract, abi in ABIS.items() for action in abi["actions"]]


def test_every_action_of_every_abi_is_in_the_matrix() -> None:
    assert sorted(ACTIONS) == sorted([*ANYONE, *NEEDED])


@pytest.mark.parametrize(("contract", "action"), NEEDED, ids="::".join)
def test_without_its_authority_an_action_is_refused_by_the_rule(scene: Scene, contract: str, action: str) -> None:
    stranger = scene.account("stranger")
    with refused(NEEDED[contract, action]):
        scene.chain.push(Act(contract, action, arguments(scene, contract, action), [stranger]))


@pytest.mark.parametrize(("contract", "action"), ANYONE, ids="::".join)
def test_m_kee_01_anyone_may_call_what_a_keeper_calls(scene: Scene, contract: str, action: str) -> None:
    stranger = scene.account("stranger")
    scene.at(scene.opened_at + scene.params["deadline_s"] + scene.params["retain_s"] + 2 * scene.slot_s)
    with refused(ANYONE[contract, action]):
        scene.chain.push(Act(contract, action, arguments(scene, contract, action), [stranger]))


def arguments(scene: Scene, contract: str, action: str) -> dict[str, Any]:
    """Arguments that nothing but the missing authority can be said against, so far as the checks before it go."""
    known: dict[str, Any] = {
        "market": scene.market,
        "slot": scene.opened_at,
        "limit": 1,
        "point": 1,
        "memo": "",
        "quantity": "1.000000 EUR",
        "maximum_supply": "1.000000 EUR",
        "symbol": "6,EUR",
        "hash": hash_of("x"),
        "params": PARAMS,
        "prices": PRICES,
        "from": "tbievu",
        "to": "tbievu" if action == "issue" else "tbiadmin",
        "key": scene.chain.new_key("R1")[0] if action not in ("offer", "p2ppropose", "p2paccept") else 1,
        "points": [],
        "readings": [],
        "partners": [],
        "producers": [],
        "balance": dict.fromkeys((field["name"] for field in fields("tbimarket", "Balance")), 0)
        | {"seller": "", "buyer": ""},
    }
    names = {"name": "tbievu"}
    return {field["name"]: known.get(field["name"], names.get(field["type"], 1)) for field in fields(contract, action)}


def fields(contract: str, struct: str) -> list[dict[str, str]]:
    return next(entry["fields"] for entry in ABIS[contract]["structs"] if entry["name"] == struct)

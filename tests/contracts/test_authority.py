"""No action without its authority: every action of every ABI x nobody's, a wrong, the right and a relayed authority."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from tests.contracts.attackers import intrude, relay
from tests.contracts.chain_tester import BUILT, Act, ChainTester, Refused
from tests.contracts.scene import ISSUER, OPERATOR, PARAMS, PRICES, Scene, hash_of

TOKEN, REGISTRY, MARKET, POOL, CONSORTIUM = "tbitoken", "tbiclsbox", "tbimarket", "tbipool", "consortium"
DONE = "done"


class Cell(NamedTuple):
    """Whose authority an action needs ("" anyone's), the rule that refuses without it, and what is said with it:
    DONE, or the rule that speaks next, since there is nothing in this market to do it with."""

    needs: str
    rule: str
    then: str


MATRIX = {
    (TOKEN, "create"): Cell(TOKEN, "M-TOK-01", "M-TOK-02"),
    (TOKEN, "issue"): Cell(ISSUER, "M-TOK-01", "M-TOK-03"),
    (TOKEN, "retire"): Cell(ISSUER, "M-TOK-01", DONE),
    (TOKEN, "transfer"): Cell(ISSUER, "M-TOK-01", DONE),
    (TOKEN, "open"): Cell(ISSUER, "M-TOK-01", DONE),
    (TOKEN, "close"): Cell(ISSUER, "M-TOK-01", "M-TOK-03"),
    (REGISTRY, "regbox"): Cell(OPERATOR, "M-REG-01", "M-REG-05"),
    (REGISTRY, "rekey"): Cell(OPERATOR, "M-REG-01", "M-REG-02"),
    (REGISTRY, "regpoint"): Cell(OPERATOR, "M-REG-01", "M-REG-02"),
    (REGISTRY, "regunit"): Cell(OPERATOR, "M-REG-01", "M-REG-02"),
    (REGISTRY, "raise"): Cell(OPERATOR, "M-EVT-02", "M-REG-02"),
    (REGISTRY, "ack"): Cell(MARKET, "M-DEL-01", DONE),
    (REGISTRY, "senddata"): Cell("", "M-EVT-01", "M-EVT-01"),
    (REGISTRY, "expire"): Cell("", "M-RAM-01", "M-RAM-01"),
    (MARKET, "openmarket"): Cell(MARKET, "M-ADM-01", "M-MKT-02"),
    (MARKET, "setparams"): Cell(MARKET, "M-ADM-01", "M-ADM-03"),
    (MARKET, "setprices"): Cell(MARKET, "M-ADM-01", "M-ADM-03"),
    (MARKET, "withdraw"): Cell(ISSUER, "M-LED-02", "M-LED-02"),
    (MARKET, "forecast"): Cell(OPERATOR, "M-FOR-01", "M-RAM-03"),
    (MARKET, "offer"): Cell(ISSUER, "M-OFF-01", "M-REG-02"),
    (MARKET, "retract"): Cell(ISSUER, "M-OFF-01", "M-OFF-05"),
    (MARKET, "bid"): Cell(ISSUER, "M-BID-07", "M-BID-01"),
    (MARKET, "award"): Cell("", "M-AWD-02", "M-AWD-02"),
    (MARKET, "deliver"): Cell(ISSUER, "M-DEL-01", "M-RAM-03"),
    (MARKET, "settle"): Cell("", "M-SET-06", "M-SET-06"),
    (MARKET, "sweep"): Cell("", "M-SEC-01", "M-SEC-01"),
    (MARKET, "erase"): Cell("", "M-RAM-01", "M-RAM-01"),
    (MARKET, "passpropose"): Cell(ISSUER, "M-PAS-03", "M-REG-02"),
    (MARKET, "passdrop"): Cell(ISSUER, "M-PAS-03", "M-PAS-03"),
    (MARKET, "passaccept"): Cell(ISSUER, "M-PAS-03", "M-PAS-03"),
    (MARKET, "passend"): Cell(ISSUER, "M-PAS-05", "M-PAS-05"),
    (MARKET, "passclear"): Cell("", "M-RAM-01", "M-RAM-01"),
    (MARKET, "p2ppropose"): Cell(ISSUER, "M-P2P-01", "M-REG-02"),
    (MARKET, "p2pdrop"): Cell(ISSUER, "M-P2P-02", "M-P2P-02"),
    (MARKET, "p2paccept"): Cell(ISSUER, "M-P2P-01", "M-P2P-01"),
    (MARKET, "mintp2x"): Cell(ISSUER, "M-P2X-01", "M-P2X-01"),
    (MARKET, "logaward"): Cell(MARKET, "M-ADM-01", DONE),
    (MARKET, "logsettle"): Cell(MARKET, "M-ADM-01", DONE),
    (MARKET, "logsweep"): Cell(MARKET, "M-ADM-01", DONE),
    (POOL, "addforecast"): Cell(MARKET, "M-POO-01", DONE),
    (POOL, "addmeasured"): Cell(MARKET, "M-POO-01", DONE),
    (POOL, "addtraded"): Cell(MARKET, "M-POO-01", DONE),
    (CONSORTIUM, "setpartners"): Cell(CONSORTIUM, "M-CON-01", "M-CON-01"),
    (CONSORTIUM, "vote"): Cell(ISSUER, "M-CON-02", "M-CON-02"),
}
"""The accounts of the scene that no market knows stand for participants: ISSUER is the EVU, the seller, the box."""

ABIS = {
    contract: json.loads((BUILT / f"{contract}.abi").read_text(encoding="utf-8"))
    for contract in (TOKEN, REGISTRY, MARKET, POOL, CONSORTIUM)
}
ACTIONS = [(contract, action["name"]) for contract, abi in ABIS.items() for action in abi["actions"]]
CELLS = pytest.mark.parametrize(("contract", "action"), ACTIONS, ids="::".join)
MISSING = "the authority of"


@pytest.fixture(scope="module")
def empty(chain: ChainTester) -> Scene:
    """A market without anybody in it, a stranger, and an intruder that sends actions; all cells share it."""
    scene = Scene(chain)
    scene.account("stranger")
    intrude(scene, scene.name("intruder"))
    scene.at(scene.opened_at + scene.params["deadline_s"] + scene.params["retain_s"] + 2 * scene.slot_s)
    return scene


def test_every_action_of_every_abi_is_in_the_matrix() -> None:
    assert sorted(ACTIONS) == sorted(MATRIX)


@CELLS
def test_with_nobodys_authority_an_action_is_refused_by_the_rule(empty: Scene, contract: str, action: str) -> None:
    """A transaction needs some authority: it is that of another action beside."""
    cell = MATRIX[contract, action]
    beside = Act("eosio", "reqauth", {"from": empty.name("stranger")}, [empty.name("stranger")])
    assert answer(empty, beside, call(empty, contract, action)) == refusal(cell)


@CELLS
def test_with_a_wrong_authority_an_action_is_refused_by_the_rule(empty: Scene, contract: str, action: str) -> None:
    cell = MATRIX[contract, action]
    wrong = {empty.name("stranger"), OPERATOR, ISSUER, MARKET, TOKEN} - {cell.needs}
    for who in sorted(wrong):
        assert answer(empty, call(empty, contract, action, who)) == refusal(cell), who


@CELLS
def test_with_the_right_authority_an_action_gets_past_it(empty: Scene, contract: str, action: str) -> None:
    cell = MATRIX[contract, action]
    assert answer(empty, call(empty, contract, action, cell.needs or empty.name("stranger"))) == (cell.then, False)


@CELLS
def test_with_a_relayed_authority_an_action_is_refused(empty: Scene, contract: str, action: str) -> None:
    """A contract sends the action: neither its own authority will do, nor that of the account that has signed the
    call of it, which the chain does not let it pass on."""
    cell = MATRIX[contract, action]
    intruder, act = empty.name("intruder"), call(empty, contract, action)
    with pytest.raises(Refused) as own:
        relay(empty, intruder, act, intruder)
    assert (own.value.rule, MISSING in str(own.value)) == refusal(cell)
    victim = cell.needs or empty.name("stranger")
    with pytest.raises(Refused) as passed_on:
        relay(empty, intruder, act, victim, victim)
    assert passed_on.value.rule is None
    assert "does not have signatures for it" in str(passed_on.value)


def refusal(cell: Cell) -> tuple[str, bool]:
    """The rule that refuses, and whether it is for want of authority (not so where anyone may call, M-KEE-01)."""
    return cell.rule, bool(cell.needs)


def answer(scene: Scene, *acts: Act) -> tuple[str, bool]:
    """DONE or the rule that refused, and whether a missing authority was the reason."""
    try:
        scene.chain.push(*acts)
    except Refused as refused:
        return refused.rule or str(refused), MISSING in str(refused)
    return DONE, False


def call(scene: Scene, contract: str, action: str, *by: str) -> Act:
    return Act(contract, action, arguments(scene, contract, action), by)


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
        "key": scene.keys[scene.name("stranger")] if action not in ("offer", "p2ppropose", "p2paccept") else 1,
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

"""The boot: the whole of it, again, and cut short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from deploy.chain import features
from deploy.chain.accounts import (
    ACCOUNTS,
    ACCOUNTS_KEY,
    ACCOUNTS_LINKS,
    CONTRACTS,
    GOVERNORS,
    OPERATOR,
    OPERATOR_LINKS,
    PROPOSE,
    PROPOSE_KEY,
)
from deploy.chain.boot import boot
from deploy.chain.governance import Governance
from deploy.chain.market import LEM, open_market
from deploy.chain.nodeos import chain_env
from services.shared.chain.accounts import is_keyed, of_key, participant_account
from services.shared.chain.errors import AuthorityMissing, ContractRefused
from services.shared.chain.transaction import Action
from tests.integration.chain.support import SoftR1Signer

R1_KEY = SoftR1Signer().public_key


class PowerCutError(Exception):
    """The boot's process ends here."""


def cut_after(steps: int) -> Callable[[str], None]:
    """Lets so many steps be told, then ends the boot."""
    told: list[str] = []

    def say(text: str) -> None:
        told.append(text)
        if len(told) > steps:
            raise PowerCutError(text)

    return say


def permissions(chain: Governance, account: str) -> dict[str, Any]:
    return {entry["perm_name"]: entry for entry in chain.client.account(account)["permissions"]}


def assert_complete(chain: Governance) -> None:
    """What contracts/README.md, "Accounts", and the issue say about a chain that is ready."""
    assert len(features.activated(chain)) == len(features.supported(chain.url))
    for name in CONTRACTS:
        assert chain.client.abi(name).actions
        (entry,) = permissions(chain, name)["owner"]["required_auth"]["accounts"]
        assert entry["permission"] == {"actor": "tbigovern", "permission": "active"}
    operator = permissions(chain, OPERATOR)
    for permission, links in OPERATOR_LINKS.items():
        linked = {(link["account"], link["action"]) for link in operator[permission]["linked_actions"]}
        assert linked == set(links)
    assert is_keyed(chain.client.account(OPERATOR), PROPOSE, chain.keyring.signer(PROPOSE_KEY).public_key)
    accounts = permissions(chain, "eosio")[ACCOUNTS]
    assert {(link["account"], link["action"]) for link in accounts["linked_actions"]} == set(ACCOUNTS_LINKS)
    assert is_keyed(chain.client.account("eosio"), ACCOUNTS, chain.keyring.signer(ACCOUNTS_KEY).public_key)
    assert chain.client.account("tbimarket")["ram_quota"] > 0
    (market,) = chain.client.rows("tbimarket", "tbimarket", "markets")
    assert (market["market"], market["slot_s"], market["horizon_s"]) == ("lem", 900, 7 * 86_400)
    (p2x,) = chain.client.rows("tbitoken", "PTX", "stat", key_type="symbol_code")
    assert (p2x["issuer"], p2x["supply"]) == ("tbimarket", "0 PTX")
    (stat,) = chain.client.rows("tbitoken", "EUR", "stat", key_type="symbol_code")
    assert (stat["supply"], stat["issuer"]) == ("0.000000 EUR", "tbievu")
    (parameters,) = chain.client.rows("tbimarket", "lem", "params")
    assert (parameters["lead_s"], parameters["extend_s"], parameters["deadline_s"]) == (900, 60, 96 * 3600)
    (prices,) = chain.client.rows("tbimarket", "lem", "prices")
    assert (prices["evu_buy"], prices["evu_sell"]) == (80_000, 320_000)


def test_a_boot_that_is_cut_short_after_each_step_goes_on_and_ends_complete(governance: Governance) -> None:
    cuts = 0
    while True:
        try:
            boot(governance, chain_env(), cut_after(0))
        except PowerCutError:
            cuts += 1
            continue
        break
    assert cuts >= 14
    assert_complete(governance)


def test_a_second_boot_changes_nothing(governance: Governance) -> None:
    boot(governance, chain_env(), lambda _text: None)
    assert_complete(governance)
    told: list[str] = []
    first = governance.client.info().head_block_num
    boot(governance, chain_env(), told.append)
    assert told == []
    blocks = range(first + 1, governance.client.info().head_block_num)
    traces = [trace for number in blocks for trace in governance.client.block(number)["transactions"]]
    done = [action["name"] for trace in traces for action in trace.actions]
    assert set(done) <= {"onblock"}, "that one is the node's own"


def test_a_chain_that_was_booted_without_it_gets_the_permission_that_makes_accounts(governance: Governance) -> None:
    boot(governance, chain_env(), lambda _text: None)
    eosio = [("eosio", "active")]
    unlinked = [{"account": "eosio", "code": code, "type": name} for code, name in ACCOUNTS_LINKS]
    governance.as_eosio(
        [
            *(Action("eosio", "unlinkauth", eosio, data) for data in unlinked),
            Action("eosio", "deleteauth", eosio, {"account": "eosio", "permission": ACCOUNTS}),
        ]
    )
    governance.keyring.path(ACCOUNTS_KEY).unlink()
    assert governance.keyring.missing() == []
    told: list[str] = []
    boot(governance, chain_env(), told.append)
    assert told == ["permission eosio@accounts set"]
    assert_complete(governance)


def test_a_chain_that_was_booted_without_it_gets_the_permission_that_proposes(governance: Governance) -> None:
    """And a new key when its file was lost."""
    boot(governance, chain_env(), lambda _text: None)
    operator = [(OPERATOR, "active")]
    unlinked = [{"account": OPERATOR, "code": code, "type": name} for code, name in OPERATOR_LINKS[PROPOSE]]
    governance.sign_together(
        [
            *(Action("eosio", "unlinkauth", operator, data) for data in unlinked),
            Action("eosio", "deleteauth", operator, {"account": OPERATOR, "permission": PROPOSE}),
        ]
    )
    for _ in range(2):
        governance.keyring.path(PROPOSE_KEY).unlink()
        assert governance.keyring.missing() == []
        told: list[str] = []
        boot(governance, chain_env(), told.append)
        assert told == ["permissions of tbiadmin set"]
        assert_complete(governance)


def test_the_permission_that_makes_accounts_can_do_nothing_else(governance: Governance) -> None:
    boot(governance, chain_env(), lambda _text: None)
    signer = governance.keyring.signer(ACCOUNTS_KEY)
    level = [("eosio", ACCOUNTS)]
    made = [Action("eosio", name, level, data) for name, data in participant_account("householdaaa", R1_KEY)]
    governance.client.push(made, [signer])
    account = governance.client.account("householdaaa")
    assert is_keyed(account, "active", R1_KEY)
    (owner,) = permissions(governance, "householdaaa")["owner"]["required_auth"]["accounts"]
    assert owner["permission"] == {"actor": "tbirecovery", "permission": "active"}
    assert (account["ram_quota"], account["privileged"]) == (8192, False)
    own = of_key(signer.public_key)
    for name, data in (
        ("setpriv", {"account": "householdaaa", "is_priv": 1}),
        ("updateauth", {"account": "eosio", "permission": "active", "parent": "owner", "auth": own}),
        ("setcode", {"account": "eosio", "vmtype": 0, "vmversion": 0, "code": ""}),
    ):
        with pytest.raises((AuthorityMissing, ContractRefused)):
            governance.client.push([Action("eosio", name, level, data)], [signer])


def test_m_adm_01_one_governor_alone_opens_no_market(governance: Governance) -> None:
    boot(governance, chain_env(), lambda _text: None)
    data = {
        "market": "lem2",
        "slot_s": 900,
        "horizon_s": 900,
        "until": 0,
        "operator": OPERATOR,
        "evu": "tbievu",
        "params": asdict(LEM.parameters),
        "prices": {"from_slot": 0, "evu_buy": 1, "evu_sell": 2},
    }
    alone = Action("tbimarket", "openmarket", [("tbimarket", "active")], data)
    with pytest.raises(AuthorityMissing):
        governance.client.push([alone], [governance.keyring.signer(GOVERNORS[0])])
    assert open_market(governance, LEM) is False


def test_m_mkt_02_what_the_contract_refuses_the_governors_are_told(governance: Governance) -> None:
    boot(governance, chain_env(), lambda _text: None)
    (row,) = governance.client.rows("tbimarket", "lem", "params")
    (prices,) = governance.client.rows("tbimarket", "lem", "prices")
    data = {
        "market": "lem",
        "slot_s": 900,
        "horizon_s": 900,
        "until": 0,
        "operator": OPERATOR,
        "evu": "tbievu",
        "params": row,
        "prices": prices,
    }
    with pytest.raises(ContractRefused) as caught:
        governance.decide([Action("tbimarket", "openmarket", [("tbimarket", "active")], data)])
    assert caught.value.rule == "M-MKT-02"

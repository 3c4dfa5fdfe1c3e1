"""The boot: the whole of it, again, and cut short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from deploy.chain import features
from deploy.chain.accounts import CONTRACTS, GOVERNORS, OPERATOR, OPERATOR_LINKS
from deploy.chain.boot import boot
from deploy.chain.governance import Governance
from deploy.chain.market import LEM, open_market
from deploy.chain.nodeos import chain_env
from services.shared.chain.errors import AuthorityMissing, ContractRefused
from services.shared.chain.transaction import Action


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
    assert chain.client.account("tbimarket")["ram_quota"] > 0
    (market,) = chain.client.rows("tbimarket", "tbimarket", "markets")
    assert (market["market"], market["slot_s"], market["horizon_s"]) == ("lem", 900, 7 * 86_400)
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
    assert cuts >= 13
    assert_complete(governance)


def test_a_second_boot_changes_nothing(governance: Governance) -> None:
    boot(governance, chain_env(), lambda _text: None)
    assert_complete(governance)
    told: list[str] = []
    first = governance.client.info().head_block_num
    boot(governance, chain_env(), told.append)
    assert told == []
    blocks = range(first + 1, governance.client.info().head_block_num)
    assert [trx for number in blocks for trx in governance.client.block(number)["transactions"]] == []


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

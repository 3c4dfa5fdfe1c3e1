"""The accounts as data: contracts/README.md, "Accounts"."""

import pytest

from deploy.chain.accounts import (
    CONTRACTS,
    GOVERNORS,
    OPERATOR_LINKS,
    Account,
    all_accounts,
    key_names,
    two_of_three_after_a_day,
)
from services.shared.chain.accounts import authority
from services.shared.chain.key_file import K1Signer
from services.shared.chain.keys import to_binary


def public_key(seed: int) -> str:
    return K1Signer(seed.to_bytes(32, "big")).public_key


@pytest.fixture
def accounts() -> dict[str, Account]:
    made = all_accounts({name: public_key(seed) for seed, name in enumerate(key_names(), 1)})
    return {account.name: account for account in made}


def test_m_adm_02_contracts_and_operator_belong_to_the_governors(accounts: dict[str, Account]) -> None:
    governed = [{"permission": {"actor": "tbigovern", "permission": "active"}, "weight": 1}]
    for name in (*CONTRACTS, "tbiadmin", "eosio.msig"):
        assert accounts[name].owner["accounts"] == governed
        assert accounts[name].owner["keys"] == accounts[name].active["keys"] == []


def test_the_governors_act_two_of_three(accounts: dict[str, Account]) -> None:
    for rule in (accounts["tbigovern"].owner, accounts["tbigovern"].active):
        assert rule["threshold"] == 2
        assert [entry["permission"]["actor"] for entry in rule["accounts"]] == list(GOVERNORS)


def test_only_contracts_that_send_inline_actions_have_the_code_permission(accounts: dict[str, Account]) -> None:
    def has_code(account: Account) -> bool:
        return any(entry["permission"]["permission"] == "eosio.code" for entry in account.active["accounts"])

    assert {name for name, account in accounts.items() if has_code(account)} == {
        "tbimarket",
        "tbiclsbox",
        "eosio.msig",
    }


@pytest.mark.parametrize(
    ("keys", "waited", "enough"), [(2, True, True), (3, True, True), (3, False, False), (1, True, False)]
)
def test_recovery_takes_two_keys_and_a_day(keys: int, waited: bool, enough: bool) -> None:
    rule = two_of_three_after_a_day([public_key(seed) for seed in (1, 2, 3)])
    assert [wait["wait_sec"] for wait in rule["waits"]] == [86_400]
    weight = sum(entry["weight"] for entry in rule["keys"][:keys]) + (rule["waits"][0]["weight"] if waited else 0)
    assert (weight >= rule["threshold"]) is enough


def test_an_authority_is_in_the_order_that_the_chain_demands() -> None:
    made = authority(1, keys=[(public_key(seed), 1) for seed in range(1, 20)], waits=[(5, 1), (2, 1)])
    binary = [to_binary("PUB", entry["key"]) for entry in made["keys"]]
    assert binary == sorted(binary)
    assert [wait["wait_sec"] for wait in made["waits"]] == [2, 5]


def test_no_action_is_linked_to_two_permissions() -> None:
    linked = [link for links in OPERATOR_LINKS.values() for link in links]
    assert len(linked) == len(set(linked)) == 15


def test_only_the_voting_and_the_proposing_contract_are_privileged(accounts: dict[str, Account]) -> None:
    assert {name for name, account in accounts.items() if account.privileged} == {"consortium", "eosio.msig"}


def test_every_account_has_limits(accounts: dict[str, Account]) -> None:
    assert all(a.limits.ram_bytes > 0 and a.limits.cpu_weight > 0 for a in accounts.values())

"""What a participant's account is made of, and whose key an account has."""

from __future__ import annotations

from typing import Any

from services.shared.chain.accounts import authority, is_keyed, of_account, of_key, participant_account
from services.shared.chain.key_file import K1Signer

KEY, OTHER = (K1Signer(bytes([seed]) * 32).public_key for seed in (1, 2))


def _account(**permissions: dict[str, Any]) -> dict[str, Any]:
    return {"permissions": [{"perm_name": name, "required_auth": rule} for name, rule in permissions.items()]}


def test_a_participants_account_belongs_to_the_recovery_and_acts_by_its_box() -> None:
    (first, made), (second, limits) = participant_account("householdaaa", KEY)
    assert (first, second) == ("newaccount", "setalimits")
    assert made == {
        "creator": "eosio",
        "name": "householdaaa",
        "owner": of_account("tbirecovery"),
        "active": of_key(KEY),
    }
    assert limits == {"account": "householdaaa", "ram_bytes": 8192, "net_weight": 10, "cpu_weight": 10}


def test_a_key_is_an_accounts_when_it_alone_is_enough() -> None:
    assert is_keyed(_account(active=of_key(KEY)), "active", KEY)
    assert not is_keyed(_account(active=of_key(OTHER)), "active", KEY)
    assert not is_keyed(_account(owner=of_key(KEY)), "active", KEY)
    assert not is_keyed(_account(active=authority(1, keys=[(KEY, 1), (OTHER, 1)])), "active", KEY)
    assert not is_keyed(_account(active=authority(1, keys=[(KEY, 1)], accounts=[("a", "active", 1)])), "active", KEY)
    assert not is_keyed(_account(active=of_account("tbigovern")), "active", KEY)
    assert not is_keyed(_account(active=authority(2, keys=[(KEY, 1)])), "active", KEY)

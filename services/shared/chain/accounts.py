"""Accounts as the chain's `newaccount` takes them, and what a participant's account is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from services.shared.chain.keys import to_binary

Authority = dict[str, Any]

RECOVERY: Final = "tbirecovery"
_KIB: Final = 1024


@dataclass(frozen=True)
class Limits:
    """What an account may use: bytes of RAM (-1: no limit), and weights of its shares of net and CPU."""

    ram_bytes: int
    net_weight: int
    cpu_weight: int


# A participant stores nothing of his own (the contracts pay for their rows, M-RAM-02): the account takes some 3 kB.
PARTICIPANT_LIMITS: Final = Limits(8 * _KIB, 10, 10)


def authority(
    threshold: int,
    keys: Sequence[tuple[str, int]] = (),
    accounts: Sequence[tuple[str, str, int]] = (),
    waits: Sequence[tuple[int, int]] = (),
) -> Authority:
    """An authority as `newaccount` takes it, in the order that the chain demands. Weights come last in each tuple."""
    return {
        "threshold": threshold,
        "keys": [
            {"key": key, "weight": weight} for key, weight in sorted(keys, key=lambda part: to_binary("PUB", part[0]))
        ],
        "accounts": [
            {"permission": {"actor": actor, "permission": permission}, "weight": weight}
            for actor, permission, weight in sorted(accounts)
        ],
        "waits": [{"wait_sec": seconds, "weight": weight} for seconds, weight in sorted(waits)],
    }


def of_key(public_key: str) -> Authority:
    return authority(1, keys=[(public_key, 1)])


def of_account(name: str, permission: str = "active") -> Authority:
    return authority(1, accounts=[(name, permission, 1)])


def new_account(name: str, owner: Authority, active: Authority, limits: Limits) -> list[tuple[str, dict[str, Any]]]:
    """The actions of `eosio` that make an account, as (name, data). They go together, or it would have no limits."""
    made = {"creator": "eosio", "name": name, "owner": owner, "active": active}
    return [("newaccount", made), ("setalimits", {"account": name, **asdict(limits)})]


def participant_account(name: str, public_key: str) -> list[tuple[str, dict[str, Any]]]:
    """A participant's: the key of his box's TPM is `active`, `owner` is the recovery's (two of three with a delay)."""
    return new_account(name, of_account(RECOVERY), of_key(public_key), PARTICIPANT_LIMITS)


def is_keyed(account: Mapping[str, Any], permission: str, public_key: str) -> bool:
    """Whether this key alone satisfies a permission of the account (a node's `get_account`). Raises KeyFormatError."""
    wanted = to_binary("PUB", public_key)
    for entry in account["permissions"]:
        if entry["perm_name"] == permission:
            rule = entry["required_auth"]
            held = [(to_binary("PUB", key["key"]), key["weight"] >= rule["threshold"]) for key in rule["keys"]]
            return held == [(wanted, True)] and not rule["accounts"] and not rule["waits"]
    return False

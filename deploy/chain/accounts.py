"""The accounts of the market and what each may do: contracts/README.md, "Accounts", as data.

Nobody rules alone: the contracts, the operator and the recovery belong to governors, two of three. The node's own
account `eosio` keeps the producer's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.shared.chain.accounts import RECOVERY, Authority, Limits, authority, of_account, of_key

GOVERNORS: Final = ("tbigovern1", "tbigovern2", "tbigovern3")
RECOVERY_KEYS: Final = ("tbirecovery1", "tbirecovery2", "tbirecovery3")
CONTRACTS: Final = ("tbitoken", "tbiclsbox", "tbimarket", "tbipool", "consortium")
OPERATOR: Final = "tbiadmin"
EVU: Final = "tbievu"
_SENDERS: Final = ("tbimarket", "tbiclsbox", "eosio.msig")  # contracts that send inline actions
_DAY_S: Final = 86_400
_KIB: Final = 1024

# What a connector may do as the node's own account: make accounts for participants, and nothing else.
ACCOUNTS: Final = "accounts"
ACCOUNTS_KEY: Final = f"eosio.{ACCOUNTS}"
ACCOUNTS_LINKS: Final = (("eosio", "newaccount"), ("eosio", "setalimits"))

# What puts changes before the governors and decides nothing (docs/adr/0018).
PROPOSE: Final = "propose"
PROPOSE_KEY: Final = f"{OPERATOR}.{PROPOSE}"

# The operator's permissions, one a kind of action, each linked to exactly these actions.
OPERATOR_LINKS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "register": tuple(("tbiclsbox", action) for action in ("regbox", "rekey", "regpoint", "regunit")),
    "forecast": (("tbimarket", "forecast"),),
    "event": (("tbiclsbox", "raise"),),
    PROPOSE: (("eosio.msig", "propose"), ("eosio.msig", "cancel")),
    "keeper": (
        *(("tbimarket", action) for action in ("award", "settle", "sweep", "erase", "passclear")),
        *(("tbiclsbox", action) for action in ("senddata", "expire")),
    ),
}


@dataclass(frozen=True)
class Account:
    name: str
    owner: Authority
    active: Authority
    limits: Limits
    privileged: bool = False


def two_of_three(names: Sequence[str]) -> Authority:
    return authority(2, accounts=[(name, "active", 1) for name in names])


def two_of_three_after_a_day(public_keys: Sequence[str]) -> Authority:
    """Two keys and a delay of a day; three keys without the delay are not enough."""
    return authority(7, keys=[(key, 2) for key in public_keys], waits=[(_DAY_S, 3)])


def contract_active(name: str) -> Authority:
    own = [(name, "eosio.code", 1)] if name in _SENDERS else []
    return authority(1, accounts=[("tbigovern", "active", 1), *own])


def all_accounts(public_keys: dict[str, str]) -> tuple[Account, ...]:
    """Every account that the market starts with, in an order in which they can be made. `public_keys` by file name."""
    govern = of_account("tbigovern")
    staff = Limits(256 * _KIB, 100, 100)
    recovery = two_of_three_after_a_day([public_keys[name] for name in RECOVERY_KEYS])
    evu = of_key(public_keys[EVU])
    ram = {"tbimarket": 96, "tbiclsbox": 48, "tbipool": 16, "tbitoken": 16, "consortium": 2}
    return (
        *(Account(name, of_key(public_keys[name]), of_key(public_keys[name]), staff) for name in GOVERNORS),
        Account("tbigovern", two_of_three(GOVERNORS), two_of_three(GOVERNORS), Limits(16 * _KIB, 10, 10)),
        Account(RECOVERY, recovery, recovery, Limits(16 * _KIB, 10, 10)),
        Account("eosio.msig", govern, contract_active("eosio.msig"), Limits(4 * _KIB**2, 10, 10), privileged=True),
        *(
            Account(
                name,
                govern,
                contract_active(name),
                Limits(ram[name] * _KIB**2, 10, 10),
                privileged=name == "consortium",
            )
            for name in CONTRACTS
        ),
        Account(OPERATOR, govern, govern, Limits(256 * _KIB, 1000, 1000)),
        Account(EVU, govern, evu, Limits(_KIB**2, 1000, 1000)),
    )


def key_names() -> tuple[str, ...]:
    """The key files that a chain starts with (the producer's own is the node's)."""
    permissions = (f"{OPERATOR}.{permission}" for permission in OPERATOR_LINKS)
    return (*GOVERNORS, *RECOVERY_KEYS, EVU, *permissions, ACCOUNTS_KEY)

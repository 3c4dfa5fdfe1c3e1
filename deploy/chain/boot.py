"""From an empty chain to one that carries the market.

Every step looks first whether it is done, so that a boot that was cut short goes on where it stopped, and one that is
finished changes nothing. A contract whose files changed is deployed anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.chain import features
from deploy.chain.accounts import (
    ACCOUNTS,
    ACCOUNTS_KEY,
    ACCOUNTS_LINKS,
    CONTRACTS,
    EVU,
    OPERATOR,
    OPERATOR_LINKS,
    PROPOSE,
    Account,
    all_accounts,
)
from deploy.chain.governance import Governance
from deploy.chain.market import LEM, open_market
from deploy.chain.nodeos import bundled_contract
from services.shared.chain.abi import pack_abi
from services.shared.chain.accounts import is_keyed, new_account, of_key
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until

Say = Callable[[str], None]
CONTRACT_FILES: Final = Path(__file__).resolve().parents[2] / "contracts/build"
MAX_SUPPLY: Final = "1000000000.000000 EUR"
MAX_P2X: Final = "1000000000000 PTX"  # one per kWh


class BootError(Exception):
    """The chain cannot be made ready; the message says what is missing."""


def boot(chain: Governance, chain_env: Path, say: Say, contracts: Path = CONTRACT_FILES) -> None:
    """Make the chain ready. Raises BootError and ChainError; a second call goes on from there."""
    missing = [name for name in _files() if not (contracts / name).is_file()]
    if missing:
        raise BootError(
            f"{', '.join(missing)} not found in {contracts}: build the contracts first (contracts/README.md)"
        )
    features.allow(chain, say)
    deploy(chain, "eosio", *bundled_contract(chain_env, "eosio.bios"), say)
    features.activate(chain, say)
    accounts = all_accounts(chain.keyring.public_keys())
    _make_accounts(chain, accounts, say)
    deploy(chain, "eosio.msig", *bundled_contract(chain_env, "eosio.msig"), say)
    for name in CONTRACTS:
        deploy(chain, name, contracts / f"{name}.wasm", contracts / f"{name}.abi", say)
    _give_privileges(chain, accounts, say)
    _make_operator_permissions(chain, say)
    _make_accounts_permission(chain, say)
    _make_euro(chain, say)
    _make_p2x(chain, say)
    if open_market(chain, LEM):
        say(f"market {LEM.name} opened")
    _wait_for_irreversible(chain)


def deploy(chain: Governance, account: str, wasm: Path, abi: Path, say: Say) -> None:
    """Put code and ABI on an account unless they are there."""
    code, packed_abi = wasm.read_bytes(), pack_abi(json.loads(abi.read_text()))
    there = chain.rpc.call("/v1/chain/get_raw_abi", {"account_name": account})
    authorization = [(account, "active")]
    actions = []
    if there["code_hash"] != hashlib.sha256(code).hexdigest():
        data: dict[str, Any] = {"account": account, "vmtype": 0, "vmversion": 0, "code": code.hex()}
        actions.append(Action("eosio", "setcode", authorization, data))
    if there["abi_hash"] != hashlib.sha256(packed_abi).hexdigest():
        actions.append(Action("eosio", "setabi", authorization, {"account": account, "abi": packed_abi.hex()}))
    if not actions:
        return
    (chain.as_eosio if account == "eosio" else chain.sign_together)(actions)
    say(f"contract {wasm.stem} deployed to {account}")


def _files() -> list[str]:
    return [f"{name}{end}" for name in CONTRACTS for end in (".wasm", ".abi")]


def _make_accounts(chain: Governance, accounts: tuple[Account, ...], say: Say) -> None:
    missing = [account for account in accounts if not chain.has_account(account.name)]
    if missing:
        made = [part for a in missing for part in new_account(a.name, a.owner, a.active, a.limits)]
        chain.as_eosio([Action("eosio", name, [("eosio", "active")], data) for name, data in made])
        say(f"{len(missing)} accounts made")


def _give_privileges(chain: Governance, accounts: tuple[Account, ...], say: Say) -> None:
    names = [a.name for a in accounts if a.privileged and not chain.client.account(a.name)["privileged"]]
    if names:
        data = [{"account": name, "is_priv": 1} for name in names]
        chain.as_eosio([Action("eosio", "setpriv", [("eosio", "active")], entry) for entry in data])
        say(f"privileges given to {' and '.join(names)}")


def _make_operator_permissions(chain: Governance, say: Say) -> None:
    """Also on a chain that was booted before one of them was thought of."""
    account = chain.client.account(OPERATOR)
    there = _permissions(chain, OPERATOR)
    authorization = [(OPERATOR, "active")]
    actions = []
    for permission, links in OPERATOR_LINKS.items():
        key = chain.keyring.signer(f"{OPERATOR}.{permission}").public_key
        if permission not in there or (permission == PROPOSE and not is_keyed(account, permission, key)):
            data = {"account": OPERATOR, "permission": permission, "parent": "active", "auth": of_key(key)}
            actions.append(Action("eosio", "updateauth", authorization, data))
        actions += _missing_links(OPERATOR, permission, links, there)
    if actions:
        chain.sign_together(actions)
        say(f"permissions of {OPERATOR} set")


def _make_accounts_permission(chain: Governance, say: Say) -> None:
    """`eosio@accounts`, also on a chain that was booted without it; with a new key when its file was lost."""
    key = chain.keyring.signer(ACCOUNTS_KEY).public_key
    actions = []
    if not is_keyed(chain.client.account("eosio"), ACCOUNTS, key):
        data = {"account": "eosio", "permission": ACCOUNTS, "parent": "active", "auth": of_key(key)}
        actions.append(Action("eosio", "updateauth", [("eosio", "active")], data))
    actions += _missing_links("eosio", ACCOUNTS, ACCOUNTS_LINKS, _permissions(chain, "eosio"))
    if actions:
        chain.as_eosio(actions)
        say(f"permission eosio@{ACCOUNTS} set")


def _permissions(chain: Governance, account: str) -> dict[str, dict[str, Any]]:
    return {entry["perm_name"]: entry for entry in chain.client.account(account)["permissions"]}


def _missing_links(
    account: str, permission: str, links: Sequence[tuple[str, str]], there: Mapping[str, Mapping[str, Any]]
) -> list[Action]:
    linked = {(link["account"], link["action"]) for link in there.get(permission, {}).get("linked_actions", ())}
    return [
        Action(
            "eosio",
            "linkauth",
            [(account, "active")],
            {"account": account, "code": code, "type": name, "requirement": permission},
        )
        for code, name in links
        if (code, name) not in linked
    ]


def _make_euro(chain: Governance, say: Say) -> None:
    if chain.client.rows("tbitoken", "EUR", "stat", key_type="symbol_code", limit=1):
        return
    data = {"issuer": EVU, "maximum_supply": MAX_SUPPLY}
    chain.sign_together([Action("tbitoken", "create", [("tbitoken", "active")], data)])
    say("EUR created")


def _make_p2x(chain: Governance, say: Say) -> None:
    """Issued by the contract tbimarket only (M-P2X-01)."""
    if chain.client.rows("tbitoken", "PTX", "stat", key_type="symbol_code", limit=1):
        return
    data = {"issuer": "tbimarket", "maximum_supply": MAX_P2X}
    chain.sign_together([Action("tbitoken", "create", [("tbitoken", "active")], data)])
    say("PTX created")


def _wait_for_irreversible(chain: Governance) -> None:
    """What the boot did is not taken back by a crash that follows."""
    head = chain.client.info().head_block_num
    wait_until(
        lambda: chain.client.info().last_irreversible_block_num >= head, 60, what="the irreversibility of the boot"
    )

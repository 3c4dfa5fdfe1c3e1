"""A chain whose market belongs to governors, two of three, as deploy/chain/accounts.py has it: changes go through
eosio.msig."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.chain.accounts import GOVERNORS, contract_active, two_of_three
from services.shared.chain.abi import pack_abi
from services.shared.chain.accounts import of_account
from tests.contracts.chain_tester import BUILT, Act, ChainTester, Pushed, code_of

MSIG = "eosio.msig"
PROPOSAL_S = 3600


@dataclass
class Governed:
    """The chain, and the governors' private keys by name."""

    chain: ChainTester
    private: dict[str, str]

    def propose(self, name: str, *acts: Act) -> Pushed:
        """By the first governor, for all three to approve."""
        actions = [
            {
                "account": act.contract,
                "name": act.name,
                "authorization": [{"actor": who, "permission": "active"} for who in act.by],
                "data": self.chain.pack(act),
            }
            for act in acts
        ]
        expires = datetime.fromtimestamp(int(self.chain.now()) + PROPOSAL_S, UTC)
        transaction = {
            "expiration": expires.strftime("%Y-%m-%dT%H:%M:%S"),
            **dict.fromkeys(("ref_block_num", "ref_block_prefix", "max_net_usage_words", "max_cpu_usage_ms"), 0),
            **dict.fromkeys(("context_free_actions", "transaction_extensions"), ()),
            "delay_sec": 0,
            "actions": actions,
        }
        return self._msig(GOVERNORS[0], "propose", name, requested=_levels(GOVERNORS), trx=transaction)

    def approve(self, name: str, governor: str, by: str = "") -> Pushed:
        return self._msig(by or governor, "approve", name, level=_levels([governor])[0])

    def execute(self, name: str, executer: str = GOVERNORS[0]) -> list[str]:
        """eosio.msig executes in a transaction of its own: gives why that failed, if it did."""
        self._msig(executer, "exec", name, executer=executer)
        self.chain.produce()
        return self.chain.push_deferred()

    def decide(self, name: str, *acts: Act) -> list[str]:
        """Proposed, approved by two, executed."""
        self.propose(name, *acts)
        for governor in GOVERNORS[1:]:
            self.approve(name, governor)
        return self.execute(name)

    def _msig(self, by: str, action: str, name: str, **data: Any) -> Pushed:
        return self.chain.push(Act(MSIG, action, {"proposer": GOVERNORS[0], "proposal_name": name, **data}, [by]))


def govern(chain: ChainTester) -> Governed:
    """Hands tbimarket over to the governors."""
    private = {}
    for governor in GOVERNORS:
        chain.create(governor)
        public, private[governor] = chain.new_key()
        chain.set_key(governor, public, private[governor])
    chain.create("tbigovern")
    for permission in ("active", "owner"):
        chain.authorize("tbigovern", permission, two_of_three(GOVERNORS))
    chain.create(MSIG)
    chain.deploy_bundled(MSIG, MSIG)
    chain.push(Act("eosio", "setpriv", {"account": MSIG, "is_priv": 1}, ["eosio"]))
    chain.authorize("tbimarket", "active", contract_active("tbimarket"))
    chain.authorize("tbimarket", "owner", of_account("tbigovern"))
    return Governed(chain, private)


def new_code(account: str, contract: str, built: Path = BUILT) -> list[Act]:
    """Code and ABI of a built contract for an account: both or neither."""
    code, abi = code_of(contract, built)
    return [
        Act("eosio", "setcode", {"account": account, "vmtype": 0, "vmversion": 0, "code": code}, [account]),
        Act("eosio", "setabi", {"account": account, "abi": pack_abi(json.loads(abi)).hex()}, [account]),
    ]


def _levels(governors: Sequence[str]) -> list[dict[str, str]]:
    return [{"actor": governor, "permission": "active"} for governor in governors]

"""The chain as its operators reach it: client, keys, and the two ways in which governors act together.

`sign_together` signs one transaction with two governors' keys, which satisfies `tbigovern@active` directly (used while
the chain is made); `decide` goes through eosio.msig, as every later change does (M-ADM-01, M-ADM-02): proposed,
approved by two, executed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.chain.accounts import ACCOUNTS_KEY, GOVERNORS, OPERATOR, PROPOSE_KEY, RECOVERY_KEYS, key_names
from deploy.chain.keys import signer_of
from services.shared.chain.client import ChainClient, Confirm
from services.shared.chain.errors import NotFound, ResourcesExhausted
from services.shared.chain.key_file import KeyFileSigner
from services.shared.chain.model import Receipt
from services.shared.chain.multisig import transaction_of
from services.shared.chain.rpc import NodeRpc
from services.shared.chain.transaction import Action, SignedTransaction

_PROPOSAL_S = 3600
_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz12345"
_TOO_LONG = "executing for too long"
_TRIES = 5


@dataclass(frozen=True)
class Keyring:
    """The folder of the key files; one that is missing is made.

    What governors and recovery hold lies apart from what the services of the operator read.
    """

    folder: Path

    def signer(self, name: str) -> KeyFileSigner:
        return signer_of(self.path(name))

    @property
    def operator(self) -> Path:
        return self.folder / "operator"

    def path(self, name: str) -> Path:
        apart = name in (*GOVERNORS, *RECOVERY_KEYS)
        return (self.folder / "governors" if apart else self.operator) / f"{name}.key"

    def missing(self) -> list[str]:
        """The key files that are not there, and that nobody can make anew.

        The boot replaces those of eosio@accounts and tbiadmin@propose.
        """
        lasting = (name for name in key_names() if name not in (ACCOUNTS_KEY, PROPOSE_KEY))
        return [str(self.path(name)) for name in lasting if not self.path(name).exists()]

    def public_keys(self) -> dict[str, str]:
        return {name: self.signer(name).public_key for name in key_names()}


class _PatientClient(ChainClient):
    """Sends again what a node had too little time for: a machine that does much else is slow for a moment."""

    def send(self, signed: SignedTransaction) -> Receipt:
        for _ in range(_TRIES - 1):
            try:
                return super().send(signed)
            except ResourcesExhausted as error:
                if _TOO_LONG not in str(error):
                    raise
        return super().send(signed)


class Governance:
    """`producer_key` signs for `eosio`: accounts and their limits, nothing of the market's."""

    def __init__(self, urls: Sequence[str], keyring: Keyring, producer_key: Path, timeout_s: float = 5.0) -> None:
        self.url = urls[0]
        self.client: ChainClient = _PatientClient(urls, timeout_s)
        self.rpc = NodeRpc(urls, timeout_s)
        self.keyring = keyring
        self._producer_key = producer_key

    def as_eosio(self, actions: Sequence[Action]) -> Receipt:
        return self.client.push(actions, [signer_of(self._producer_key)])

    def sign_together(self, actions: Sequence[Action], confirm: Confirm = "block") -> Receipt:
        return self.client.push(actions, self._two(), confirm=confirm)

    def as_operator(self, permission: str, actions: Sequence[tuple[str, str, dict[str, Any]]]) -> Receipt:
        """(account, action, data) of the operator's, by the permission that is linked to them."""
        signed = [Action(account, name, [(OPERATOR, permission)], data) for account, name, data in actions]
        return self.client.push(signed, [self.keyring.signer(f"{OPERATOR}.{permission}")])

    def decide(self, actions: Sequence[Action]) -> Receipt:
        """Propose, approve twice and execute, in one transaction: all of it takes effect, or nothing.

        Raises ContractRefused when the proposed actions themselves are refused.
        """
        self._try_out(actions)
        proposer = GOVERNORS[0]
        expires_at = int(self.client.info().head_block_time) + _PROPOSAL_S
        trx = transaction_of(self.client, actions, expires_at)
        name = _proposal_name(f"{trx}{time.time_ns()}")
        levels = [{"actor": governor, "permission": "active"} for governor in GOVERNORS[:2]]

        def msig(actor: str, action: str, **data: Any) -> Action:
            return Action(
                "eosio.msig", action, [(actor, "active")], {"proposer": proposer, "proposal_name": name, **data}
            )

        return self.client.push(
            [
                msig(proposer, "propose", requested=levels, trx=trx),
                *(msig(level["actor"], "approve", level=level) for level in levels),
                msig(proposer, "exec", executer=proposer),
            ],
            self._two(),
        )

    def has_account(self, name: str) -> bool:
        try:
            self.client.account(name)
        except NotFound:
            return False
        return True

    def _try_out(self, actions: Sequence[Action]) -> None:
        """eosio.msig executes in a transaction of its own, whose refusal nobody is told: ask the node first."""
        signed = self.client.prepare(actions, self._two())
        packed = {"compression": 0, "packed_context_free_data": "", "packed_trx": signed.packed.hex()}
        self.rpc.call(
            "/v1/chain/compute_transaction", {"transaction": {"signatures": list(signed.signatures), **packed}}
        )

    def _two(self) -> list[KeyFileSigner]:
        return [self.keyring.signer(governor) for governor in GOVERNORS[:2]]


def _proposal_name(seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(_NAME_LETTERS[byte % len(_NAME_LETTERS)] for byte in digest[:12])

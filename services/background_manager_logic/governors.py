"""What stands before the governors, through the Blockchain-Connector: this service proposes, they decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from clients import blockchain_connector
from clients.blockchain_connector import BlockchainConnectorApi, NewProposal, NewProposalActionsInner
from services.background_manager_logic.connector import Action, Receipt, failed
from services.shared.clients import How, Neighbour, NeighbourError
from services.shared.times import iso
from services.shared.web.service_token import ServiceTokens

R = TypeVar("R")
_TIMEOUT_S = (2.0, 25.0)


@dataclass(frozen=True, slots=True)
class Approval:
    """`approved_at` is None while the governor has not approved. Times in seconds since the epoch."""

    account: str
    approved_at: int | None


@dataclass(frozen=True, slots=True)
class Proposed:
    """One action of a proposal; `data` is None where it fits no ABI of today."""

    account: str
    name: str
    authorization: Sequence[str]
    data: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A proposal as the chain's head has it."""

    proposer: str
    name: str
    hash: str
    expires_at: int
    is_approved: bool
    actions: Sequence[Proposed]
    approvals: Sequence[Approval]


@dataclass(frozen=True, slots=True)
class Council:
    """What stands before the governors, who they are, and how many of them must approve."""

    standing: Sequence[Standing]
    governors: Sequence[str]
    threshold: int


class Governors:
    """Safe for several threads. All calls raise ChainSilent and ChainWrong."""

    def __init__(self, base_url: str, tokens: ServiceTokens) -> None:
        self._chain = Neighbour(
            blockchain_connector, BlockchainConnectorApi, base_url, header=tokens.header, timeout_s=_TIMEOUT_S
        )

    def council(self) -> Council:
        """As at the head."""
        told = self._ask(lambda api, how: api.get_open_proposals(**how))
        return Council([_standing(one.to_dict()) for one in told.items], told.governors, told.threshold)

    def propose(self, name: str, actions: Sequence[Action], expires_at: int) -> Receipt:
        """In a block when this returns. Raises ChainRefused: one of this name stands already, among others."""
        wanted = NewProposal(
            name=name,
            expires_at=iso(expires_at),
            actions=[NewProposalActionsInner(account=a.account, name=a.name, data=dict(a.data)) for a in actions],
        )
        told = self._ask(lambda api, how: api.post_new_proposal(payload=wanted, **how))
        return Receipt(told.transaction_id, told.block_num)

    def cancel(self, name: str) -> Receipt:
        """Take back one of this side's own. Raises ChainRefused."""
        told = self._ask(lambda api, how: api.delete_one_proposal(name, **how))
        return Receipt(told.transaction_id, told.block_num)

    def _ask(self, ask: Callable[[BlockchainConnectorApi, How], R]) -> R:
        try:
            return self._chain.call(ask)
        except NeighbourError as error:
            raise failed(error) from error


def _standing(told: Mapping[str, Any]) -> Standing:
    return Standing(
        told["proposer"],
        told["name"],
        told["hash"],
        _epoch(told["expires_at"]),
        told["is_approved"],
        [Proposed(one["account"], one["name"], one["authorization"], one.get("data")) for one in told["actions"]],
        [Approval(one["account"], _maybe_epoch(one.get("approved_at"))) for one in told["approvals"]],
    )


def _maybe_epoch(moment: datetime | str | None) -> int | None:
    return None if moment is None else _epoch(moment)


def _epoch(moment: datetime | str) -> int:
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return int(found.timestamp())

"""Proposals to the governors: this connector may propose and take back, and decide nothing (docs/adr/0018)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.blockchain_connector.domain import (
    MSIG,
    OPERATOR,
    PROPOSABLE,
    Call,
    Order,
)
from services.blockchain_connector.performer.authority import NotPermitted
from services.blockchain_connector.performer.service import Performer, Refused
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import NotFound
from services.shared.chain.multisig import Proposal, council, level_json, proposals, transaction_of
from services.shared.chain.transaction import Action

MOST_OPEN: Final = 64
"""What the operator's RAM bears, with room: a proposal takes about 1 kB."""


class ProposalStands(Exception):  # noqa: N818 - the name says what is
    """One of this name stands already. The text is its name."""


class TooManyProposals(Exception):  # noqa: N818 - the name says what is
    """As many as this connector keeps are open."""


class Proposals:
    """Thread-safe. Raises ChainUnavailable, SignerUnavailable, NotPermitted and what Performer.submit raises."""

    def __init__(self, chain: ChainClient, performer: Performer, clock: Callable[[], float] = time.time) -> None:
        self._chain = chain
        self._performer = performer
        self._clock = clock

    def all(self) -> list[Proposal]:
        """As they stand at the head, whoever proposed them; what has expired stands there until somebody clears it."""
        with self._chain.one_node():
            return proposals(self._chain)

    def deciding(self) -> tuple[list[str], int]:
        """Who decides, and how much weight of approvals is needed."""
        found = council(self._chain)
        return [actor for actor, _ in found.levels], found.threshold

    def propose(self, name: str, actions: Sequence[tuple[str, str, Mapping[str, Any]]], expires_at: int) -> Order:
        """In a block when this returns. One that has expired is replaced. Raises ProposalStands, AbiError, too."""
        for account, action, _ in actions:
            if (account, action) not in PROPOSABLE:
                raise NotPermitted(f"{account}::{action} is nothing that a service may propose.")
        own = proposals(self._chain, OPERATOR)
        now = self._chain.info().head_block_time
        standing = next((one for one in own if one.name == name), None)
        if standing is not None and standing.expires_at > now:
            raise ProposalStands(name)
        expired = [one.name for one in own if one.expires_at <= now][:MOST_OPEN]
        if len(own) - len(expired) >= MOST_OPEN:
            raise TooManyProposals
        calls = [_cancel(old) for old in expired]
        calls.append(self._propose(name, actions, expires_at))
        try:
            return self._submit(f"proposal {name} {expires_at}", calls)
        except Refused:
            if any(one.name == name and one.expires_at > now for one in proposals(self._chain, OPERATOR)):
                raise ProposalStands(name) from None
            raise

    def cancel(self, name: str) -> Order:
        """Take back one of this connector's own. Raises NotFound."""
        found = proposals(self._chain, OPERATOR, name)
        if not found:
            raise NotFound(f"{OPERATOR} has no proposal {name}")
        return self._submit(f"cancel {name} {found[0].hash} {found[0].expires_at}", [_cancel(name)])

    def _propose(self, name: str, actions: Sequence[tuple[str, str, Mapping[str, Any]]], expires_at: int) -> Call:
        by_contract = [Action(account, action, [(account, "active")], dict(data)) for account, action, data in actions]
        data = {
            "proposer": OPERATOR,
            "proposal_name": name,
            "requested": [level_json(level) for level in council(self._chain).levels],
            "trx": transaction_of(self._chain, by_contract, expires_at),
        }
        return Call(MSIG, "propose", data)

    def _submit(self, key: str, calls: Sequence[Call]) -> Order:
        """The key has blanks: no caller's Idempotency-Key is like it. The chain takes a name once, so a refusal is not
        kept: its cause may be gone the next time."""
        try:
            return self._performer.submit(key, calls)
        except Refused:
            self._performer.forget_refusal(key)
            raise


def _cancel(name: str) -> Call:
    return Call(MSIG, "cancel", {"proposer": OPERATOR, "proposal_name": name, "canceler": OPERATOR})

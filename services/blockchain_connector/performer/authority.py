"""Whose authority an order takes, and who signs for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from services.blockchain_connector.domain import (
    ACCOUNTS_LEVEL,
    MARKET_CONTRACTS,
    PROPOSE_LEVEL,
    Call,
    Level,
    is_account_order,
    is_proposal_order,
    operator_level,
)
from services.shared.chain.signer import Signer


class NotPermitted(Exception):  # noqa: N818 - the name says what happened
    """This connector signs no such action."""


class Authorities(Protocol):
    def levels(self, calls: Sequence[Call]) -> list[Level]:
        """The permission for each call, in their order. Raises NotPermitted, SignerUnavailable."""

    def signers(self, levels: Sequence[Level]) -> list[Signer]:
        """Who signs, each once."""


class BoxAuthority:
    """A box signs as its own account, with its TPM's key."""

    def __init__(self, account: Callable[[], str], signer: Signer) -> None:
        self._account = account
        self._signer = signer

    def levels(self, calls: Sequence[Call]) -> list[Level]:
        for call in calls:
            _require_market_contract(call)
        return [(self._account(), "active")] * len(calls)

    def signers(self, levels: Sequence[Level]) -> list[Signer]:
        return [self._signer] if levels else []


class OperatorAuthority:
    """The cloud side signs as the operator or the EVU: one permission, one key, for each kind of action."""

    def __init__(self, signers: Mapping[Level, Signer]) -> None:
        self._signers = dict(signers)

    def levels(self, calls: Sequence[Call]) -> list[Level]:
        """Actions of `eosio` only as a whole order: together they make one participant's account. Those of
        `eosio.msig` only to propose what may be proposed, and to take that back."""
        if is_account_order(calls):
            return [self._held(ACCOUNTS_LEVEL)] * len(calls)
        if is_proposal_order(calls):
            return [self._held(PROPOSE_LEVEL)] * len(calls)
        return [self._level(call) for call in calls]

    def signers(self, levels: Sequence[Level]) -> list[Signer]:
        return [self._signers[level] for level in dict.fromkeys(levels)]

    def _level(self, call: Call) -> Level:
        _require_market_contract(call)
        level = operator_level(call)
        if level is None:
            raise NotPermitted(f"{call.account}::{call.name} is not an action of the operator's.")
        return self._held(level)

    def _held(self, level: Level) -> Level:
        if level not in self._signers:
            raise NotPermitted(
                f"This connector holds no key for {level[0]}@{level[1]}; TBI_KEYS_DIR holds those it has."
            )
        return level


def _require_market_contract(call: Call) -> None:
    if call.account not in MARKET_CONTRACTS:
        raise NotPermitted(f"{call.account} is not one of the market's contracts.")

"""What can go wrong between us and the chain, and how a node's answer is read into it."""

# ruff: noqa: N818 - the names say what happened; callers read them as sentences
from __future__ import annotations

import re
from typing import Any

RULE = re.compile(r"\b(M-[A-Z0-9]{3}-\d{2})\b:?\s*")
_ASSERTION = "assertion failure with message: "


class ChainError(Exception):
    """Anything that the chain, or the way to it, has against us.

    `uncertain`: another node was asked before and gave no answer, so it may have accepted what this one refuses; or the
    one that refuses is behind the others.
    """

    uncertain: bool = False


class AbiError(ChainError, ValueError):
    """Data that does not fit the contract's ABI."""


class KeyFormatError(ChainError, ValueError):
    """A key or signature that is not one."""


class ChainUnavailable(ChainError):
    """No node answers, or none that can serve us now. Trying again later may help."""


class OutcomeUnknown(ChainUnavailable):
    """Sent, but not seen in a block in time. The transaction may still be included until it expires."""

    def __init__(self, message: str, transaction_id: str) -> None:
        super().__init__(message)
        self.transaction_id = transaction_id


class TracesWrong(ChainUnavailable):
    """The node's trace API tells of a block that the node lost when it was killed (deploy/chain/traces.py)."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"the node's traces of block {number} are not those of the block that stands there: let it replay its "
            "block log without its old traces, or add the URL of another node to TBI_CHAIN_URLS"
        )


class ChainStandsStill(ChainUnavailable):
    """The node's newest block is too old for a transaction that is made on it (or our clock is wrong)."""


class ResourcesExhausted(ChainUnavailable):
    """The account's RAM, CPU or net is used up, or the node ran out of time."""


class ContractRefused(ChainError):
    """A contract (or the chain's own check of an action) said no. `rule` is the market's rule id, if it named one."""

    def __init__(self, message: str, rule: str | None = None) -> None:
        super().__init__(f"{rule}: {message}" if rule else message)
        self.rule = rule
        self.message = message


class AuthorityMissing(ChainError):
    """The signatures do not satisfy the authorization that the action names."""


class TransactionExpired(ChainError):
    """The transaction was not included before it expired, or refers to a block that the node does not know."""


class DuplicateTransaction(ChainError):
    """The node has this very transaction already."""


class SignerUnavailable(ChainError):
    """What holds the key does not answer, or cannot sign now."""


class SigningRefused(ChainError):
    """What holds the key looked at the transaction and does not sign such a one."""


class NotFound(ChainError):
    """The block, transaction, table or account asked for is not there."""


# Codes of nodeos (libraries/chain/include/eosio/chain/exceptions.hpp), single ones before their family.
_BY_CODE: dict[int, type[ChainError]] = {
    3040005: TransactionExpired,  # expired_tx_exception
    3040007: TransactionExpired,  # invalid_ref_block_exception
    3040008: DuplicateTransaction,
    3010001: NotFound,  # a name of nothing
    3060002: NotFound,  # account
    3060003: NotFound,  # table
    3060004: NotFound,  # contract
    3100002: NotFound,  # block
    308: ResourcesExhausted,
    309: AuthorityMissing,
}
_REFUSALS = (304, 305, 307)  # transaction, action and wasm exceptions


def from_node(error: dict[str, Any]) -> ChainError:
    """The error for the `error` object in a node's answer."""
    code = int(error.get("code") or 0)
    details = [str(d.get("message", "")) for d in error.get("details") or []]
    message = details[0] if details else str(error.get("what", "unknown error"))
    kind = _BY_CODE.get(code) or _BY_CODE.get(code // 10000)
    if kind is not None:
        return kind(message)
    if code // 10000 in _REFUSALS:
        return refusal(message)
    return ChainError(f"{message} ({error.get('name', code)})")


def refusal(message: str) -> ContractRefused:
    """A contract's `check` text, with its rule id taken out."""
    text = message.split(_ASSERTION, 1)[-1].strip()
    found = RULE.match(text)
    if found is None:
        return ContractRefused(text)
    return ContractRefused(text[found.end() :].strip(), found.group(1))

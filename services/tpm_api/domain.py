"""What the box's key may sign, and what exactly is then signed."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.shared.chain.errors import AbiError
from services.shared.chain.keys import transaction_digest
from services.shared.chain.transaction import PackedAction, unpack_transaction
from services.shared.chain.wire import READ, Reader

LABEL_PATTERN: Final = "^[a-z][a-z0-9-]{0,31}$"
MAX_ACTIONS: Final = 16
MAX_EXPIRY_S: Final = 3600
MAX_PACKED_BYTES: Final = 32 * 1024

MARKET: Final = "tbimarket"
TOKEN: Final = "tbitoken"  # noqa: S105 - a contract's account
PERMISSION: Final = "active"

# In front of every journal head that is signed. With the head's 32 bytes it makes 53 bytes; what is signed for a
# transaction is never shorter than 80 (chain id, an empty transaction's 16 bytes, 32 zeros): one never is the other.
JOURNAL_TAG: Final = b"tbienergy journal v1\0"


class NotAllowed(Exception):  # noqa: N818 - it names the decision
    """The key does not sign this. `reasons` says of each part of the transaction what is not allowed."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__("; ".join(f"{part}: {reason}" for part, reason in reasons.items()))
        self.reasons = reasons


class Malformed(Exception):  # noqa: N818 - as above
    """The bytes are no transaction."""


@dataclass(frozen=True)
class PublicKey:
    """A key of the box: its label, as `PUB_R1_...` and as PEM (SubjectPublicKeyInfo)."""

    label: str
    public_key: str
    pem: str


def label_of(text: str) -> str:
    """A key's label. Raises ValueError."""
    if not re.fullmatch(LABEL_PATTERN[1:-1], text, re.ASCII):
        raise ValueError(f"a label looks like {LABEL_PATTERN}")
    return text


def journal_digest(head: bytes) -> bytes:
    """What is signed for a journal whose head is these 32 bytes."""
    return hashlib.sha256(JOURNAL_TAG + head).digest()


def digest_to_sign(chain_id: str, packed: bytes, *, account: str, now: float) -> bytes:
    """The digest of a transaction that this box may sign at `now` (seconds since the epoch).

    `account` is the box's own. Raises Malformed when `packed` is no transaction in the one form that the chain gives
    it, NotAllowed when it is none that a box signs.
    """
    try:
        transaction = unpack_transaction(packed)
        same = transaction.pack() == packed
    except AbiError as error:
        raise Malformed(str(error)) from error
    if not same:  # a second form of the same content would be signed, but never accepted
        raise Malformed("not packed in the one way that the chain packs it")
    reasons = _wrong_header(transaction.expiration, transaction.delay_sec, len(transaction.actions), now)
    for index, action in enumerate(transaction.actions[:MAX_ACTIONS]):
        reason = _wrong_action(action, account)
        if reason is not None:
            reasons[f"actions.{index}"] = reason
    if reasons:
        raise NotAllowed(reasons)
    return transaction_digest(chain_id, packed)


def _wrong_header(expiration: int, delay_sec: int, actions: int, now: float) -> dict[str, str]:
    reasons = {}
    if not now < expiration <= now + MAX_EXPIRY_S:
        reasons["expiration"] = f"it must lie in the next {MAX_EXPIRY_S} s by this box's clock"
    if delay_sec:
        reasons["delay_sec"] = "a deferred transaction is not signed"
    if not 1 <= actions <= MAX_ACTIONS:
        reasons["actions"] = f"a transaction has 1 to {MAX_ACTIONS} actions, not {actions}"
    return reasons


def _wrong_action(action: PackedAction, account: str) -> str | None:
    """Why the box does not sign `action`, or None."""
    rule = _ALLOWED.get((action.account, action.name))
    if rule is None:
        return f"{action.account}::{action.name} is not among the actions that a box signs"
    if action.authorization != ((account, PERMISSION),):
        return f"the authorization must be this box's own, {account}@{PERMISSION}, and no other"
    reader = Reader(action.data)
    try:
        return rule(reader, account)
    except AbiError as error:
        return f"its data cannot be read: {error}"


def _own_market_action(reader: Reader, account: str) -> str | None:
    """All of them begin with the market and the account they act for; the contract checks the rest."""
    READ["name"](reader)
    party = READ["name"](reader)
    return None if party == account else f"it acts for {party}, this box is {account}"


def _deposit(reader: Reader, account: str) -> str | None:
    """transfer(from, to, quantity, memo): money leaves for the market only."""
    sender, receiver = READ["name"](reader), READ["name"](reader)
    READ["asset"](reader)
    READ["string"](reader)
    if sender != account:
        return f"it transfers from {sender}, this box is {account}"
    if receiver != MARKET:
        return f"it transfers to {receiver}; a box transfers to {MARKET} only"
    return "there are bytes after the memo" if reader.left else None


_MARKET_ACTIONS: Final = (
    *("offer", "retract", "bid", "deliver", "withdraw"),
    *("passaccept", "passdrop", "passend"),
    *("p2ppropose", "p2pdrop", "p2paccept"),
)
_ALLOWED: Final[dict[tuple[str, str], Callable[[Reader, str], str | None]]] = {
    **{(MARKET, name): _own_market_action for name in _MARKET_ACTIONS},
    (TOKEN, "transfer"): _deposit,
}

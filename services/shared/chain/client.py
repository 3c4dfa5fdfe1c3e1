"""The chain's client: reads (reading.py), prepares, signs and sends transactions, and follows them into a block."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from typing import Any, Final, Literal

from services.shared.chain.errors import (
    ChainError,
    ChainStandsStill,
    ChainUnavailable,
    DuplicateTransaction,
    NotFound,
    OutcomeUnknown,
    ResourcesExhausted,
    TransactionExpired,
)
from services.shared.chain.link import Link
from services.shared.chain.model import ChainInfo, Receipt, Trace
from services.shared.chain.reading import ChainReader
from services.shared.chain.signer import Signer
from services.shared.chain.transaction import Action, SignedTransaction, Transaction, tapos
from services.shared.wait import wait_until

Confirm = Literal["none", "block", "kept", "irreversible"]
"""How far a transaction has to be: `block`, in the newest one at least, which a node takes with it when it is killed;
`kept`, in one that another stands upon, which outlives any one node (ADR 0035)."""

EXPIRY_S: Final = 30
_POLL_S: Final = 0.05
_MARGIN_S: Final = 2.0
_NONCE_FROM, _NONCE_TO = 1 << 20, 1 << 28  # net words: above any real use, below the node's limit of 2^29


class ChainClient(ChainReader):
    """Thread-safe. `urls` are nodes of one chain; the next one serves when one is away."""

    def __init__(
        self,
        urls: Sequence[str],
        timeout_s: float = 5.0,
        *,
        expiry_s: int = EXPIRY_S,
        chain_id: str | None = None,
        check_s: float = 5.0,
        link: Link | None = None,
    ) -> None:
        super().__init__(urls, timeout_s, chain_id=chain_id, check_s=check_s, link=link)
        self._expiry_s = expiry_s

    def push(
        self,
        actions: Sequence[Action],
        signers: Sequence[Signer],
        *,
        confirm: Confirm = "block",
        timeout_s: float = 30.0,
    ) -> Receipt:
        """Signs and sends, and returns when the transaction stands in a block (or in an irreversible one).

        A transaction that expired before it was included is built and signed anew until `timeout_s` is over: it can no
        longer take effect, so there is one effect at most. Raises ContractRefused, AuthorityMissing, AbiError,
        SignerUnavailable, ChainUnavailable, TransactionExpired, and OutcomeUnknown when time runs out after sending.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            signed = self._prepare_until(actions, signers, deadline)
            try:
                receipt = self._send_until(signed, deadline)
                if confirm != "none":
                    receipt = self.confirm(signed, confirm, deadline - time.monotonic())
            except TransactionExpired:
                if time.monotonic() >= deadline:
                    raise
                continue
            self._forget_changed(actions)
            return receipt

    def prepare(
        self, actions: Sequence[Action], signers: Sequence[Signer], *, expiry_s: int | None = None
    ) -> SignedTransaction:
        """Packed and signed, bound to the last irreversible block (a fork cannot make that reference invalid).

        Two transactions of the same actions differ: the net limit, which is far above any use, carries a nonce. Raises
        AbiError, NotFound, ChainStandsStill, ChainUnavailable and what the signers raise.
        """
        packed_actions = tuple(a.packed(self.pack_action(a.account, a.name, a.data)) for a in actions)
        info = self.info()
        age = time.time() - info.head_block_time
        if age > self._expiry_s:
            raise ChainStandsStill(f"the chain's newest block is {age:.0f} s old")
        number, prefix = tapos(info.last_irreversible_block_id)
        transaction = Transaction(
            expiration=int(info.head_block_time) + (self._expiry_s if expiry_s is None else expiry_s),
            ref_block_num=number,
            ref_block_prefix=prefix,
            actions=packed_actions,
            max_net_usage_words=_NONCE_FROM + secrets.randbelow(_NONCE_TO - _NONCE_FROM),
        )
        packed = transaction.pack()
        return SignedTransaction(packed, tuple(s.sign_transaction(info.chain_id, packed) for s in signers))

    def send(self, signed: SignedTransaction) -> Receipt:
        """Hands it to a node. That is not inclusion yet. One that the node has already is as good as accepted."""
        body = {
            "signatures": list(signed.signatures),
            "compression": 0,
            "packed_context_free_data": "",
            "packed_trx": signed.packed.hex(),
        }
        try:
            answer = self._rpc.call("/v1/chain/send_transaction", body)
        except DuplicateTransaction:
            return Receipt(signed.id, 0)
        return Receipt(signed.id, int(answer["processed"].get("block_num", 0)))

    def confirm(self, signed: SignedTransaction, confirm: Confirm, timeout_s: float) -> Receipt:
        """Waits for inclusion. Raises TransactionExpired only when it is certain that there is and will be none."""
        seen = (-1, -1)

        def look() -> Receipt | None:
            nonlocal seen
            info = self.info()
            if (info.head_block_num, info.last_irreversible_block_num) == seen:
                return None
            seen = (info.head_block_num, info.last_irreversible_block_num)
            found = self.transaction(signed.id)
            if found is None and self.is_expired(signed, info):
                return self._final_place(signed)
            if found is None or not is_confirmed(found, info, confirm):
                return None
            return Receipt(signed.id, found.block_num, found.actions, found.block_id)

        def look_again() -> Receipt | None:
            # a node that restarts may know more when it is back; one that lost its last block still has its trace
            with contextlib.suppress(ChainUnavailable, NotFound), self.one_node():
                return look()
            return None

        try:
            return wait_until(look_again, timeout_s, every=_POLL_S)
        except TimeoutError as error:
            message = f"the transaction {signed.id} was sent but is in no block yet"
            raise OutcomeUnknown(message, signed.id) from error

    @staticmethod
    def is_expired(signed: SignedTransaction, info: ChainInfo) -> bool:
        """Whether no block to come can carry it, on any fork: the irreversible time has passed its expiration."""
        return info.last_irreversible_block_time > signed.expiration

    def _final_place(self, signed: SignedTransaction) -> Receipt:
        """Where it stands for good. Raises TransactionExpired for nowhere, ChainUnavailable when that is not certain.

        It was made at a head of `expiry_s` before its expiration, so no earlier block can carry it.
        """
        place = self.place_among(signed.id, signed.expiration - self._expiry_s - _MARGIN_S, signed.expiration)
        if place is None:
            raise TransactionExpired(f"the transaction {signed.id} expired before it was included")
        return Receipt(signed.id, place[0], block_id=place[1])

    def _prepare_until(
        self, actions: Sequence[Action], signers: Sequence[Signer], deadline: float
    ) -> SignedTransaction:
        """Waits for a node that has just started to make its first block."""
        standstill: ChainStandsStill | None = None

        def attempt() -> SignedTransaction | None:
            nonlocal standstill
            try:
                return self.prepare(actions, signers)
            except ChainStandsStill as error:
                standstill = error
                return None

        try:
            return wait_until(attempt, deadline - time.monotonic(), every=_POLL_S)
        except TimeoutError as error:
            raise standstill or error from None

    def _send_until(self, signed: SignedTransaction, deadline: float) -> Receipt:
        """Sends until a node answers. A refusal counts only when no earlier attempt can have succeeded."""
        unanswered: ChainUnavailable | None = None

        def attempt() -> Receipt | None:
            nonlocal unanswered
            try:
                return self.send(signed)
            except ResourcesExhausted:
                raise
            except ChainUnavailable as error:
                unanswered = error
                return None
            except ChainError as error:
                if unanswered is None and not error.uncertain:
                    raise
                return self._despite(error, signed, deadline)

        try:
            return wait_until(attempt, deadline - time.monotonic(), every=_POLL_S)
        except TimeoutError:
            raise OutcomeUnknown(f"{unanswered}; {signed.id} may have been sent", signed.id) from unanswered

    def _despite(self, refusal: ChainError, signed: SignedTransaction, deadline: float) -> Receipt:
        """Included all the same? Else the refusal, as soon as it is certain."""
        try:
            return self.confirm(signed, "block", deadline - time.monotonic())
        except TransactionExpired:
            raise refusal from None

    def _forget_changed(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if action.account == "eosio" and action.name in ("setabi", "setcode"):
                self.forget_abi(_text(action.data.get("account")))


def is_confirmed(trace: Trace, info: ChainInfo, confirm: Confirm) -> bool:
    if confirm == "irreversible":
        return trace.block_num <= info.last_irreversible_block_num
    return confirm != "kept" or trace.block_num < info.head_block_num


def _text(value: Any) -> str:
    return str(value)

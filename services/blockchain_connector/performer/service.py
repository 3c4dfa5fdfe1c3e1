"""An order's way into a block: signed, noted, sent, looked for, and signed anew only when it can no longer get in."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from services.blockchain_connector.domain import KEY_LIFETIME_S, Call, Confirm, Order, Refusal, fingerprint
from services.blockchain_connector.performer.authority import Authorities
from services.blockchain_connector.performer.outbox import Outbox
from services.blockchain_connector.performer.view import View
from services.shared.chain.client import ChainClient
from services.shared.chain.client import Confirm as HowFar
from services.shared.chain.errors import (
    AbiError,
    AuthorityMissing,
    ChainError,
    ChainUnavailable,
    ContractRefused,
    NotFound,
    OutcomeUnknown,
    ResourcesExhausted,
    SignerUnavailable,
    SigningRefused,
    TransactionExpired,
)
from services.shared.chain.transaction import Action, SignedTransaction

VALID_S = 3600.0
_SLICE_S = 2.0  # how long one look for a transaction lasts before it is sent again
_HOW_FAR: Final[Mapping[Confirm, HowFar]] = {"block": "kept", "irreversible": "irreversible"}
_NOT_SENT: Final = Refusal(
    503, "It was not sent in time: the chain or the signer was away for as long as it was valid."
)
_log = logging.getLogger(__name__)


class KeyReused(Exception):  # noqa: N818 - the name says what happened
    """The key stands for another order."""


class InFlight(Exception):  # noqa: N818 - the name says what happened
    """The order of this key is under way."""


class NotYetKnown(Exception):  # noqa: N818 - the name says what happened
    """Sent, and not in a block in time; the outbox follows it up."""


class Refused(Exception):  # noqa: N818 - the name says what happened
    """The order has no effect and never will."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class Performer:
    """Thread-safe. At most one thread is at work on a key."""

    def __init__(
        self,
        outbox: Outbox,
        chain: ChainClient,
        authorities: Authorities,
        *,
        timeout_s: float = 20.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._chain = chain
        self._authorities = authorities
        self._timeout_s = timeout_s
        self._clock = clock
        self._claimed: set[str] = set()
        self._claims = threading.Lock()

    def submit(
        self,
        key: str,
        calls: Sequence[Call],
        confirm: Confirm = "block",
        valid_s: float = VALID_S,
        *,
        until_sent: bool = False,
    ) -> Order:
        """The confirmed order; with `until_sent` it may be one that was sent and is not seen in a block yet.

        The same key gives the same answer and one effect, also after a restart.

        Raises Refused (final), KeyReused, InFlight, NotYetKnown (sent; ask again), and with no effect at all
        ChainUnavailable, SignerUnavailable, AbiError, NotPermitted.
        """
        with self._claim(key) as claimed:
            known = self._outbox.get(key)
            if not claimed:
                # the outbox may just look whether a block has become irreversible: the answer stands nevertheless
                if known is not None and known.fingerprint != fingerprint(calls, confirm):
                    raise KeyReused(key)
                if known is None or not (known.is_answered or (until_sent and known.state == "sent")):
                    raise InFlight(key)
                return _answer(known)
            if known is None:
                self._check(calls)
                wanted = Order(key, tuple(calls), confirm, self._clock() + valid_s)
                known, _ = self._outbox.accept(wanted, self._clock())
            if known.fingerprint != fingerprint(calls, confirm):
                raise KeyReused(key)
            if known.refusal == _NOT_SENT:
                known = self._outbox.revive(key, self._clock() + valid_s)
            answered = known if known.is_answered else self._drive(known, until_sent=until_sent)
            if answered.is_dead_letter:
                self._outbox.told(key)
            return _answer(answered)

    def forget_refusal(self, key: str) -> None:
        """Let the key be used again, if its order was refused: for orders that the chain itself keeps from doubling."""
        self._outbox.forget_refusal(key)

    def retry(self, order_id: str) -> Order | None:
        """Begin a dead letter's order anew; one that is under way or done stays as it is. None: there is no such."""
        found = self._outbox.by_id(order_id)
        if found is None or (found.state == "refused" and found.told):
            return None
        with self._claim(found.key) as claimed:
            current = self._outbox.get(found.key) if claimed else None
            if current is not None and current.is_dead_letter:
                return self._outbox.revive(found.key, self._clock() + VALID_S)
        return self._outbox.get(found.key)

    def dead_letters(self) -> list[Order]:
        return self._outbox.dead_letters()

    def counts(self) -> tuple[int, int]:
        """(orders that are not in an irreversible block yet, dead letters)."""
        return self._outbox.counts()

    def work(self) -> None:
        """One round over what is unfinished: after a restart, after a time-out, and until a block is irreversible."""
        orders = self._outbox.unfinished()
        for order in orders:
            if order.state != "confirmed":
                self._with_claim(order.key, self._work_on)
        with self._chain.one_node():
            view = View(self._chain)
            for order in orders:
                if order.state == "confirmed":
                    self._with_claim(order.key, lambda current: self._finalise(current, view))
        self._outbox.prune(self._clock())

    def _with_claim(self, key: str, act: Callable[[Order], object]) -> None:
        with self._claim(key) as claimed:
            current = self._outbox.get(key) if claimed else None
            if current is None:
                return
            try:
                act(current)
            except ChainError as error:
                _log.warning("order %s waits: %s", key, error)

    def _work_on(self, order: Order) -> None:
        if order.state == "pending" and self._clock() > order.valid_until:
            _log.warning("order %s was not sent in time; it is a dead letter now", order.key)
            self._outbox.refused(order.key, _NOT_SENT, self._clock())
        elif order.state == "pending":
            self._sign_and_send(order)
        elif order.state == "sent":
            self._follow(order, 0.0)

    def _check(self, calls: Sequence[Call]) -> None:
        """What can never be signed is not taken in. Raises AbiError, NotPermitted, NotFound, ChainUnavailable."""
        self._authorities.levels(calls)
        for call in calls:
            self._chain.pack_action(call.account, call.name, call.data)

    def _drive(self, order: Order, *, until_sent: bool) -> Order:
        deadline = time.monotonic() + self._timeout_s
        while not order.is_answered and not (until_sent and order.state == "sent"):
            left = deadline - time.monotonic()
            if order.state == "pending":
                try:
                    order = self._sign_and_send(order)
                except (ChainUnavailable, SignerUnavailable):
                    self._outbox.drop(order.key)
                    raise
            elif left <= 0:
                raise NotYetKnown(order.transaction_id)
            else:
                order = self._follow(order, min(left, _SLICE_S))
        return order

    def _sign_and_send(self, order: Order) -> Order:
        """Raises ChainUnavailable and SignerUnavailable while the order is still pending."""
        try:
            levels = self._authorities.levels(order.calls)
            actions = [
                Action(call.account, call.name, [level], dict(call.data))
                for call, level in zip(order.calls, levels, strict=True)
            ]
            signed = self._chain.prepare(actions, self._authorities.signers(levels))
        except (ChainUnavailable, SignerUnavailable):
            raise
        except ChainError as error:
            return self._refused(order, error)
        sent = self._outbox.sent(order.key, signed)
        try:
            self._chain.send(signed)
        except ResourcesExhausted as error:
            if not error.uncertain:
                self._outbox.undone(order.key)
                raise
        except (ChainUnavailable, TransactionExpired):
            pass  # it may have arrived: from here on only a look at the chain can tell
        except ChainError as error:
            if not error.uncertain:
                return self._refused(order, error)
        return sent

    def _refused(self, order: Order, error: ChainError) -> Order:
        return self._outbox.refused(order.key, refusal(error), self._clock())

    def _follow(self, order: Order, timeout_s: float) -> Order:
        """Looks for what was sent; not found, sends the same bytes again (a node knows them by their id)."""
        signed = SignedTransaction(order.packed, order.signatures)
        try:
            receipt = self._chain.confirm(signed, _HOW_FAR[order.confirm], timeout_s)
        except TransactionExpired:
            return self._outbox.undone(order.key)
        except OutcomeUnknown:
            self._send_again(signed)
            return order
        final = order.confirm == "irreversible" or self._is_final(receipt.block_num)
        return self._outbox.confirmed(order.key, receipt.block_num, receipt.block_id, final=final)

    def _is_final(self, number: int) -> bool:
        """A node that died may have lost its index of transactions: an order found in a final block is not looked for
        again."""
        try:
            return number <= self._chain.info().last_irreversible_block_num
        except ChainUnavailable:
            return False

    def _finalise(self, order: Order, view: View) -> None:
        """Once irreversible, an order is done. One that a fork or a lost block undid is sent again, or begins anew."""
        info = view.info()
        if info.last_irreversible_block_num < order.block_num and view.has(order):
            return
        found = self._chain.transaction(order.transaction_id)
        if found is not None:
            final = found.block_num <= info.last_irreversible_block_num
            self._outbox.confirmed(order.key, found.block_num, found.block_id, final=final)
            return
        _log.warning("order %s fell out of block %d", order.key, order.block_num)
        self._follow(self._outbox.resent(order.key), 0.0)

    def _send_again(self, signed: SignedTransaction) -> None:
        """Whatever the node says now proves nothing about the first time: it is looked for again."""
        try:
            self._chain.send(signed)
        except ChainError as error:
            _log.info("sending %s again: %s", signed.id, error)

    @contextmanager
    def _claim(self, key: str) -> Iterator[bool]:
        with self._claims:
            free = key not in self._claimed
            if free:
                self._claimed.add(key)
        try:
            yield free
        finally:
            if free:
                with self._claims:
                    self._claimed.discard(key)


def _answer(order: Order) -> Order:
    if order.refusal is not None:
        raise Refused(order.refusal)
    return order


def refusal(error: ChainError) -> Refusal:
    """What is kept of the chain's no."""
    if isinstance(error, ContractRefused):
        return Refusal(409, str(error), error.rule)
    statuses: dict[type[ChainError], int] = {
        AuthorityMissing: 403,
        SigningRefused: 403,
        AbiError: 400,
        NotFound: 404,
    }
    return Refusal(statuses.get(type(error), 502), str(error))


assert KEY_LIFETIME_S > VALID_S  # noqa: S101 - a key must outlive its order

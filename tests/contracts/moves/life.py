"""What may happen next in a random story, and how one is wound up."""

from __future__ import annotations

from collections.abc import Callable

from market import actions
from market.rows import OfferStatus
from market.values import UINT32_MAX
from tests.contracts.moves.agreements import AgreementMoves
from tests.contracts.moves.auction import AuctionMoves
from tests.contracts.moves.delivery import DeliveryMoves
from tests.contracts.moves.money import MoneyMoves
from tests.contracts.moves.operator import OperatorMoves
from tests.contracts.story import OPERATOR

DAY_S = 86400
TRADING, CLOSING, DELIVERING, SETTLING = 0.4, 0.5, 0.75, 1.0
"""Up to which part of a slot's life its phases last."""


class Moves(AuctionMoves, DeliveryMoves, AgreementMoves, MoneyMoves, OperatorMoves):
    """The random actions of one story."""

    def live(self, first: int, last: int, total: int) -> None:
        """The actions `first` to `last` of the `total` that make up the life of a slot."""
        if first == 0:
            self.story.next_slot()
        for done in range(first, last):
            part = done / total
            self.story.market = self.story.markets[0 if self.random.random() < 0.85 else 1]
            if self.random.random() < 0.25:
                self.story.go(self._moment(part))
            self._pick(part)()

    def wind_up(self) -> None:
        """Long after: decides, settles and erases what is left, as a keeper would; nothing but what cannot be paid
        stays."""
        until = [row.until_slot for market in self.story.markets for row in self._books_of(market).passives.values()]
        self.story.go(max([self.story.slot, *until]) + 10 * DAY_S)
        for market in self.story.markets:
            act, books = self.story.act, self._books_of(market)
            for offer in books.offers.values():
                act(actions.Award(market, offer.id), OPERATOR)
            for offer in books.offers.values():
                act(actions.Settle(market, offer.id), OPERATOR)
            for reading in books.readings.values():
                act(actions.Sweep(market, reading.key >> 32, reading.key & UINT32_MAX), OPERATOR)
            keys = [*books.readings.primary_keys(), *books.forecasts.primary_keys()]
            for slot in sorted(
                {*books.slots.primary_keys(), *books.takeovers.primary_keys(), *(k >> 32 for k in keys)}
            ):
                act(actions.Erase(market, slot, 256), OPERATOR)
            for contract in books.passives.values():
                act(actions.PassClear(market, contract.unit, contract.from_slot), OPERATOR)

    def _moment(self, part: float) -> int:
        """Where the clock jumps: at, just before or just after a moment that matters."""
        params = self.books.params[0]
        slot, end = self.story.slot, self.story.slot + self.story.slot_s
        if part < TRADING:
            return self.story.now + self.random.choice((1, 1, 2))
        closings = [row.closes_at for row in self.books.offers.values() if row.status == OfferStatus.OPEN]
        gate = slot - params.lead_s
        moments = {
            part < CLOSING: [gate - params.extend_s, gate, *closings],
            CLOSING <= part < DELIVERING: [*closings, gate, end, end, end + self.story.slot_s],
            part >= DELIVERING: [
                end + self.story.slot_s,
                end + params.deadline_s,
                end + params.retain_s,
                self.story.now + 1,
            ],
        }[True]
        return self.random.choice(moments) + self.random.choice((-1, 0, 0, 1))

    def _pick(self, part: float) -> Callable[[], None]:
        if self.random.random() < 0.1:
            return self.random.choice(
                [
                    self._rekey,
                    self._params,
                    self._prices,
                    self._register,
                    self._transfer,
                    self._raise,
                    self._propose_passive,
                    self._drop_passive,
                    self._accept_passive,
                    self._end_passive,
                    self._clear_passive,
                    self._drop_deal,
                    self._accept_deal,
                ]
            )
        if part < TRADING:
            own = (
                [self._forecast] * (4 if part < 0.1 else 1) + [self._offer] * 4 + [self._bid] * (2 if part < 0.2 else 7)
            )
            own += [self._retract, self._deposit, self._withdraw]
            own += [self._propose_passive, self._accept_passive, self._accept_passive]
            own += [self._propose_deal] * (3 if part < 0.2 else 1) + [self._accept_deal] * 2
        elif part < CLOSING:
            own = [self._bid] * 6 + [self._award] * 2 + [self._offer, self._retract]
        elif part < DELIVERING:
            own = (
                [self._award] * 6 + [self._deliver] * 5 + [self._send_data] * 3 + [self._settle, self._sweep, self._bid]
            )
        else:
            own = [self._award] * 2 + [self._deliver] * 2 + [self._settle] * 6 + [self._sweep] * 5 + [self._erase] * 3
            own += [self._send_data, self._expire, self._withdraw, self._clear_passive]
            own += [self._mint, self._mint]
        return self.random.choice(own)

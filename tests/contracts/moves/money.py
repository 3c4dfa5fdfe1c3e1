"""Deposits, transfers, payouts, Power2X tokens."""

from __future__ import annotations

from market import actions
from tests.contracts.moves.choices import Choices
from tests.contracts.scene import EUR
from tests.contracts.story import CONTRACT


class MoneyMoves(Choices):
    """Deposits, transfers, payouts, Power2X tokens."""

    def _mint(self) -> None:
        known = self.books.takeovers.values()
        if not known or self._careless():
            self.story.act(actions.MintP2x(self.story.market, self._slot(), 1), self._signer(self.story.row.evu))
            return
        row = self.random.choice(known)
        left = (row.swept_wh + row.passive_wh + row.unused_wh - row.minted_wh) // 1000
        kwh = self._energy(1) if self._careless() else self.random.choice((1, left // 2, left, left + 1))
        self.story.act(actions.MintP2x(self.story.market, row.slot, kwh), self._signer(self.story.row.evu))

    def _deposit(self) -> None:
        person = self.random.choice(self.story.cast.everybody)
        market = self.story.market
        memo = (
            self.random.choice(("", "nomarket", f"{market} ", f"{market}.", market.upper()))
            if self._careless()
            else market
        )
        quantity = self.random.randint(1, 10 * EUR)
        self.story.act(actions.Transfer(person, CONTRACT, quantity, memo), self._signer(person))

    def _transfer(self) -> None:
        one, other = self.random.choices(self.story.cast.everybody, k=2)
        quantity = self.random.choice((1, EUR, 10**13))
        memo = "m" * self.random.choice((0, 256, 257))
        self.story.act(actions.Transfer(one, other, quantity, memo), self._signer(one))

    def _withdraw(self) -> None:
        person = self.random.choice(self.story.cast.everybody)
        account = self.books.ledger.get(person)
        available = account.available if account else 0
        quantity = max(0, self.random.choice((available, available + 1, available // 10, EUR)))
        self.story.act(actions.Withdraw(self.story.market, person, quantity), self._signer(person))

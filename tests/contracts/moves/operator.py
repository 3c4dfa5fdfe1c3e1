"""What the operator and the governors do: registration, keys, parameters, prices."""

from __future__ import annotations

from dataclasses import replace

from market import actions
from market.rows import Prices
from tests.contracts.moves.choices import Choices
from tests.contracts.scene import hash_of
from tests.contracts.story import CONTRACT, OPERATOR


class OperatorMoves(Choices):
    """What the operator and the governors do: registration, keys, parameters, prices."""

    def _rekey(self) -> None:
        cast = self.story.cast
        box = self.random.choice(cast.people)
        key = self.random.choice((self.story.model.world.accounts[box], cast.keys[self.random.choice(cast.people)]))
        if cast.spare and self.random.random() < 0.5:
            key = cast.spare[-1]
            self.story.change_key(box)
        self.story.act(actions.ReKey(self.story.market, box, key), self._signer(OPERATOR))

    def _params(self) -> None:
        changed = replace(
            self.books.params[0],
            from_slot=self._change_slot(),
            tick=self.random.choice((0, 1, 5000)),
            credit_line=self.random.choice((-1, 0, 10**9)),
            retain_s=0,
        )
        self.story.act(actions.SetParams(self.story.market, changed), self._signer(CONTRACT))

    def _prices(self) -> None:
        buy = self.random.randint(0, 100_000)
        changed = Prices(self._change_slot(), buy, max(0, buy + self.random.choice((-1, 0, 200_000))))
        self.story.act(actions.SetPrices(self.story.market, changed), self._signer(CONTRACT))

    def _register(self) -> None:
        market, cast = self.story.market, self.story.cast
        person = self.random.choice(cast.everybody)
        number = hash_of(f"{market} {self.random.randint(0, 3)}")
        action = self.random.choice(
            (
                actions.RegBox(market, person, self.story.model.world.accounts[person]),
                actions.RegPoint(market, person, self.random.choice(cast.people), "groupa", number),
                actions.RegUnit(market, self._one_of(self.books.points.primary_keys()), number),
            )
        )
        self.story.act(action, self._signer(OPERATOR))

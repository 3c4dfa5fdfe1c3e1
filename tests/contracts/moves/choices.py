"""How a story chooses: mostly what makes sense there, now and then something careless."""

from __future__ import annotations

from collections.abc import Sequence

from market.books import MarketBooks
from market.values import UINT32_MAX
from tests.contracts.story import CONTRACT, OPERATOR, Story

CARELESS = 0.05
"""How often a part of an action is put there at random."""


class Choices:
    """What all moves choose from."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.random = story.random

    @property
    def books(self) -> MarketBooks:
        return self._books_of(self.story.market)

    def _books_of(self, market: str) -> MarketBooks:
        return self.story.model.world.books(market)

    def _careless(self) -> bool:
        return self.random.random() < CARELESS

    def _energy(self, usual: int) -> int:
        return self.random.choice((0, 1, 2**31, UINT32_MAX)) if self._careless() else self.random.randint(0, usual)

    def _signer(self, right: str) -> str:
        return self.random.choice([*self.story.cast.everybody, OPERATOR, CONTRACT]) if self._careless() else right

    def _slot(self) -> int:
        slot_s = self.story.slot_s
        if self._careless():
            return self.story.slot + self.random.choice(
                (1, -slot_s, slot_s, 50 * slot_s, 10_000 * slot_s, -1100 * slot_s)
            )
        return self.story.slot

    def _one_of(self, ids: Sequence[int]) -> int:
        """One of these, or one that may not exist."""
        return self.random.randint(0, 9) if self._careless() or not ids else self.random.choice(ids)

    def _change_slot(self) -> int:
        row = self.story.row
        first = (self.story.now + row.horizon_s) // row.slot_s
        return (first + self.random.choice((0, 1, 1, 2))) * row.slot_s + self.random.choice((0, 0, 0, 1))

"""Delivery and what follows: settlement, surplus, erasure, events."""

from __future__ import annotations

from market import actions
from market.rows import OfferStatus, Surplus
from market.values import UINT32_MAX, slot_key
from tests.contracts.moves.choices import Choices
from tests.contracts.story import OPERATOR


class DeliveryMoves(Choices):
    """Delivery and what follows: settlement, surplus, erasure, events."""

    def _deliver(self) -> None:
        box = self.random.choice(self.story.cast.people)
        slot = self._slot()
        own = [row.id for row in self.books.points.values() if row.box == box]
        left = [point for point in own if slot_key(slot, point) not in self.books.readings]
        points = left or own
        if self._careless():
            points = [*own, self.random.randint(0, 6)]
        readings = tuple(self._reading(point) for point in points)
        self.story.act(actions.Deliver(self.story.market, box, slot, readings), self._signer(box))

    def _reading(self, point: int) -> actions.PointReading:
        known = self.books.points.get(point)
        units = list(known.units) if known else []
        if units and self.random.random() < 0.3:
            units.pop(self.random.randrange(len(units)))
        if self._careless():
            units.append(self.random.randint(1, 5))
        produced = tuple(actions.UnitProduction(unit, self._energy(3000)) for unit in units)
        return actions.PointReading(point, self._energy(4000), self._energy(4000), produced)

    def _settle(self) -> None:
        sold = [
            row.id for row in self.books.offers.values() if row.status in (OfferStatus.AWARDED, OfferStatus.UNFUNDED)
        ]
        self.story.act(
            actions.Settle(self.story.market, self._one_of(sold or self.books.offers.primary_keys())), OPERATOR
        )

    def _sweep(self) -> None:
        left = [row.key for row in self.books.readings.values() if row.surplus != Surplus.SETTLED]
        known = left or self.books.readings.primary_keys()
        key = (
            self.random.choice(known)
            if known and not self._careless()
            else slot_key(self._slot(), self.random.randint(0, 6))
        )
        self.story.act(actions.Sweep(self.story.market, key >> 32, key & UINT32_MAX), OPERATOR)

    def _erase(self) -> None:
        slots = {row.slot for row in self.books.slots.values()} | {
            row.key >> 32 for row in self.books.readings.values()
        }
        slot = self.random.choice(sorted(slots)) if slots and not self._careless() else self._slot()
        limit = self._limit()
        self.story.act(actions.Erase(self.story.market, slot, limit), OPERATOR)

    def _limit(self) -> int:
        return self.random.choice((0, 257)) if self._careless() else self.random.choice((1, 2, 3, 256))

    def _send_data(self) -> None:
        self.story.act(actions.SendData(self.story.market, self._limit()), self._signer(OPERATOR))

    def _expire(self) -> None:
        box = self.random.choice(self.story.cast.people)
        self.story.act(actions.Expire(self.story.market, box, self._limit()), self._signer(OPERATOR))

    def _raise(self) -> None:
        point = self._one_of(self.books.points.primary_keys())
        known = self.books.points.get(point)
        people = self.story.cast.people
        box = known.box if known and not self._careless() else self.random.choice(people)
        kind = "sellenergy" if self._careless() else "senddata"
        self.story.act(
            actions.Raise(
                self.story.market, box, kind, point, self._slot(), self._energy(500), self.random.choice(people)
            ),
            self._signer(OPERATOR),
        )

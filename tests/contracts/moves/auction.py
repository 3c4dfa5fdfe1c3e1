"""The forecast and the auction."""

from __future__ import annotations

from market import actions
from market.rows import OfferStatus
from market.values import UINT32_MAX
from tests.contracts.moves.choices import Choices
from tests.contracts.story import OPERATOR


class AuctionMoves(Choices):
    """The forecast and the auction."""

    def _forecast(self) -> None:
        known = self.books.points.primary_keys()
        points = sorted(self.random.sample(known, k=min(len(known), self.random.choice((2, 3, 6)))))
        items = []
        for point in reversed(points) if self._careless() else points:
            units = list(self.books.points[point].units)
            if self._careless():
                units = [*units[1:], self.random.randint(1, 6)]
            most = tuple(actions.UnitMaximum(unit, self._energy(2000), self._energy(9000)) for unit in units)
            items.append(actions.PointForecast(point, self._energy(3000), most))
        self.story.act(actions.RecordForecast(self.story.market, self._slot(), tuple(items)), self._signer(OPERATOR))

    def _offer(self) -> None:
        slot = self._slot()
        lines = [line for row in self.books.forecasts.values() if row.key >> 32 == slot for line in row.units]
        unit = self._one_of(
            [line.unit for line in lines if line.max_wh > line.offered_wh] or self.books.units.primary_keys()
        )
        known = self.books.units.get(unit)
        owner = self.books.points[known.point].account if known else self.story.cast.people[0]
        seller = self.random.choice(self.story.cast.people) if self._careless() else owner
        left = next((line.max_wh - line.offered_wh for line in lines if line.unit == unit), 3000)
        energy = self.random.choice((1, left // 3, left // 2, left, self._energy(3000)))
        price = self._energy(UINT32_MAX) if self._careless() else self.random.randint(10_000, 300_000)
        keys = [row.client_key for row in self.books.offers.values() if row.seller == seller]
        key = self.random.choice(keys) if keys and self._careless() else self.random.getrandbits(64)
        self.story.act(
            actions.PlaceOffer(self.story.market, seller, unit, slot, energy, price, key), self._signer(seller)
        )

    def _retract(self) -> None:
        bare = [row.id for row in self.books.offers.values() if row.status == OfferStatus.OPEN and not row.bidder]
        offer = self._one_of(bare or self.books.offers.primary_keys())
        known = self.books.offers.get(offer)
        seller = known.seller if known and not self._careless() else self.random.choice(self.story.cast.people)
        self.story.act(actions.Retract(self.story.market, seller, offer), self._signer(seller))

    def _bid(self) -> None:
        cast = self.story.cast
        bidder = self.random.choice(cast.everybody if self._careless() else [*cast.people, *cast.people[2:], cast.evu])
        still = [
            row.id for row in self.books.offers.values() if row.status == OfferStatus.OPEN and row.seller != bidder
        ]
        offer = self._one_of(still or self.books.offers.primary_keys())
        known = self.books.offers.get(offer)
        tick = self.books.params[0].tick
        least = 0 if known is None else known.bid_price + tick if known.bidder else known.start_price
        price = (
            least + self.random.choice((-1, 0, 0, 1, 10 * tick, 50 * tick))
            if not self._careless()
            else self._energy(900_000)
        )
        self.story.act(
            actions.Bid(self.story.market, bidder, offer, min(max(0, price), UINT32_MAX)), self._signer(bidder)
        )

    def _award(self) -> None:
        due = [row.id for row in self.books.offers.values() if row.status == OfferStatus.OPEN]
        self.story.act(
            actions.Award(self.story.market, self._one_of(due or self.books.offers.primary_keys())), OPERATOR
        )

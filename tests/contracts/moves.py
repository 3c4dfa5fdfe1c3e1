"""What may happen next in a random story: mostly what makes sense there, now and then something careless."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from market import actions
from market.books import MarketBooks
from market.rows import OfferStatus, PassiveContract, PassiveProposal, Prices, Surplus
from market.values import UINT32_MAX, slot_key
from tests.contracts.scene import EUR, hash_of
from tests.contracts.story import CONTRACT, OPERATOR, Story

DAY_S = 86400
CARELESS = 0.05
"""How often a part of an action is put there at random."""

TRADING, CLOSING, DELIVERING, SETTLING = 0.4, 0.5, 0.75, 1.0
"""Up to which part of a slot's life its phases last."""


class Moves:
    """The random actions of one story."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.random = story.random

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

    # choices

    @property
    def books(self) -> MarketBooks:
        return self._books_of(self.story.market)

    def _books_of(self, market: str) -> MarketBooks:
        return self.story.model.world.books(market)

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

    # the forecast and the auction

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

    # delivery and what follows

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

    # passive contracts

    def _propose_passive(self) -> None:
        row = self.story.row
        unit = self._one_of(self.books.units.primary_keys())
        start = self._change_slot()
        until = self.random.choice((0, 1, 1, 2, 5)) * row.slot_s
        until = until and start + until - self.random.choice((0, 0, 0, 0, 1, 2 * row.slot_s))
        price = self._energy(200_000)
        signer = self._signer(row.evu)
        self.story.act(actions.PassPropose(self.story.market, unit, price, start, max(0, until)), signer)

    def _accept_passive(self) -> None:
        proposals = self.books.passprops.values()
        if not proposals:
            return self._propose_passive()
        row = self.random.choice(proposals)
        terms = [row.unit, row.price, row.from_slot, row.until_slot]
        if self._careless():
            terms[self.random.randrange(4)] += 1
        owner = self.random.choice(self.story.cast.people) if self._careless() else row.owner
        self.story.act(actions.PassAccept(self.story.market, owner, *terms), self._signer(owner))
        return None

    def _drop_passive(self) -> None:
        unit = self._one_of(self.books.passprops.primary_keys())
        party = self._party_of(self.books.passprops.get(unit))
        self.story.act(actions.PassDrop(self.story.market, party, unit), self._signer(party))

    def _end_passive(self) -> None:
        row, unit, start = self._passive()
        party = self._party_of(row)
        end = self.random.choice((start, start, self._change_slot(), self._change_slot()))
        self.story.act(actions.PassEnd(self.story.market, party, unit, start, end), self._signer(party))

    def _clear_passive(self) -> None:
        _, unit, start = self._passive()
        self.story.act(actions.PassClear(self.story.market, unit, start), self._signer(OPERATOR))

    def _passive(self) -> tuple[PassiveContract | None, int, int]:
        """A contract, or what may be none: its unit and its first slot."""
        known = self.books.passives.values()
        if not known or self._careless():
            return None, self.random.randint(0, 6), self._change_slot()
        row = self.random.choice(known)
        return row, row.unit, row.from_slot

    def _party_of(self, row: PassiveProposal | PassiveContract | None) -> str:
        if row is None or self._careless():
            return self.random.choice(self.story.cast.everybody)
        return self.random.choice((row.owner, self.story.row.evu))

    # Power2X

    def _mint(self) -> None:
        known = self.books.takeovers.values()
        if not known or self._careless():
            self.story.act(actions.MintP2x(self.story.market, self._slot(), 1), self._signer(self.story.row.evu))
            return
        row = self.random.choice(known)
        left = (row.swept_wh + row.passive_wh + row.unused_wh - row.minted_wh) // 1000
        kwh = self._energy(1) if self._careless() else self.random.choice((1, left // 2, left, left + 1))
        self.story.act(actions.MintP2x(self.story.market, row.slot, kwh), self._signer(self.story.row.evu))

    # peer-to-peer deals

    def _propose_deal(self) -> None:
        slot = self._slot()
        lines = [line for row in self.books.forecasts.values() if row.key >> 32 == slot for line in row.units]
        unit = self._one_of([line.unit for line in lines if not line.offered_wh] or self.books.units.primary_keys())
        known = self.books.units.get(unit)
        people = self.story.cast.people
        seller = self.books.points[known.point].account if known and not self._careless() else people[0]
        buyer = self.random.choice(self.story.cast.everybody if self._careless() else people)
        most = next((line.max_wh for line in lines if line.unit == unit), 3000)
        energy = self.random.choice((1, most // 3, most, self._energy(3000)))
        price = self._energy(UINT32_MAX) if self._careless() else self.random.randint(10_000, 300_000)
        key = self.random.getrandbits(64)
        self.story.act(
            actions.P2pPropose(self.story.market, seller, buyer, unit, slot, energy, price, key), self._signer(seller)
        )

    def _accept_deal(self) -> None:
        proposals = [row for row in self.books.deals.values() if not row.offer] or self.books.deals.values()
        if not proposals:
            return self._propose_deal()
        row = self.random.choice(proposals)
        terms = [row.key & UINT32_MAX, row.key >> 32, row.energy_wh, row.price, row.client_key]
        if self._careless():
            terms[self.random.randrange(5)] ^= 1
        buyer, seller = row.buyer, row.seller
        if self._careless():
            buyer, seller = self.random.choice(((seller, buyer), (seller, seller), (self.story.cast.people[2], seller)))
        self.story.act(actions.P2pAccept(self.story.market, buyer, seller, *terms), self._signer(buyer))
        return None

    def _drop_deal(self) -> None:
        keys = self.books.deals.primary_keys()
        key = self.random.choice(keys) if keys and not self._careless() else slot_key(self._slot(), 1)
        row = self.books.deals.get(key)
        party = self.random.choice(
            self.story.cast.everybody if row is None or self._careless() else (row.seller, row.buyer)
        )
        self.story.act(actions.P2pDrop(self.story.market, party, key & UINT32_MAX, key >> 32), self._signer(party))

    # money

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

    # the operator

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

    def _change_slot(self) -> int:
        row = self.story.row
        first = (self.story.now + row.horizon_s) // row.slot_s
        return (first + self.random.choice((0, 1, 1, 2))) * row.slot_s + self.random.choice((0, 0, 0, 1))

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

"""Random sequences of actions, valid and invalid, made up along the model: what it says of each is what the chain must say.

A story has two markets with the same people in them, so that scopes may be confused, and a clock that jumps to the moments at which rules change
their mind: gates, closings, ends, deadlines.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from market import actions
from market.call import Event
from market.model import Model
from market.refusal import Refused
from market.rows import Params, Prices, Stat
from market.values import slot_key
from tests.contracts.scene import EUR, hash_of

DAY_S = 86400
GROUPS = ("groupa", "groupb")
CARELESS = 0.12
"""How often something in an action is changed at random."""


@dataclass(frozen=True)
class Step:
    """An action with what the model made of it, a time to go to, or a box's new key."""

    action: actions.Action | None = None
    signed: tuple[str, ...] = ()
    rule: str | None = None
    events: tuple[Event, ...] = ()
    time: int = 0
    new_key: tuple[str, str] | None = None


@dataclass(frozen=True)
class Cast:
    """The accounts of a story (all exist; those in `keys` have keys of their own) and the spare keys for changes."""

    tag: str
    keys: dict[str, str]
    spare: list[str]

    def name(self, short: str) -> str:
        return f"{short}{self.tag}"

    @property
    def people(self) -> list[str]:
        return [self.name(short) for short in ("seller", "seller2", "buyer", "buyer2")]

    @property
    def all(self) -> list[str]:
        return [*self.people, self.name("evu"), self.name("stranger")]


class Story:
    """One sequence. `steps` is what has happened so far."""

    def __init__(self, seed: int, cast: Cast, now: int, supply: int) -> None:
        self.random = random.Random(seed)
        self.cast = cast
        self.now = now
        self.markets = [f"m{cast.tag}", f"n{cast.tag}"]
        self.model = Model({**cast.keys, "tbimarket": "", "tbitoken": "", "tbiadmin": "", "tbievu": ""})
        self.model.world.stat.put("EUR", Stat(supply, supply, "tbievu"))
        for account in cast.all:
            self.model.world.balances.put(account, self.random.choice((50, 500, 5000)) * EUR)
        self.model.world.journal.keep()
        self.given = {account: self.model.world.balances[account] for account in cast.all}
        self.steps: list[Step] = []

    # what a story is made of

    def act(self, action: actions.Action, *signed: str) -> None:
        try:
            events = self.model.apply(action, self.now, signed)
            self.steps.append(Step(action, signed, None, tuple(events)))
        except Refused as refusal:
            self.steps.append(Step(action, signed, refusal.rule))

    def go(self, moment: int) -> None:
        if moment > self.now:
            self.now = moment
            self.steps.append(Step(time=moment))

    def set_up(self) -> None:
        """Markets, boxes, points, units, money."""
        for market in self.markets:
            self._open(market)
        for market in self.markets:
            for person in self.cast.people:
                if market == self.markets[0] or self.random.random() < 0.6:
                    self._register(market, person)
            self.act(actions.Transfer(self.cast.name("evu"), "tbimarket", self._number(1, 20 * EUR), market), self.cast.name("evu"))
        slot_s = self.row.slot_s
        self.slot = (self.now // slot_s + self.random.choice((2, 3))) * slot_s + self._lead()

    def go_on(self, first: int, last: int, total: int) -> None:
        """The actions `first` to `last` of `total`, in an order that tends to be that of a slot's life."""
        for done in range(first, last):
            part = done / total
            self.market = self.markets[0] if self.random.random() < 0.85 else self.markets[1]
            if self.random.random() < 0.2:
                self.go(self._moment(part))
            self._pick(part)()

    # the first part

    def _open(self, market: str) -> None:
        pick = self.random.choice
        slot_s = pick((20, 60, 900))
        lead_s = pick((5, slot_s, 3 * slot_s))
        params = Params(
            from_slot=0,
            lead_s=lead_s,
            extend_s=pick((0, 2, 10, lead_s)),
            settle_gap_s=pick((0, lead_s // 2, lead_s)),
            deadline_s=pick((30, 5 * slot_s)),
            retain_s=pick((0, 100, 10 * slot_s)),
            tick=pick((1, 1000)),
            min_price=pick((0, 10_000)),
            max_price=pick((500_000, 2**32 - 1)),
            max_offers=pick((1, 3, 16)),
            max_bids=pick((1, 3, 256)),
            credit_line=pick((0, 50_000, 10**12)),
        )
        buy = pick((0, 80_000, 300_000))
        until = pick((0, 0, 0, self.now + 40 * slot_s))
        opening = actions.OpenMarket(
            market, slot_s, pick((20, 200)) * slot_s, until, "tbiadmin", self.cast.name("evu"), params, Prices(0, buy, buy + pick((0, 320_000)))
        )
        if self.random.random() < 0.3:
            bad = pick(({"slot_s": 7}, {"horizon_s": 0}, {"params": replace(params, tick=0)}, {"prices": Prices(0, 2, 1)}))
            self.act(replace(opening, **bad), "tbimarket")
        self.act(opening, pick(("tbimarket", "tbimarket", "tbiadmin")))
        self.act(opening, "tbimarket")

    def _register(self, market: str, person: str) -> None:
        self.act(actions.RegBox(market, person, self.cast.keys[person]), "tbiadmin")
        for point in range(self.random.choice((1, 1, 2))):
            group = self.random.choice(GROUPS)
            self.act(actions.RegPoint(market, person, person, group, hash_of(f"{market} {person} {point}")), "tbiadmin")
        books = self.model.world.books(market)
        units = self.random.choice((1, 2, 3)) if "seller" in person else self.random.choice((0, 0, 1))
        for _ in range(units):
            point = self.random.choice([row.id for row in books.points.values() if row.account == person] or [1])
            self.act(actions.RegUnit(market, point, hash_of(f"{market} unit {len(books.units)}")), "tbiadmin")
        money = self._number(1, self.given[person] // 2)
        self.act(actions.Transfer(person, "tbimarket", money, market), person)

    # the second part

    @property
    def row(self):  # type: ignore[no-untyped-def]
        return self.model.world.markets[self.markets[0]]

    @property
    def books(self):  # type: ignore[no-untyped-def]
        return self.model.world.books(self.market)

    def _lead(self) -> int:
        return -(-self.model.world.books(self.markets[0]).params[0].lead_s // self.row.slot_s) * self.row.slot_s

    def _moment(self, part: float) -> int:
        """Where the clock jumps: at, just before or just after a moment that matters, more likely one of this part of the story."""
        params = self.model.world.books(self.markets[0]).params[0]
        end = self.slot + self.row.slot_s
        closings = [row.closes_at for row in self.model.world.books(self.markets[0]).offers.values()]
        moments = [self.slot - params.lead_s, end, end + self.row.slot_s, end + params.deadline_s, end + params.retain_s]
        early = [self.now + 1, moments[0] - params.extend_s, moments[0], *closings]
        late = [self.now + self.row.slot_s, *moments[1:]]
        chosen = self.random.choice(early if part < 0.45 else late if part > 0.55 else early + late)
        return max(self.now, chosen + self.random.choice((-1, 0, 0, 1)))

    def _pick(self, part: float) -> Callable[[], None]:
        early = [self._forecast] * 3 + [self._offer] * 6 + [self._bid] * 9 + [self._retract, self._award, self._deposit, self._withdraw]
        middle = [self._award] * 5 + [self._bid] * 2 + [self._deliver] * 3 + [self._send_data]
        late = [self._deliver] * 6 + [self._settle] * 5 + [self._sweep] * 3 + [self._send_data] * 2 + [self._award] * 3 + [self._erase] * 2
        late += [self._raise, self._expire, self._withdraw, self._erase]
        seldom = [self._rekey, self._params, self._prices, self._register_more, self._transfer]
        if self.random.random() < 0.06:
            return self.random.choice(seldom)
        return self.random.choice(early if part < 0.45 else late if part > 0.6 else middle + early)

    def _careless(self) -> bool:
        return self.random.random() < CARELESS

    def _number(self, low: int, high: int) -> int:
        """A number of the range; now and then one that is a power of two or its neighbour."""
        return self.random.randint(low, max(low, high))

    def _amount32(self, usual: int) -> int:
        return self.random.choice((0, 1, 2**31, 2**32 - 1)) if self._careless() else self._number(0, usual)

    def _signer(self, right: str) -> str:
        return self.random.choice([*self.cast.all, "tbiadmin", "tbimarket"]) if self._careless() else right

    def _slot(self) -> int:
        slot_s = self.row.slot_s
        if self._careless():
            return self.slot + self.random.choice((1, -slot_s, slot_s, 50 * slot_s, 10_000 * slot_s, -1000 * slot_s))
        return self.slot if self.random.random() < 0.85 else self.slot + slot_s

    def _one_of(self, keys: list[int]) -> int:
        """One of these ids, or one that may not exist."""
        return self._number(0, 9) if self._careless() or not keys else self.random.choice(keys)

    def _forecast(self) -> None:
        points = self.random.sample(self.books.points.primary_keys(), k=min(len(self.books.points), self.random.choice((1, 2, 3))))
        items = []
        for point in points if self._careless() else sorted(points):
            units = list(self.books.points[point].units)
            if self._careless():
                units = units[1:] + [self._number(1, 6)]
            entries = tuple(actions.UnitMaximum(unit, self._amount32(2000), self._amount32(9000)) for unit in units)
            items.append(actions.PointForecast(point, self._amount32(3000), entries))
        self.act(actions.RecordForecast(self.market, self._slot(), tuple(items)), self._signer("tbiadmin"))

    def _offer(self) -> None:
        unit = self._one_of(self.books.units.primary_keys())
        known = self.books.units.get(unit)
        owner = self.books.points[known.point].account if known else self.random.choice(self.cast.people)
        seller = self.random.choice(self.cast.people) if self._careless() else owner
        price = self._amount32(300_000) if self._careless() else self._number(10_000, 300_000)
        key = self._number(0, 3) if self._careless() else self.random.getrandbits(64)
        self.act(
            actions.PlaceOffer(self.market, seller, unit, self._slot(), self._amount32(3000), price, key), self._signer(seller)
        )

    def _retract(self) -> None:
        offer = self._one_of(self.books.offers.primary_keys())
        known = self.books.offers.get(offer)
        seller = known.seller if known and not self._careless() else self.random.choice(self.cast.people)
        self.act(actions.Retract(self.market, seller, offer), self._signer(seller))

    def _bid(self) -> None:
        bidder = self.random.choice(self.cast.all if self._careless() else [*self.cast.people, self.cast.name("evu")])
        still = [row.id for row in self.books.offers.values() if row.status == 0 and row.seller != bidder]
        offer = self._one_of(still)
        known = self.books.offers.get(offer)
        price = self._number(0, 900_000)
        if known and not self._careless():
            tick = self.books.params[0].tick
            price = known.bid_price + self._number(tick, 20 * tick) if known.bidder else known.start_price + self._number(0, 5000)
        self.act(actions.Bid(self.market, bidder, offer, min(price, 2**32 - 1)), self._signer(bidder))

    def _award(self) -> None:
        due = [row.id for row in self.books.offers.values() if row.status == 0 and row.closes_at <= self.now]
        self.act(actions.Award(self.market, self._one_of(due or self.books.offers.primary_keys())), self._signer("tbiadmin"))

    def _deliver(self) -> None:
        box = self.random.choice(self.cast.people)
        slot = self._slot()
        own = [row.id for row in self.books.points.values() if row.box == box]
        left = [point for point in own if slot_key(slot, point) not in self.books.readings]
        points = own if self._careless() else left or own
        if self._careless():
            points = [*points, self._number(0, 6)]
        readings = []
        for point in points:
            known = self.books.points.get(point)
            units = list(known.units) if known else []
            if units and self.random.random() < 0.3:
                units.pop(self.random.randrange(len(units)))
            if self._careless():
                units.append(self._number(1, 5))
            produced = tuple(actions.UnitProduction(unit, self._amount32(3000)) for unit in units)
            readings.append(actions.PointReading(point, self._amount32(4000), self._amount32(4000), produced))
        self.act(actions.Deliver(self.market, box, slot, tuple(readings)), self._signer(box))

    def _settle(self) -> None:
        sold = [row.id for row in self.books.offers.values() if row.status in (1, 5)]
        self.act(actions.Settle(self.market, self._one_of(sold or self.books.offers.primary_keys())), self._signer("tbiadmin"))

    def _sweep(self) -> None:
        open_ones = [row.key for row in self.books.readings.values() if row.surplus != 1]
        key = self.random.choice(open_ones) if open_ones and not self._careless() else slot_key(self._slot(), self._number(0, 6))
        self.act(actions.Sweep(self.market, key >> 32, key & 2**32 - 1), self._signer("tbiadmin"))

    def _erase(self) -> None:
        limit = self.random.choice((0, 1, 2, 3, 256, 257))
        self.act(actions.Erase(self.market, self._slot(), limit), self._signer("tbiadmin"))

    def _send_data(self) -> None:
        self.act(actions.SendData(self.market, self.random.choice((0, 1, 2, 3, 256, 257))), self._signer("tbiadmin"))

    def _raise(self) -> None:
        point = self._one_of(self.books.points.primary_keys())
        known = self.books.points.get(point)
        box = known.box if known and not self._careless() else self.random.choice(self.cast.people)
        kind = "sellenergy" if self._careless() else "senddata"
        action = actions.Raise(self.market, box, kind, point, self._slot(), self._amount32(500), self.random.choice(self.cast.people))
        self.act(action, self._signer("tbiadmin"))

    def _expire(self) -> None:
        box = self.random.choice(self.cast.people)
        self.act(actions.Expire(self.market, box, self.random.choice((0, 1, 2, 256))), self._signer("tbiadmin"))

    def _deposit(self) -> None:
        person = self.random.choice(self.cast.all)
        memo = self.random.choice(("", "nomarket", f"{self.market} ", self.market.upper())) if self._careless() else self.market
        quantity = self._number(1, 10 * EUR)
        self.act(actions.Transfer(person, "tbimarket", quantity, memo), self._signer(person))

    def _transfer(self) -> None:
        one, other = self.random.choices(self.cast.all, k=2)
        quantity = self.random.choice((1, EUR, 10**13))
        self.act(actions.Transfer(one, other, quantity, "m" * self.random.choice((0, 256, 257))), self._signer(one))

    def _withdraw(self) -> None:
        person = self.random.choice(self.cast.all)
        account = self.books.ledger.get(person)
        quantity = account.available if account and self.random.random() < 0.2 else self._number(0, 10 * EUR)
        self.act(actions.Withdraw(self.market, person, max(0, quantity)), self._signer(person))

    def _rekey(self) -> None:
        box = self.random.choice(self.cast.people)
        if self.cast.spare and self.random.random() < 0.5:
            key = self.cast.spare.pop()
            self.model.world.accounts[box] = key
            self.steps.append(Step(new_key=(box, key)))
        else:
            key = self.random.choice((self.model.world.accounts[box], self.cast.keys[self.random.choice(self.cast.people)]))
        self.act(actions.ReKey(self.market, box, key), self._signer("tbiadmin"))

    def _params(self) -> None:
        changed = replace(
            self.books.params[0],
            from_slot=self._change_slot(),
            tick=self.random.choice((0, 1, 5000)),
            credit_line=self.random.choice((-1, 0, 10**9)),
            retain_s=0,
        )
        self.act(actions.SetParams(self.market, changed), self._signer("tbimarket"))

    def _prices(self) -> None:
        buy = self._number(0, 100_000)
        changed = Prices(self._change_slot(), buy, max(0, buy + self.random.choice((-1, 0, 200_000))))
        self.act(actions.SetPrices(self.market, changed), self._signer("tbimarket"))

    def _change_slot(self) -> int:
        row = self.model.world.markets[self.market]
        first = (self.now + row.horizon_s) // row.slot_s * row.slot_s
        return first + self.random.choice((0, 1, 1, 2)) * row.slot_s + self.random.choice((0, 0, 0, 1))

    def _register_more(self) -> None:
        person = self.random.choice(self.cast.all)
        pick = self.random.choice((0, 1, 2))
        number = hash_of(f"{self.market} {self._number(0, 3)}")
        if pick == 0:
            self.act(actions.RegBox(self.market, person, self.model.world.accounts[person]), self._signer("tbiadmin"))
        elif pick == 1:
            box = self.random.choice(self.cast.people)
            self.act(actions.RegPoint(self.market, person, box, "groupa", number), self._signer("tbiadmin"))
        else:
            self.act(actions.RegUnit(self.market, self._one_of(self.books.points.primary_keys()), number), self._signer("tbiadmin"))

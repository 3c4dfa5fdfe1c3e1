"""Random sequences of actions, valid and invalid, made up along the model: what it says of each, the chain must say.

A story has two markets with the same people in them, so that scopes may be confused, and a clock that jumps to the
moments at which rules change their mind: gates, closings, ends, deadlines.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from market import actions
from market.call import Event
from market.model import Model
from market.refusal import Refused
from market.rows import Market, Params, Prices, Stat
from tests.contracts.scene import EUR, hash_of

GROUPS = ("groupa", "groupb")
OPERATOR = "tbiadmin"
CONTRACT = "tbimarket"
MOST_P2X = 10**12
FOR_EVER = 0


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
    """The accounts of a story, each with its key, and spare keys for changes."""

    tag: str
    keys: dict[str, str]
    spare: list[str]

    def name(self, short: str) -> str:
        return f"{short}{self.tag}"

    @property
    def people(self) -> list[str]:
        """Those who have boxes. The boxes' accounts are their own."""
        return [self.name(short) for short in ("seller", "seller2", "buyer", "buyer2")]

    @property
    def evu(self) -> str:
        return self.name("evu")

    @property
    def everybody(self) -> list[str]:
        return [*self.people, self.evu, self.name("stranger")]


class Story:
    """One sequence. `steps` is what has happened so far."""

    def __init__(self, seed: int, cast: Cast, now: int, supply: int, held: int) -> None:
        self.random = random.Random(seed)
        self.cast = cast
        self.now = now
        self.steps: list[Step] = []
        self.model = Model({**cast.keys, CONTRACT: "", "tbitoken": "", OPERATOR: "", "tbievu": ""})
        world = self.model.world
        world.stat.put("EUR", Stat(supply, supply, "tbievu"))
        world.stat.put("PTX", Stat(0, MOST_P2X, CONTRACT))
        self.given = {account: self.random.choice((50, 500, 5000)) * EUR for account in cast.everybody}
        world.balances.put(CONTRACT, held)
        for account, money in self.given.items():
            world.balances.put(account, money)
        world.journal.keep()

        self.markets = [f"m{cast.tag}", f"n{cast.tag}"]
        self.market = self.markets[0]
        self.slot_s = self.random.choice((20, 60, 900))
        self.lead_s = self.random.choice((5, self.slot_s, 3 * self.slot_s))
        self.slot = 0

    def act(self, action: actions.Action, *signed: str) -> None:
        """Says it to the model and remembers what the model said."""
        try:
            events = self.model.apply(action, self.now, signed)
            self.steps.append(Step(action, signed, None, tuple(events)))
        except Refused as refusal:
            self.steps.append(Step(action, signed, refusal.rule))

    def go(self, moment: int) -> None:
        """The clock goes on, never back."""
        if moment > self.now:
            self.now = moment
            self.steps.append(Step(time=moment))

    def change_key(self, box: str) -> None:
        """The box's account gets a spare key as its `active`."""
        key = self.cast.spare.pop()
        self.model.world.accounts[box] = key
        self.steps.append(Step(new_key=(box, key)))

    def set_up(self) -> None:
        """Markets, boxes, points, units, money."""
        for market in self.markets:
            self._open(market)
            for person in self.cast.people:
                if market == self.markets[0] or self.random.random() < 0.6:
                    self._register(market, person)
            self.act(actions.Transfer(self.cast.evu, CONTRACT, self.random.randint(1, 20 * EUR), market), self.cast.evu)

    def next_slot(self) -> None:
        """The slot that is to be traded next, far enough ahead that there is time for it."""
        ahead = -(-self.lead_s // self.slot_s) + self.random.choice((1, 2))
        agreed = [row.from_slot for market in self.markets for row in self.model.world.books(market).passives.values()]
        if agreed and self.random.random() < 0.8:  # they begin beyond the horizon: go there
            near = self.random.choice(agreed) + self.random.choice((-1, 0, 0, 1)) * self.slot_s
            self.go(near - (ahead + 1) * self.slot_s)
        self.slot = (self.now // self.slot_s + 1 + ahead) * self.slot_s

    @property
    def row(self) -> Market:
        """The market that the next action is for."""
        return self.model.world.markets[self.market]

    def _open(self, market: str) -> None:
        pick = self.random.choice
        params = Params(
            from_slot=0,
            lead_s=self.lead_s,
            extend_s=pick((0, 2, 10, self.lead_s)),
            settle_gap_s=pick((0, self.lead_s // 2, self.lead_s)),
            deadline_s=pick((30, 5 * self.slot_s)),
            retain_s=pick((0, 100, 10 * self.slot_s)),
            tick=pick((1, 1000)),
            min_price=pick((0, 10_000)),
            max_price=pick((300_000, 2**32 - 1)),
            max_offers=pick((1, 3, 16)),
            max_bids=pick((1, 3, 256)),
            credit_line=pick((0, 50_000, 10**12)),
        )
        buy = pick((0, 80_000, 300_000))
        opening = actions.OpenMarket(
            market=market,
            slot_s=self.slot_s,
            horizon_s=pick((20, 200)) * self.slot_s,
            until=pick((FOR_EVER, FOR_EVER, FOR_EVER, self.now + 10 * self.slot_s)),
            operator=OPERATOR,
            evu=self.cast.evu,
            params=params,
            prices=Prices(0, buy, buy + pick((0, 320_000))),
        )
        if self.random.random() < 0.5:
            self.act(replace(opening, **self._bad(params)), CONTRACT)
            self.act(opening, OPERATOR)
        self.act(opening, CONTRACT)
        if self.random.random() < 0.1:
            self.act(opening, CONTRACT)

    def _bad(self, params: Params) -> dict[str, Any]:
        changes: list[dict[str, Any]] = [
            {"slot_s": 0},
            {"slot_s": 7},
            {"horizon_s": 0},
            {"operator": "nobody"},
            {"prices": Prices(0, 2, 1)},
        ]
        for change in (
            {"lead_s": 0},
            {"settle_gap_s": self.lead_s + 1},
            {"min_price": 2, "max_price": 1},
            {"tick": 0},
            {"max_offers": 0},
            {"max_offers": 17},
            {"max_bids": 0},
            {"max_bids": 257},
            {"credit_line": -1},
        ):
            changes.append({"params": replace(params, **change)})
        return self.random.choice(changes)

    def _register(self, market: str, person: str) -> None:
        self.act(actions.RegBox(market, person, self.cast.keys[person]), OPERATOR)
        for point in range(self.random.choice((1, 1, 2))):
            hashed = hash_of(f"{market} {person} {point}")
            self.act(actions.RegPoint(market, person, person, self.random.choice(GROUPS), hashed), OPERATOR)
        books = self.model.world.books(market)
        own = [row.id for row in books.points.values() if row.account == person]
        for _ in range(self.random.choice((1, 2, 3)) if "seller" in person else self.random.choice((0, 0, 1))):
            self.act(
                actions.RegUnit(market, self.random.choice(own), hash_of(f"{market} {len(books.units)}")), OPERATOR
            )
        self.act(actions.Transfer(person, CONTRACT, self.random.randint(1, self.given[person] // 2), market), person)

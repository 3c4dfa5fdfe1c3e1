"""What the rules say must come out: the story played by the model (`market/`), without any chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from demo import story
from market import actions
from market.books import MarketBooks
from market.model import Model

_MARKET, _GROUP = "demo", "group"
_OPERATOR, _EVU, _ITSELF = "tbiadmin", "tbievu", "tbimarket"
POINTS = {name: number for number, name in enumerate(story.PLAYERS, start=1)}
"""Ids that the registry gives when the players are registered in this order."""
UNITS = {name: number for number, name in enumerate(story.GENERATION_FORECAST_KWH, start=1)}


@dataclass(frozen=True)
class Expectation:
    """Rows of the model after the story; participants carry the story's names, offers the ids of its list."""

    first_slot: int
    books: MarketBooks
    wallets: Mapping[str, int]

    def closing_moved(self, offer_id: int) -> bool:
        """Whether a late bid moved the closing of an offer."""
        offer = self.books.offers[offer_id]
        return offer.closes_at > offer.slot - story.PARAMS.lead_s


class Play:
    """The story from registration to the surplus of each point, with the slots and forecasts of the day at hand."""

    def __init__(self, first_slot: int, recorded: Iterable[Mapping[str, Any]]) -> None:
        self._first = first_slot
        self._recorded = list(recorded)
        self._model = Model({name: f"key of {name}" for name in (*story.PLAYERS, _OPERATOR, _EVU, _ITSELF)})

    def through(self) -> Expectation:
        """All of it."""
        self._register()
        self._forecast()
        self._trade()
        self._deliver()
        self._settle()
        world = self._model.world
        wallets = {name: world.balances.get(name) or 0 for name in story.PLAYERS}
        return Expectation(self._first, world.books(_MARKET), wallets)

    def _do(self, action: actions.Action, now: int, signed: str) -> None:
        self._model.apply(action, now, {signed})

    @property
    def _morning(self) -> int:
        return self._first - 10 * story.SLOT_S

    def _slot(self, number: int) -> int:
        return self._first + number * story.SLOT_S

    def _register(self) -> None:
        now = self._morning
        self._do(actions.Create(_EVU, 10**15), now, "tbitoken")
        opening = (_MARKET, story.SLOT_S, story.HORIZON_S, 0, _OPERATOR, _EVU, story.PARAMS, story.PRICES)
        self._do(actions.OpenMarket(*opening), now, _ITSELF)
        for name in story.PLAYERS:
            self._do(actions.RegBox(_MARKET, name, f"key of {name}"), now, _OPERATOR)
            self._do(actions.RegPoint(_MARKET, name, name, _GROUP, f"meter of {name}"), now, _OPERATOR)
        for name in UNITS:
            self._do(actions.RegUnit(_MARKET, POINTS[name], f"unit of {name}"), now, _OPERATOR)
        for name in story.PLAYERS:
            self._do(actions.Issue(_EVU, story.DEPOSIT), now, _EVU)
            self._do(actions.Transfer(_EVU, name, story.DEPOSIT, ""), now, _EVU)
            self._do(actions.Transfer(name, _ITSELF, story.DEPOSIT, _MARKET), now, name)

    def _forecast(self) -> None:
        """What the oracle recorded is taken as it stands on the chain: a workbook is no rule."""
        for number in range(story.SLOTS):
            slot = self._slot(number)
            rows = [row for row in self._recorded if int(row["key"]) >> 32 == slot]
            points = tuple(_point_forecast(row) for row in sorted(rows, key=lambda row: int(row["key"])))
            if points:
                self._do(actions.RecordForecast(_MARKET, slot, points), self._morning, _OPERATOR)

    def _trade(self) -> None:
        for number, offer in enumerate(story.OFFERS, start=1):
            slot = self._slot(offer.slot)
            placed = (offer.seller, UNITS[offer.seller], slot, offer.energy_wh, offer.start_price)
            self._do(actions.PlaceOffer(_MARKET, *placed, key=number), self._morning, offer.seller)
        for number, offer in enumerate(story.OFFERS, start=1):
            gate = self._slot(offer.slot) - story.PARAMS.lead_s
            for bid in offer.bids:
                now = gate - 1 if bid.late else self._morning
                self._do(actions.Bid(_MARKET, bid.bidder, number, bid.price), now, bid.bidder)
        for number, offer in enumerate(story.OFFERS, start=1):
            self._do(actions.Award(_MARKET, number), self._slot(offer.slot), _OPERATOR)

    def _deliver(self) -> None:
        for number in range(story.SLOTS):
            for name, point in POINTS.items():
                offline = (name, number) == (story.OFFLINE, story.OFFLINE_SLOT)
                late = story.SLOT_S + 2 if offline else 0
                readings = (_reading(name, point, story.DAYS[name][number]),)
                end = self._slot(number) + story.SLOT_S
                self._do(actions.Deliver(_MARKET, name, self._slot(number), readings), end + late, name)

    def _settle(self) -> None:
        now = self._slot(story.SLOTS) + story.SLOT_S + 4
        for number, offer in enumerate(story.OFFERS, start=1):
            if offer.bids:
                self._do(actions.Settle(_MARKET, number), now, _OPERATOR)
        for number in range(story.SLOTS):
            for point in POINTS.values():
                self._do(actions.Sweep(_MARKET, self._slot(number), point), now, _OPERATOR)


def _point_forecast(row: Mapping[str, Any]) -> actions.PointForecast:
    units = tuple(actions.UnitMaximum(u["unit"], u["generation_wh"], u["max_wh"]) for u in row["units"])
    return actions.PointForecast(int(row["key"]) & 0xFFFFFFFF, row["consumption_wh"], units)


def _reading(name: str, point: int, day: story.Day) -> actions.PointReading:
    units = (actions.UnitProduction(UNITS[name], day.produced_wh),) if name in UNITS else ()
    return actions.PointReading(point, day.fed_in_wh, day.consumed_wh, units)

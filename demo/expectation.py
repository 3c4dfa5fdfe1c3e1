"""What the rules say must come out: the story played by the model (`market/`), without any chain."""

from __future__ import annotations

from dataclasses import dataclass

from demo import story
from market import actions
from market.books import MarketBooks
from market.model import Model

_MARKET = "demo"
_OPERATOR, _EVU, _ITSELF = "tbiadmin", "tbievu", "tbimarket"
_NAMES = ("seller", "bidder1", "bidder2")
_POINT = {name: number for number, name in enumerate(_NAMES, start=1)}
_SLOT = 60 * story.SLOT_S
_GATE = _SLOT - story.PARAMS.lead_s


@dataclass(frozen=True)
class Expectation:
    """Rows of the model after the story; participants carry the story's names."""

    books: MarketBooks

    @property
    def closing_moved_by_s(self) -> int:
        return self.books.offers[1].closes_at - _GATE


def play() -> Expectation:
    """The story from registration to the surplus of each point."""
    model = Model({name: f"key of {name}" for name in (*_NAMES, _OPERATOR, _EVU, _ITSELF)})

    def do(action: actions.Action, now: int, signed: str) -> None:
        model.apply(action, now, {signed})

    do(actions.Create(_EVU, 10**15), 0, "tbitoken")
    opening = actions.OpenMarket(_MARKET, story.SLOT_S, story.HORIZON_S, 0, _OPERATOR, _EVU, story.PARAMS, story.PRICES)
    do(opening, 0, _ITSELF)
    for name in _NAMES:
        do(actions.RegBox(_MARKET, name, f"key of {name}"), 0, _OPERATOR)
        do(actions.RegPoint(_MARKET, name, name, story.GROUP, f"meter of {name}"), 0, _OPERATOR)
    do(actions.RegUnit(_MARKET, 1, "pv"), 0, _OPERATOR)
    for name in _NAMES:
        do(actions.Issue(_EVU, story.DEPOSIT), 0, _EVU)
        do(actions.Transfer(_EVU, name, story.DEPOSIT, ""), 0, _EVU)
        do(actions.Transfer(name, _ITSELF, story.DEPOSIT, _MARKET), 0, name)
    do(actions.RecordForecast(_MARKET, _SLOT, forecast(_POINT, unit=1)), 0, _OPERATOR)
    offer = actions.PlaceOffer(_MARKET, "seller", 1, _SLOT, story.OFFER_WH, story.START_PRICE, key=1)
    do(offer, 0, "seller")
    for bid in story.BIDS:
        do(actions.Bid(_MARKET, bid.bidder, 1, bid.price), _GATE - 1 if bid.late else 0, bid.bidder)
    after = _SLOT + story.SLOT_S
    do(actions.Award(_MARKET, 1), after, _OPERATOR)
    for name in _NAMES:
        do(actions.Deliver(_MARKET, name, _SLOT, (reading(name, _POINT[name], unit=1),)), after, name)
    do(actions.Settle(_MARKET, 1), after, _OPERATOR)
    for point in _POINT.values():
        do(actions.Sweep(_MARKET, _SLOT, point), after, _OPERATOR)
    return Expectation(model.world.books(_MARKET))


def forecast(points: dict[str, int], unit: int) -> tuple[actions.PointForecast, ...]:
    """What the oracle records; the household's consumption is deducted from what the seller may offer."""
    generation, own = story.GENERATION_FORECAST_WH, story.CONSUMPTION_FORECAST_WH["seller"]
    maximum = actions.UnitMaximum(unit, generation, generation - own)
    items = [
        actions.PointForecast(point, story.CONSUMPTION_FORECAST_WH[name], (maximum,) if name == "seller" else ())
        for name, point in points.items()
    ]
    return tuple(sorted(items, key=lambda item: item.point))


def reading(name: str, point: int, unit: int) -> actions.PointReading:
    """What the household's meters show for the slot."""
    day = story.DAYS[name]
    units = (actions.UnitProduction(unit, day.produced_wh),) if name == "seller" else ()
    return actions.PointReading(point, day.fed_in_wh, day.consumed_wh, units)

"""The market's routes together."""

from __future__ import annotations

from dataclasses import dataclass

from services.background_manager_logic.api.balancing import add_balancing_routes
from services.background_manager_logic.api.deals import add_deal_routes
from services.background_manager_logic.api.events import add_event_routes
from services.background_manager_logic.api.market import add_bid_routes, add_offer_routes
from services.background_manager_logic.api.market_money import add_figure_routes, add_money_routes
from services.background_manager_logic.api.models_agreements import agreement_models
from services.background_manager_logic.api.models_market import market_models
from services.background_manager_logic.api.models_takeovers import takeover_models
from services.background_manager_logic.api.passive import add_passive_routes
from services.background_manager_logic.api.takeovers import add_takeover_routes
from services.background_manager_logic.market.changes import Changes
from services.background_manager_logic.service.actors import Actors
from services.background_manager_logic.service.deals import Deals
from services.background_manager_logic.service.figures import MarketFigures
from services.background_manager_logic.service.money import MarketMoney
from services.background_manager_logic.service.passive import PassiveContracts
from services.background_manager_logic.service.takeovers import Takeovers
from services.background_manager_logic.service.trading import Trading
from services.shared.web import Namespace
from services.shared.web.idempotency import Idempotency


@dataclass(frozen=True)
class MarketCases:
    """What the market's routes call. `max_streams`: of events, at once."""

    actors: Actors
    trading: Trading
    money: MarketMoney
    figures: MarketFigures
    passive: PassiveContracts
    deals: Deals
    takeovers: Takeovers
    changes: Changes
    max_streams: int


def add_market_routes(v1: Namespace, cases: MarketCases, once: Idempotency) -> None:
    """Add the routes to `v1`."""
    shapes = market_models(v1)
    add_offer_routes(v1, cases.trading, cases.actors, shapes, once)
    add_bid_routes(v1, cases.trading, cases.actors, shapes, once)
    add_money_routes(v1, cases.money, cases.actors, shapes, once)
    add_figure_routes(v1, cases.figures, cases.actors, shapes)
    agreements = agreement_models(v1)
    add_passive_routes(v1, cases.passive, cases.actors, agreements, once)
    add_deal_routes(v1, cases.deals, cases.actors, agreements, once)
    add_takeover_routes(v1, cases.takeovers, cases.actors, takeover_models(v1), once)
    add_balancing_routes(v1, cases.figures, shapes)
    add_event_routes(v1, cases.changes, cases.max_streams)

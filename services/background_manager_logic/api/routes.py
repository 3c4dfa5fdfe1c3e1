"""All routes, group by group."""

from __future__ import annotations

from dataclasses import dataclass

from services.background_manager_logic.api.installation import add_box_routes, add_meter_routes, add_unit_routes
from services.background_manager_logic.api.market_routes import MarketCases, add_market_routes
from services.background_manager_logic.api.models import models
from services.background_manager_logic.api.models_registration import registration_models
from services.background_manager_logic.api.operation_routes import OperationCases, add_operation_routes
from services.background_manager_logic.api.participants import add_participant_routes
from services.background_manager_logic.api.registration import add_account_routes, add_market_unit_routes
from services.background_manager_logic.api.sign_in import add_sign_in_routes
from services.background_manager_logic.api.system import add_system_routes
from services.background_manager_logic.cognito import Cognito
from services.background_manager_logic.service.components import Components
from services.background_manager_logic.service.installation import Installation
from services.background_manager_logic.service.market_units import MarketUnits
from services.background_manager_logic.service.participants import Participation
from services.background_manager_logic.service.registration import Registration
from services.shared.web import Namespace
from services.shared.web.idempotency import Idempotency


@dataclass(frozen=True)
class UseCases:
    """What the routes call."""

    cognito: Cognito
    participation: Participation
    installation: Installation
    components: Components
    registration: Registration
    market_units: MarketUnits
    market: MarketCases
    operation: OperationCases
    once: Idempotency


def add_routes(v1: Namespace, cases: UseCases) -> None:
    """Add all routes to `v1`."""
    shapes = models(v1)
    add_sign_in_routes(v1, cases.cognito, shapes)
    add_participant_routes(v1, cases.participation, shapes, cases.once)
    add_box_routes(v1, cases.installation, shapes, cases.once)
    add_meter_routes(v1, cases.installation, shapes, cases.once)
    add_unit_routes(v1, cases.installation, cases.participation, shapes, cases.once)
    registration = registration_models(v1)
    add_account_routes(v1, cases.registration, registration, cases.once)
    add_market_unit_routes(v1, cases.market_units, registration, cases.once)
    add_market_routes(v1, cases.market, cases.once)
    add_operation_routes(v1, cases.operation, cases.market.actors, cases.once)
    add_system_routes(v1, cases.components, shapes)

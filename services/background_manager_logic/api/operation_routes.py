"""All routes of the market's operation, group by group."""

from __future__ import annotations

from dataclasses import dataclass

from services.background_manager_logic.access_log import AccessLog
from services.background_manager_logic.api.access_log import add_access_log_routes
from services.background_manager_logic.api.audit import add_audit_routes
from services.background_manager_logic.api.governance import add_governance_routes
from services.background_manager_logic.api.models_governance import governance_models
from services.background_manager_logic.api.models_operation import operation_models
from services.background_manager_logic.api.settlements import add_settlement_routes
from services.background_manager_logic.api.stuck import add_stuck_routes
from services.background_manager_logic.service.actors import Actors
from services.background_manager_logic.service.governance import Governance
from services.background_manager_logic.service.runs import Runs
from services.background_manager_logic.service.stuck import Stuck
from services.shared.web import Namespace
from services.shared.web.idempotency import Idempotency


@dataclass(frozen=True)
class OperationCases:
    """What these routes call."""

    governance: Governance
    stuck: Stuck
    runs: Runs
    access: AccessLog


def add_operation_routes(v1: Namespace, cases: OperationCases, actors: Actors, once: Idempotency) -> None:
    """Add the routes to `v1`."""
    shapes = operation_models(v1)
    add_governance_routes(v1, cases.governance, governance_models(v1))
    add_stuck_routes(v1, cases.stuck, shapes, once)
    add_audit_routes(v1, cases.runs, shapes, once)
    add_settlement_routes(v1, cases.runs, actors, shapes, once)
    add_access_log_routes(v1, cases.access, shapes)

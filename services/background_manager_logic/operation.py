"""Wiring of the market's operation: governance, what is stuck, audits and exports, who saw and did what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pymongo.database import Database

from services.background_manager_logic.access_log import AccessLog
from services.background_manager_logic.api.operation_routes import OperationCases
from services.background_manager_logic.auditor_program import AuditorProgram, Places
from services.background_manager_logic.config import Config
from services.background_manager_logic.connector import Connector
from services.background_manager_logic.governors import Governors
from services.background_manager_logic.letters import Letters
from services.background_manager_logic.market.model import ReadModel
from services.background_manager_logic.service.governance import Governance
from services.background_manager_logic.service.runs import Runs
from services.background_manager_logic.service.stuck import Stuck
from services.shared.web.service_token import ServiceTokens


def operation_cases(
    config: Config,
    db: Database[dict[str, Any]],
    tokens: ServiceTokens,
    *,
    model: ReadModel,
    chain: Connector,
    clock: Callable[[], datetime],
) -> OperationCases:
    def now() -> float:
        return clock().timestamp()

    places = Places(config.audit_node_url, config.genesis_file, config.settlement_key_file, config.state_dir)
    governors, letters = Governors(config.connector_url, tokens), Letters(config.connector_url, tokens)
    return OperationCases(
        governance=Governance(model.store, db["proposals"], governors, chain, now),
        stuck=Stuck(model.store, chain, letters, now, grace_s=config.stuck_grace_s),
        runs=Runs(db["runs"], AuditorProgram(places), clock),
        access=AccessLog(db["access_log"], config.access_log_days, clock),
    )

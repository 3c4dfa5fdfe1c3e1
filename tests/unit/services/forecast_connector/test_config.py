"""What the three programs are told, and how they complain."""

from __future__ import annotations

from typing import Any

import pytest

from services.forecast_connector.config import Config, OracleConfig, WorkerConfig
from services.shared.web import ConfigurationError, load

STORE = {"MONGO_URI": "mongodb://tbi@127.0.0.1:27017/", "TBI_REDIS_URL": "redis://127.0.0.1/0"}
WORKER = {**STORE, "TBI_FORECAST_FOLDER": "/var/lib/tbi/forecasts"}
ORACLE = {
    **STORE,
    "TBI_CONNECTOR_URL": "http://127.0.0.1:8083/blockchain-connector/api/v1",
    "TBI_MANAGER_URL": "http://127.0.0.1:8090/background-manager-logic/api/v1",
    "TBI_IDENTITY_FILE": "/var/lib/tbi/identity.json",
    "TBI_SERVICE_SECRET_FILE": "/var/lib/tbi/secret",
    "TBI_STATE_DIR": "/var/lib/tbi/oracle",
}


def test_the_service_needs_a_database_a_queue_a_pool_and_the_records() -> None:
    with pytest.raises(ConfigurationError) as wrong:
        load(Config, {})
    assert {line.split()[0] for line in str(wrong.value).splitlines()} == {
        "MONGO_URI",
        "TBI_REDIS_URL",
        "TBI_IDENTITY_FILE",
        "TBI_SERVICE_SECRET_FILE",
        "TBI_MANAGER_URL",
    }


def test_a_utilitys_own_types_join_the_known_ones() -> None:
    types = load(
        WorkerConfig, {**WORKER, "TBI_FORECAST_CONSUMPTION_TYPES": "nm, EP1", "TBI_FORECAST_ALIASES": "W1=wp"}
    ).unit_types
    assert types.kind_of("NM") == "consumption"
    assert types.kind_of("PV") == "generation"
    assert types.named("w1") == "WP"
    assert types.named("th0") == "H0"
    assert types.kind_of("XY") is None


def test_the_oracle_serves_the_markets_that_it_is_told() -> None:
    config = load(OracleConfig, {**ORACLE, "TBI_ORACLE_MARKETS": "lem, demo1", "TBI_ORACLE_INTERVAL_S": "0.5"})
    assert (config.markets, config.slots_ahead, config.interval_s) == (("lem", "demo1"), 192, 0.5)
    assert load(OracleConfig, {**ORACLE, "TBI_ORACLE_MARKETS": "*"}).markets is None


@pytest.mark.parametrize(
    ("config", "base", "variable", "value"),
    [
        (OracleConfig, ORACLE, "TBI_ORACLE_MARKETS", "LEM"),
        (OracleConfig, ORACLE, "TBI_ORACLE_SLOTS_AHEAD", "0"),
        (OracleConfig, ORACLE, "TBI_ORACLE_INTERVAL_S", "never"),
        (WorkerConfig, WORKER, "TBI_FORECAST_ALIASES", "W1"),
        (WorkerConfig, WORKER, "TBI_FORECAST_GENERATION_TYPES", "PV;WIND"),
        (WorkerConfig, WORKER, "TBI_FORECAST_FOLDER", "forecasts"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(
    config: type[Any], base: dict[str, str], variable: str, value: str
) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        load(config, {**base, variable: value})

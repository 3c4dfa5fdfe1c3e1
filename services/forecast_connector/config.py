"""The configuration of the service, its worker and the oracle, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from market.values import EosName
from services.forecast_connector.domain.series import (
    ALIASES,
    CONSUMPTION_TYPES,
    GENERATION_TYPES,
    RESIDUAL_TYPES,
    UnitTypes,
)
from services.shared.data import JobsConfig, MongoConfig
from services.shared.web import Setting
from services.shared.web.config import as_integer, as_log_level, as_path, as_port, as_text, as_url


def as_code(value: str) -> str:
    """A unit type's code."""
    if not value.isascii() or not value.isalnum():
        raise ValueError("a code of letters and digits")
    return value.upper()


def as_household(value: str) -> str:
    """A profile of consumption alone."""
    code = as_code(value)
    if code in RESIDUAL_TYPES:
        raise ValueError(f"a profile of consumption: {code} has the household's own plant deducted already")
    return code


def as_database(value: str) -> str:
    """A database's name."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,38}", value, re.ASCII):
        raise ValueError("1 to 38 letters, digits, _ or -")
    return value


def as_codes(value: str) -> frozenset[str]:
    """Codes of unit types."""
    return frozenset(as_code(part.strip()) for part in value.split(","))


def as_aliases(value: str) -> Mapping[str, str]:
    """Other names for unit types."""
    pairs = [part.partition("=") for part in value.split(",")]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError("pairs such as TH0=H0, separated by commas")
    return {as_code(name.strip()): as_code(code.strip()) for name, _, code in pairs}


def as_markets(value: str) -> tuple[str, ...] | None:
    """Names of markets; `*`, told as None, means every market that is open."""
    if value.strip() == "*":
        return None
    return tuple(str(EosName(part.strip())) for part in value.split(","))


def as_seconds(value: str) -> float:
    """A span of time."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1
    if not 0.1 <= seconds <= 3600:
        raise ValueError("seconds from 0.1 to 3600")
    return seconds


def as_pause(value: str) -> float:
    """A span of time between two looks, or 0 for never."""
    return 0.0 if value.strip() == "0" else as_seconds(value)


@dataclass(frozen=True, kw_only=True)
class StoreConfig(MongoConfig):
    """What all three programs are told."""

    database: Annotated[
        str, Setting("TBI_MONGO_DATABASE", as_database, "the name of the database", example="forecast")
    ] = "forecast"
    household_profile: Annotated[
        str, Setting("TBI_HOUSEHOLD_PROFILE", as_household, "the profile of a household's consumption", example="H0")
    ] = "H0"
    log_level: Annotated[str, Setting("TBI_LOG_LEVEL", as_log_level, "the log's level", example="INFO")] = "INFO"


@dataclass(frozen=True, kw_only=True)
class WorkerConfig(StoreConfig, JobsConfig):
    """The worker's, which reads the workbooks."""

    folder: Annotated[
        Path, Setting("TBI_FORECAST_FOLDER", as_path, "the folder of the workbooks", example="/var/lib/tbi/forecasts")
    ]
    rejected_folder: Annotated[
        Path | None,
        Setting("TBI_FORECAST_REJECTED_FOLDER", as_path, "where refused workbooks go", example="/var/lib/tbi/rejected"),
    ] = None
    watch_s: Annotated[
        float,
        Setting(
            "TBI_FORECAST_WATCH_S", as_pause, "the pause between two looks into the folder, 0 for none", example="5"
        ),
    ] = 5.0
    generation_types: Annotated[
        frozenset[str],
        Setting("TBI_FORECAST_GENERATION_TYPES", as_codes, "more types of units that generate", example="GEO,GAS"),
    ] = frozenset()
    consumption_types: Annotated[
        frozenset[str],
        Setting("TBI_FORECAST_CONSUMPTION_TYPES", as_codes, "more types of units that consume", example="NM,EP1"),
    ] = frozenset()
    aliases: Annotated[
        Mapping[str, str] | None,
        Setting("TBI_FORECAST_ALIASES", as_aliases, "other names for unit types", example="TH0=H0,W1=WP"),
    ] = None

    @property
    def unit_types(self) -> UnitTypes:
        """All that is known of unit types."""
        aliases = {**ALIASES, **(self.aliases or {})}
        return UnitTypes(GENERATION_TYPES | self.generation_types, CONSUMPTION_TYPES | self.consumption_types, aliases)


@dataclass(frozen=True, kw_only=True)
class CallerConfig(StoreConfig):
    """Of those that call other services."""

    identity_file: Annotated[
        Path, Setting("TBI_IDENTITY_FILE", as_path, "the pool whose tokens count", example="/var/lib/tbi/identity.json")
    ]
    service_secret_file: Annotated[
        Path,
        Setting(
            "TBI_SERVICE_SECRET_FILE",
            as_path,
            "the file with this service's client secret, mode 0600",
            example="/var/lib/tbi/forecast-connector.secret",
        ),
    ]
    manager_url: Annotated[
        str,
        Setting(
            "TBI_MANAGER_URL",
            as_url,
            "the base URL of the Background-Manager-Logic, which has the participant records",
            example="http://127.0.0.1:8090/background-manager-logic/api/v1",
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class Config(CallerConfig, JobsConfig):
    """The service's; README.md has the table."""

    host: Annotated[str, Setting("TBI_HOST", as_text, "the address to listen on", example="127.0.0.1")] = "127.0.0.1"
    port: Annotated[int, Setting("TBI_PORT", as_port, "the TCP port to listen on", example="8092")] = 8092
    mastr_url: Annotated[
        str | None,
        Setting(
            "TBI_MASTR_CONNECTOR_URL",
            as_url,
            "the base URL of the MaStR-Connector, which knows units' rated power",
            example="http://127.0.0.1:8085/mastr-connector/api/v1",
        ),
    ] = None
    folder: Annotated[
        Path | None,
        Setting("TBI_FORECAST_FOLDER", as_path, "where uploaded workbooks are put", example="/var/lib/tbi/forecasts"),
    ] = None
    threads: Annotated[int, Setting("TBI_THREADS", as_integer(1, 64), "the number of threads", example="4")] = 4


@dataclass(frozen=True, kw_only=True)
class OracleConfig(CallerConfig):
    """The oracle's."""

    connector_url: Annotated[
        str,
        Setting(
            "TBI_CONNECTOR_URL",
            as_url,
            "the base URL of the cloud side's connector",
            example="http://127.0.0.1:8083/blockchain-connector/api/v1",
        ),
    ]
    state_dir: Annotated[
        Path, Setting("TBI_STATE_DIR", as_path, "the folder of its heartbeat", example="/var/lib/tbi/oracle")
    ]
    markets: Annotated[
        tuple[str, ...] | None,
        Setting("TBI_ORACLE_MARKETS", as_markets, "the markets it serves, * for all", example="lem"),
    ] = ("lem",)
    slots_ahead: Annotated[
        int, Setting("TBI_ORACLE_SLOTS_AHEAD", as_integer(1, 672), "how many slots it keeps recorded", example="192")
    ] = 192
    interval_s: Annotated[
        float, Setting("TBI_ORACLE_INTERVAL_S", as_seconds, "the pause between two rounds", example="5")
    ] = 5.0

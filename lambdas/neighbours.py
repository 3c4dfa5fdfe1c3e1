"""Whom the functions call, and as whom: from the environment, made at a process's first call and kept for the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from aws_lambda_powertools.utilities import parameters

from clients import blockchain_connector, forecast_connector, mastr_connector
from clients.blockchain_connector import BlockchainConnectorApi
from clients.forecast_connector import ForecastConnectorApi
from clients.mastr_connector import MastrConnectorApi
from services.shared import trace
from services.shared.clients import Neighbour, NeighbourSilent
from services.shared.web.config import ConfigurationError, Setting, as_path, as_text, as_url, load
from services.shared.web.service_token import ServiceTokens


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The functions' client at the pool. Its secret lies in AWS Secrets Manager, or in a file."""

    token_url: Annotated[
        str,
        Setting("TBI_TOKEN_URL", as_url, "the pool's token address", example="https://auth.example.org/oauth2/token"),
    ]
    client_id: Annotated[
        str, Setting("TBI_CLIENT_ID", as_text, "this client's id at the pool", example="1h57kf5cpq17m0")
    ]
    secret_name: Annotated[
        str, Setting("TBI_SERVICE_SECRET_NAME", as_text, "its secret in Secrets Manager", example="tbi/trigger-service")
    ] = ""
    secret_file: Annotated[
        Path | None,
        Setting("TBI_SERVICE_SECRET_FILE", as_path, "the file of its secret", example="/run/secrets/trigger-service"),
    ] = None

    def secret(self) -> str:
        """Raises ConfigurationError, OSError, GetParameterError."""
        if self.secret_name:
            return str(parameters.get_secret(self.secret_name))
        if self.secret_file is not None:
            return self.secret_file.read_text(encoding="utf-8").strip()
        raise ConfigurationError("set TBI_SERVICE_SECRET_NAME or TBI_SERVICE_SECRET_FILE: where the client's secret is")


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the services are."""

    mastr: Annotated[
        str,
        Setting(
            "TBI_MASTR_CONNECTOR_URL",
            as_url,
            "the MaStR-Connector",
            example="http://mastr-connector:8085/mastr-connector/api/v1",
        ),
    ]
    forecast: Annotated[
        str,
        Setting(
            "TBI_FORECAST_CONNECTOR_URL",
            as_url,
            "the Forecast-Connector",
            example="http://forecast-connector:8092/forecast-connector/api/v1",
        ),
    ]
    chain: Annotated[
        str,
        Setting(
            "TBI_CONNECTOR_URL",
            as_url,
            "the Blockchain-Connector",
            example="http://blockchain-connector:8083/blockchain-connector/api/v1",
        ),
    ]


@cache
def _tokens() -> ServiceTokens:
    identity = load(Identity)
    return ServiceTokens(identity.token_url, identity.client_id, identity.secret())


@cache
def mastr() -> Neighbour[MastrConnectorApi]:
    """Raises ConfigurationError."""
    return Neighbour(mastr_connector, MastrConnectorApi, load(Addresses).mastr, header=_tokens().header)


@cache
def forecast() -> Neighbour[ForecastConnectorApi]:
    """Raises ConfigurationError."""
    return Neighbour(forecast_connector, ForecastConnectorApi, load(Addresses).forecast, header=_tokens().header)


@cache
def chain() -> Neighbour[BlockchainConnectorApi]:
    """Raises ConfigurationError."""
    return Neighbour(blockchain_connector, BlockchainConnectorApi, load(Addresses).chain, header=_tokens().header)


@contextmanager
def attempt(event: Mapping[str, Any]) -> Iterator[None]:
    """One try at an event. Its id, without dashes, is the trace's in every part that has to do with it."""
    known = str(event["id"]).replace("-", "").lower()
    token = trace.begin(f"00-{known}-{known[:16]}-01")
    try:
        yield
    except NeighbourSilent:
        forget()  # the secret may be another one by now; a process lives for hours
        raise
    finally:
        trace.end(token)


def forget() -> None:
    """Makes everything anew at the next call."""
    for made in (_tokens, mastr, forecast, chain):
        made.cache_clear()

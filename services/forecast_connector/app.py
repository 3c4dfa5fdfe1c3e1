"""The one place where the service, its worker and the oracle are wired."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask
from pymongo.database import Database

from services.forecast_connector.api import add_routes
from services.forecast_connector.api.cases import UseCases
from services.forecast_connector.config import CallerConfig, Config, StoreConfig, WorkerConfig
from services.forecast_connector.folder import ForecastFolder
from services.forecast_connector.health import checks
from services.forecast_connector.measured import MeasuredByNeighbours
from services.forecast_connector.participants import ManagedParticipants
from services.forecast_connector.problems import PROBLEMS
from services.forecast_connector.repository import SCHEMA, Repository
from services.forecast_connector.service.accuracy import Accuracies
from services.forecast_connector.service.imports import Imports
from services.forecast_connector.service.queries import Queries
from services.forecast_connector.service.workbooks import Workbooks
from services.forecast_connector.shelf import Shelf
from services.shared.data import Jobs, Schema, database
from services.shared.identity import read_address, service_tokens
from services.shared.web import Guard, HealthCheck, Service, create_service
from services.shared.web.idempotency import Idempotency
from services.shared.web.idempotency_mongo import MongoAnswers
from services.shared.web.service_token import ServiceTokens
from services.shared.web.tokens import KeySet, Pool, TokenGuard, TokenVerifier, caller, read_pool

NAME = "forecast-connector"
BASE_PATH = "/forecast-connector"
Documents = Database[dict[str, Any]]


@dataclass(frozen=True)
class Connector:
    """The application; `close` lets go of its connections."""

    app: Flask
    close: Callable[[], None]


def create_app(config: Config) -> Connector:
    """The service as configured. Raises ConfigurationError; neighbours need not be there yet."""
    db = documents_of(config)
    jobs = Jobs(config.redis_url, queue_of(config))
    repository = Repository(db)
    header = tokens_of(config).header
    records = ManagedParticipants(config.manager_url, header, config.household_profile)
    measured = MeasuredByNeighbours(config.manager_url, config.mastr_url, header)
    queries = Queries(repository, records, config.household_profile)
    guard = TokenGuard(TokenVerifier(read_pool(config.identity_file)))
    frame = _frame(guard, checks(db, repository, jobs, records))
    once = Idempotency(MongoAnswers(db["answers"]), _caller)
    once.install(frame.app)
    folder = None if config.folder is None else ForecastFolder(config.folder)
    workbooks = Workbooks(Shelf(db), folder, jobs, time.time)
    add_routes(frame.v1, UseCases(queries, workbooks, Accuracies(repository, queries, measured), jobs), once)

    def close() -> None:
        jobs.close()
        records.close()
        measured.close()
        db.client.close()

    return Connector(frame.app, close)


def describe() -> Service:
    """The routes without anything behind them, for the document."""
    nobody = TokenGuard(TokenVerifier(Pool("", "", frozenset()), KeySet(dict)))
    frame = _frame(nobody, {})
    add_routes(frame.v1, cast(UseCases, None), Idempotency(None, _caller))
    return frame


def _caller() -> str:
    """Whose an Idempotency-Key is."""
    return str(caller().sub)


def imports_of(config: WorkerConfig, clock: Callable[[], float] = time.time) -> Imports:
    """What the worker's jobs work with. Raises ConfigurationError, PyMongoError."""
    db = documents_of(config)
    Schema(db, SCHEMA).bring_up()
    repository = Repository(db)
    repository.prepare()
    folder = ForecastFolder(config.folder, config.rejected_folder)
    return Imports(folder, repository, Shelf(db), config.unit_types, clock)


def documents_of(config: StoreConfig) -> Documents:
    """The service's own database. Raises ConfigurationError."""
    return database(config.mongo_uri, config.database, password_file=config.mongo_password_file)


def queue_of(config: StoreConfig) -> str:
    """The queue of jobs: one a database, so that two systems may share a Redis."""
    return config.database


def repository_of(config: StoreConfig) -> Repository:
    """The forecasts. Raises ConfigurationError."""
    return Repository(documents_of(config))


def tokens_of(config: CallerConfig) -> ServiceTokens:
    """What this service shows to others. Raises ConfigurationError."""
    return service_tokens(NAME, read_address(config.identity_file), config.service_secret_file)


def _frame(guard: Guard, health_checks: dict[str, HealthCheck]) -> Service:
    return create_service(
        NAME,
        base_path=BASE_PATH,
        description="The utility's forecasts by quarter hour, and how much of them a unit may offer.",
        guard=guard,
        health_checks=health_checks,
        problems=PROBLEMS,
    )

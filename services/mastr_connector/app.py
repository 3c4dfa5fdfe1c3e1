"""The one place where the MaStR-Connector and its worker are wired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask, g
from pymongo.database import Database
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from services.mastr_connector.api import add_routes
from services.mastr_connector.config import Config, WorkerConfig
from services.mastr_connector.parsing import Place
from services.mastr_connector.problems import PROBLEMS
from services.mastr_connector.repository import Repository
from services.mastr_connector.service.asking import Asking
from services.mastr_connector.service.crew import Hiring
from services.mastr_connector.service.importing import Importing
from services.mastr_connector.service.updating import Updating
from services.mastr_connector.soap import Register
from services.mastr_connector.source import Sources
from services.shared.data import Jobs, database, ping
from services.shared.web import (
    CheckFailed,
    ConfigurationError,
    Guard,
    HealthCheck,
    Service,
    box_secret_required,
    create_service,
)
from services.shared.web.idempotency import Idempotency
from services.shared.web.idempotency_mongo import MongoAnswers
from services.shared.web.tokens import TokenGuard, TokenVerifier, read_pool

NAME = "mastr-connector"
BASE_PATH = "/mastr-connector"
_DESCRIPTION = "The register of units (Marktstammdatenregister): imported, kept current, asked by number."


def _now() -> datetime:
    """To the millisecond, which is what MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Parts:
    """What the service and its worker are made of."""

    db: Database[dict[str, Any]]
    repository: Repository
    sources: Sources
    jobs: Jobs
    importing: Importing
    updating: Updating

    def close(self) -> None:
        """Lets go of connections."""
        self.jobs.close()
        self.db.client.close()


@dataclass(frozen=True)
class Connector:
    """The application, and what ends it in order."""

    app: Flask
    close: Callable[[], None]


def assemble(config: WorkerConfig, clock: Callable[[], datetime] = _now) -> Parts:
    """The parts as configured. Raises ConfigurationError; MongoDB, Redis and the register need not be there yet."""
    db = database(config.mongo_uri, config.database, password_file=config.mongo_password_file, app_name=NAME)
    repository = Repository(db, clock)
    sources = Sources(config.export_dir, config.export_urls)
    register = None
    if config.wsdl_url and config.api_key and config.actor:
        register = Register(config.wsdl_url, config.api_key, config.actor)
    return Parts(
        db=db,
        repository=repository,
        sources=sources,
        jobs=Jobs(config.redis_url, NAME),
        importing=Importing(
            repository,
            sources,
            Hiring(Place(config.mongo_uri, config.database, config.mongo_password_file), config.processes),
            clock,
        ),
        updating=Updating(repository, register),
    )


def create_app(config: Config, *, guard: Guard | None = None, clock: Callable[[], datetime] = _now) -> Connector:
    """The service as configured. `guard` in place of the configured one. Raises ConfigurationError."""
    allowed = guard or _guard(config)
    parts = assemble(config, clock)
    cases = Asking(config, parts.repository, parts.sources, parts.jobs, clock)
    frame = _frame(allowed, {"mongo": _mongo_check(parts), "redis": _redis_check(parts)})
    once = Idempotency(MongoAnswers(parts.db["answers"]), _caller)
    once.install(frame.app)
    add_routes(frame.v1, cases, once)
    return Connector(frame.app, parts.close)


def describe() -> Service:
    """The routes without anything behind them, for the document."""
    frame = _frame(TokenGuard(cast(TokenVerifier, None)), {})
    add_routes(frame.v1, cast(Asking, None), Idempotency(None, _caller))
    return frame


def _guard(config: Config) -> Guard:
    """Tokens of the pool; without one the service secret, which opens every route to who knows it."""
    if config.identity_file is not None:
        return TokenGuard(TokenVerifier(read_pool(config.identity_file)))
    if config.box_secret_file is not None:
        return box_secret_required(config.box_secret_file)
    raise ConfigurationError(
        "TBI_IDENTITY_FILE is not set: give the file that describes the pool whose tokens count "
        "(or, where there is no pool, a service secret in TBI_BOX_SECRET_FILE)"
    )


def _caller() -> str:
    """Whose an Idempotency-Key is; with a service secret all callers are one."""
    found = g.get("tbi_caller")
    return "service" if found is None else str(found.sub)


def _mongo_check(parts: Parts) -> HealthCheck:
    def check() -> str:
        try:
            return ping(parts.db)
        except PyMongoError as error:
            raise CheckFailed("MongoDB does not answer") from error

    return check


def _redis_check(parts: Parts) -> HealthCheck:
    def check() -> str:
        try:
            parts.jobs.ping()
            return f"{parts.jobs.waiting()} jobs waiting"
        except RedisError as error:
            raise CheckFailed("Redis does not answer") from error

    return check


def _frame(guard: Guard, health_checks: dict[str, HealthCheck]) -> Service:
    return create_service(
        NAME,
        base_path=BASE_PATH,
        description=_DESCRIPTION,
        guard=guard,
        health_checks=health_checks,
        problems=PROBLEMS,
    )

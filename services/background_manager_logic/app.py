"""The one place where the Background-Manager-Logic is wired."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import cast

from flask import Flask

from services.background_manager_logic import access_log
from services.background_manager_logic.access_log import AccessLog
from services.background_manager_logic.api import UseCases, add_routes
from services.background_manager_logic.api.market_routes import MarketCases
from services.background_manager_logic.api.operation_routes import OperationCases
from services.background_manager_logic.box import Boxes
from services.background_manager_logic.cognito import Cognito
from services.background_manager_logic.config import Config
from services.background_manager_logic.connector import Connector
from services.background_manager_logic.health import asked, checks
from services.background_manager_logic.market.changes import Changes
from services.background_manager_logic.market.model import ReadModel
from services.background_manager_logic.mastr import MastrConnector
from services.background_manager_logic.metrics import count
from services.background_manager_logic.operation import operation_cases
from services.background_manager_logic.problems import PROBLEMS
from services.background_manager_logic.repository import Repository
from services.background_manager_logic.schema import SCHEMA
from services.background_manager_logic.service.actors import Actors
from services.background_manager_logic.service.components import Component, Components
from services.background_manager_logic.service.deals import Deals
from services.background_manager_logic.service.figures import MarketFigures
from services.background_manager_logic.service.governance import Governance
from services.background_manager_logic.service.installation import Installation
from services.background_manager_logic.service.market_units import MarketUnits
from services.background_manager_logic.service.money import MarketMoney
from services.background_manager_logic.service.names import Names
from services.background_manager_logic.service.owners import Owners
from services.background_manager_logic.service.participants import Participation, keep_mirrored
from services.background_manager_logic.service.passive import PassiveContracts
from services.background_manager_logic.service.registration import Registration
from services.background_manager_logic.service.runs import Runs
from services.background_manager_logic.service.security_keys import SecurityKeys
from services.background_manager_logic.service.stuck import Stuck
from services.background_manager_logic.service.takeovers import Takeovers
from services.background_manager_logic.service.trading import Trading
from services.shared.data import DatabaseUnavailable, NewerSchema, Schema, database
from services.shared.identity import read_address, service_tokens
from services.shared.second_factor import RelyingParty
from services.shared.web import Guard, HealthCheck, Service, create_service
from services.shared.web.idempotency import Idempotency
from services.shared.web.idempotency_mongo import MongoAnswers
from services.shared.web.tokens import Pool, TokenGuard, TokenVerifier, caller, read_pool

NAME = "background-manager-logic"
BASE_PATH = "/background-manager-logic"
DATABASE = "background_manager"
_MIRROR_EVERY_S = 5.0

_log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Manager:
    """The application with its background: `start` it (raises NewerSchema), serve `app`, `close` it."""

    app: Flask
    start: Callable[[], None]
    close: Callable[[], None]


def create_app(config: Config, *, clock: Callable[[], datetime] = _utc_now) -> Manager:
    """The application as configured. Raises ConfigurationError. Its neighbours need not be there yet."""
    logging.getLogger("botocore").setLevel(logging.WARNING)
    address = read_address(config.identity_file)
    tokens = service_tokens(NAME, address, config.service_secret_file)
    pool = read_pool(config.identity_file)
    guard = TokenGuard(TokenVerifier(pool))
    cognito = Cognito(address)
    db = database(config.mongo_uri, DATABASE, password_file=config.mongo_password_file, app_name=NAME)
    repository = Repository(db)
    answers = MongoAnswers(db["answers"])
    boxes = Boxes(tokens, config.box_port)
    chain = Connector(config.connector_url, tokens)
    participation = Participation(repository, cognito, networks=config.box_networks, clock=clock)

    def now() -> float:
        return clock().timestamp()

    model = ReadModel(db, chain, now)
    names = Names(repository, model.store, chain)

    def box_part(name: str, ip: str) -> Component:
        return Component(name, "box", boxes.address(ip), partial(boxes.health, ip))

    parts = [Component(name, "service", url, asked(name, url)) for name, url in config.components]
    cases = UseCases(
        cognito=cognito,
        participation=participation,
        installation=Installation(
            repository,
            boxes,
            MastrConnector(config.mastr_url, tokens),
            networks=config.box_networks,
            clock=clock,
        ),
        components=Components(repository, parts, box_part, clock),
        registration=Registration(
            repository,
            participation,
            Owners(repository, cognito, participation),
            boxes,
            chain,
            group=config.balancing_group,
            networks=config.box_networks,
            clock=clock,
        ),
        market_units=MarketUnits(repository, boxes, chain),
        market=MarketCases(
            actors=Actors(participation),
            trading=Trading(model, names, boxes, chain),
            money=MarketMoney(repository, model.store, boxes, chain),
            figures=MarketFigures(model.store, names, now),
            passive=PassiveContracts(model, names, boxes, chain, now),
            deals=Deals(model, names, boxes, chain, now),
            takeovers=Takeovers(model.store, chain, now),
            changes=model.changes,
            max_streams=config.event_streams,
        ),
        security_keys=SecurityKeys(
            repository.security_keys,
            cognito,
            RelyingParty(config.rp_id, config.rp_origins),
            required=pool.second_factor_required,
            clock=clock,
        ),
        operation=operation_cases(config, db, tokens, model=model, chain=chain, clock=clock),
        once=Idempotency(answers, who=lambda: caller().sub),
    )
    frame = _frame(guard, {**checks(db, cognito), "read_model": model.check})
    count(frame.metrics.registry, cases.operation.stuck.overdue_awards)
    cases.once.install(frame.app)
    access_log.install(frame.app, cases.operation.access, f"{BASE_PATH}/api/v1")
    add_routes(frame.v1, cases)

    schema = Schema(db, SCHEMA)

    def prepare() -> None:
        schema.bring_up()
        repository.prepare()
        answers.prepare()
        for part in (cases.operation.governance, cases.operation.runs, cases.operation.access):
            part.prepare()

    def let_go() -> None:
        cognito.close()
        db.client.close()

    works: list[Callable[[threading.Event], None]] = [partial(_look_after, participation, prepare), model.run]
    works += [cases.operation.governance.run, cases.operation.runs.work, cases.components.watch]
    return _with_background(frame.app, schema, works, let_go)


def describe() -> Service:
    """The routes without anything behind them, for the document."""
    frame = _frame(TokenGuard(TokenVerifier(Pool("", "", frozenset()))), {})
    nothing = None
    add_routes(
        frame.v1,
        UseCases(
            cast(Cognito, nothing),
            cast(Participation, nothing),
            cast(Installation, nothing),
            cast(Components, nothing),
            cast(Registration, nothing),
            cast(MarketUnits, nothing),
            MarketCases(
                cast(Actors, nothing),
                cast(Trading, nothing),
                cast(MarketMoney, nothing),
                cast(MarketFigures, nothing),
                cast(PassiveContracts, nothing),
                cast(Deals, nothing),
                cast(Takeovers, nothing),
                cast(Changes, nothing),
                max_streams=1,
            ),
            cast(SecurityKeys, nothing),
            OperationCases(
                cast(Governance, nothing), cast(Stuck, nothing), cast(Runs, nothing), cast(AccessLog, nothing)
            ),
            Idempotency(None, who=str),
        ),
    )
    return frame


def _with_background(
    app: Flask, schema: Schema, works: Sequence[Callable[[threading.Event], None]], let_go: Callable[[], None]
) -> Manager:
    """Each work has a thread of its own, and goes on until it is told to stop. Data of a newer program are refused at
    the start, or as soon as the database is there."""
    stopped = threading.Event()
    threads = [threading.Thread(target=work, args=(stopped,), daemon=True) for work in works]

    def start() -> None:
        with suppress(DatabaseUnavailable):
            schema.refuse_newer()
        for thread in threads:
            thread.start()

    def close() -> None:
        stopped.set()
        for thread in threads:
            if thread.is_alive():
                thread.join(timeout=10)
        let_go()

    return Manager(app, start, close)


def _look_after(participation: Participation, prepare: Callable[[], None], stopped: threading.Event) -> None:
    """The indexes as soon as the database is there; then what the pool was not told yet."""
    while not _done(prepare):
        if stopped.wait(1.0):
            return
    keep_mirrored(participation, stopped, _MIRROR_EVERY_S)


def _done(prepare: Callable[[], None]) -> bool:
    try:
        prepare()
    except DatabaseUnavailable as error:
        _log.warning("the database is not there yet: %s", error)
        return False
    except NewerSchema as error:
        _log.error("%s", error)
        os.kill(os.getpid(), signal.SIGTERM)
        return False
    return True


def _frame(guard: Guard, health_checks: dict[str, HealthCheck]) -> Service:
    return create_service(
        NAME,
        base_path=BASE_PATH,
        description="Participants, boxes, meters and units: what the portal asks for, and the way to the boxes.",
        guard=guard,
        health_checks=health_checks,
        problems=PROBLEMS,
    )

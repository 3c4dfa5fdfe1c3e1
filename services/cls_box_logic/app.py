"""The one place where CLS-Box-Logic and its worker are wired."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask
from redis import Redis

from services.cls_box_logic.answers import Answers
from services.cls_box_logic.api import add_routes
from services.cls_box_logic.config import Config
from services.cls_box_logic.connector import Connector
from services.cls_box_logic.domain.delivery import BOUGHT, FED_IN, PRODUCED
from services.cls_box_logic.errors import BoxError
from services.cls_box_logic.health import checks
from services.cls_box_logic.inbox import Inbox
from services.cls_box_logic.jobs import EventQueue
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.openems import OpenEms
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.problems import PROBLEMS
from services.cls_box_logic.provisioning import Box, read_box
from services.cls_box_logic.sampler import Sampler
from services.cls_box_logic.samples import SampleStore
from services.cls_box_logic.service.delivery import Delivery
from services.cls_box_logic.service.events import Events
from services.cls_box_logic.service.orders import Orders
from services.cls_box_logic.service.views import Views
from services.shared.web import BoxSecretGuard, Guard, HealthCheck, Service, create_service
from services.shared.web.auth import read_box_secret

NAME = "cls-box-logic"
BASE_PATH = "/cls-box-logic"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Parts:
    """What both processes of the box's logic are made of."""

    box: Box
    secret: str
    clock_ms: Callable[[], int]
    openems: OpenEms
    connector: Connector
    samples: SampleStore
    journal: Journal
    inbox: Inbox
    participation: Participation
    queue: EventQueue
    delivery: Delivery

    def close(self) -> None:
        """Lets go of files and connections."""
        self.openems.close()
        for store in (self.samples, self.journal, self.inbox):
            store.close()


@dataclass(frozen=True)
class UseCases:
    """What the routes call."""

    events: Events
    orders: Orders
    views: Views
    journal: Journal
    box: Box


@dataclass(frozen=True)
class BoxLogic:
    """The application with its background: `start` it, serve `app`, `close` it."""

    app: Flask
    start: Callable[[], None]
    close: Callable[[], None]


def assemble(config: Config, clock_ms: Callable[[], int] = _now_ms) -> Parts:
    """The parts as configured. Raises ConfigurationError; neighbours need not be there yet."""
    box = read_box(config.box_config)
    secret = read_box_secret(config.box_secret_file)
    connector = Connector(config.connector_url, secret)
    inbox = Inbox(config.state_dir, clock_ms)
    journal = Journal(config.state_dir, clock_ms)
    samples = SampleStore(config.state_dir)
    participation = Participation(box, connector, clock_ms)
    redis = Redis.from_url(config.redis_url, socket_connect_timeout=2)
    delivery = Delivery(
        box=box,
        inbox=inbox,
        journal=journal,
        samples=samples,
        participation=participation,
        connector=connector,
        clock_ms=clock_ms,
        tolerance_ms=config.tolerance_ms,
    )
    return Parts(
        box=box,
        secret=secret,
        clock_ms=clock_ms,
        openems=OpenEms(config.openems_url, config.openems_password),
        connector=connector,
        samples=samples,
        journal=journal,
        inbox=inbox,
        participation=participation,
        queue=EventQueue(redis, box.account, inbox),
        delivery=delivery,
    )


def create_app(config: Config, *, clock_ms: Callable[[], int] = _now_ms) -> BoxLogic:
    """The service as configured. Raises ConfigurationError."""
    parts = assemble(config, clock_ms)
    sampler = Sampler(
        parts.samples,
        _channels(parts.box),
        parts.openems.values,
        parts.samples.slot_lengths,
        clock_ms=clock_ms,
        tolerance_ms=config.tolerance_ms,
    )
    answers = Answers(config.state_dir, clock_ms, uuid.uuid4().hex)
    views = Views(
        box=parts.box,
        openems=parts.openems,
        samples=parts.samples,
        participation=parts.participation,
        inbox=parts.inbox,
        sampler_state=sampler.state,
        clock_ms=clock_ms,
        tolerance_ms=config.tolerance_ms,
    )
    cases = UseCases(
        events=Events(parts.inbox, parts.queue, parts.journal),
        orders=Orders(parts.box, parts.participation, parts.connector, answers, parts.journal),
        views=views,
        journal=parts.journal,
        box=parts.box,
    )
    found = checks(parts.openems, parts.connector, parts.queue, sampler.state)
    frame = _frame(BoxSecretGuard(parts.secret), found)
    add_routes(frame.v1, cases)
    return _with_background(frame.app, parts, answers, sampler, config.refresh_s)


def describe() -> Service:
    """The routes without anything behind them, for the document."""
    frame = _frame(BoxSecretGuard(""), {})
    add_routes(frame.v1, cast(UseCases, None))
    return frame


def _with_background(app: Flask, parts: Parts, answers: Answers, sampler: Sampler, refresh_s: int) -> BoxLogic:
    stopped = threading.Event()
    threads = [
        threading.Thread(target=sampler.run, args=(stopped,), name="sampler", daemon=True),
        threading.Thread(target=_keep_markets, args=(parts, stopped, refresh_s), name="markets", daemon=True),
    ]

    def start() -> None:
        for thread in threads:
            thread.start()

    def close() -> None:
        stopped.set()
        for thread in threads:
            if thread.is_alive():
                thread.join(timeout=10)
        answers.close()
        parts.close()

    return BoxLogic(app, start, close)


def _keep_markets(parts: Parts, stopped: threading.Event, refresh_s: int) -> None:
    """Knows in which markets the box takes part; what was known stays while the chain is out of reach."""
    while True:
        try:
            seats = parts.participation.refresh()
            parts.samples.remember_slot_lengths(frozenset(seat.slot_s for seat in seats))
            wait_s = float(refresh_s)
        except BoxError:
            wait_s = min(2.0, refresh_s)
        if stopped.wait(wait_s):
            return


def _channels(box: Box) -> frozenset[str]:
    """The counters of all meters and units of the box."""
    meters = {f"{meter.component}/{name}" for meter in box.meters for name in (BOUGHT, FED_IN)}
    return frozenset(meters | {f"{unit.component}/{PRODUCED}" for unit in box.units})


def _frame(guard: Guard, health_checks: dict[str, HealthCheck]) -> Service:
    return create_service(
        NAME,
        base_path=BASE_PATH,
        description="Measures what the box's meters count, delivers it to the market, and takes its owner's orders.",
        guard=guard,
        health_checks=health_checks,
        problems=PROBLEMS,
    )

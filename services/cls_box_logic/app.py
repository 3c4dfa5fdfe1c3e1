"""The one place where the service is wired; what it shares with its worker is wired in parts.py."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from flask import Flask

from services.cls_box_logic.answers import Answers
from services.cls_box_logic.api import add_routes
from services.cls_box_logic.auth import BoxGuard, Owner
from services.cls_box_logic.background import Background
from services.cls_box_logic.chrony import Chrony
from services.cls_box_logic.config import Config
from services.cls_box_logic.domain.delivery import BOUGHT, FED_IN, PRODUCED
from services.cls_box_logic.engine_proxy import names_in
from services.cls_box_logic.errors import BoxError
from services.cls_box_logic.health import checks
from services.cls_box_logic.host import disk, host_state
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.parts import Parts, assemble, now_ms
from services.cls_box_logic.problems import PROBLEMS
from services.cls_box_logic.provisioning import Box
from services.cls_box_logic.sampler import Sampler
from services.cls_box_logic.service.agreements import Agreements
from services.cls_box_logic.service.carrier import Carrier
from services.cls_box_logic.service.containers import Containers
from services.cls_box_logic.service.containers import Engine as ContainerEngine
from services.cls_box_logic.service.control import Controls
from services.cls_box_logic.service.events import Events
from services.cls_box_logic.service.notary import Notary
from services.cls_box_logic.service.orders import Orders
from services.cls_box_logic.service.registration import Registration
from services.cls_box_logic.service.views import Views
from services.cls_box_logic.tpm import TpmApi
from services.shared.web import Guard, HealthCheck, Service, create_service
from services.shared.web.tokens import KeptKeys, KeySet, Pool, TokenVerifier, jwks_at, read_pool

NAME = "cls-box-logic"
_NO_SEAT_S = 10
BASE_PATH = "/cls-box-logic"


@dataclass(frozen=True)
class UseCases:
    """What the routes call."""

    events: Events
    owner: Owner
    orders: Orders
    agreements: Agreements
    registration: Registration
    views: Views
    containers: Containers
    controls: Controls
    journal: Journal
    box: Box
    look: Callable[[], None]
    """Has the connector look for events now; raises BoxError."""


@dataclass(frozen=True)
class BoxLogic:
    """The application with its background: `start` it, serve `app`, `close` it."""

    app: Flask
    start: Callable[[], None]
    close: Callable[[], None]


def create_app(config: Config, *, clock_ms: Callable[[], int] = now_ms) -> BoxLogic:
    """The service as configured. Raises ConfigurationError."""
    verifier = _verifier(config)
    parts = assemble(config, clock_ms)
    chrony = Chrony(config.chronyc)
    sampler = Sampler(
        parts.samples,
        _channels(parts.box),
        parts.openems.values,
        parts.samples.slot_lengths,
        clock_ms=clock_ms,
        clock_is=lambda: chrony.state().judgement,
        tolerance_ms=config.tolerance_ms,
    )
    tpm = TpmApi(config.tpm_api_url, parts.secret)
    notary = Notary(parts.journal, parts.inbox, tpm, clock_ms)
    controls = Controls(parts.box.controls, parts.openems, parts.journal, config.state_dir, clock_ms)
    containers = Containers(_engine(config), names_in(config.containers), parts.journal)
    answers = Answers(config.state_dir, clock_ms, uuid.uuid4().hex, parts.journal.check_room)
    carrier = Carrier(answers, parts.journal)
    views = Views(
        box=parts.box,
        ownership=parts.ownership,
        openems=parts.openems,
        samples=parts.samples,
        participation=parts.participation,
        inbox=parts.inbox,
        sampler_state=sampler.state,
        host_state=lambda: host_state(chrony, config.state_dir),
        clock_ms=clock_ms,
        tolerance_ms=config.tolerance_ms,
    )
    cases = UseCases(
        events=Events(parts.inbox, parts.queue, parts.journal),
        owner=Owner(verifier, parts.ownership.owner_sub, max_age_s=config.order_token_max_age_s),
        orders=Orders(
            box=parts.box,
            ownership=parts.ownership,
            participation=parts.participation,
            connector=parts.connector,
            carrier=carrier,
        ),
        agreements=Agreements(
            box=parts.box,
            ownership=parts.ownership,
            participation=parts.participation,
            connector=parts.connector,
            carrier=carrier,
        ),
        registration=Registration(parts.box, parts.ownership, tpm, parts.journal),
        views=views,
        controls=controls,
        containers=containers,
        journal=parts.journal,
        box=parts.box,
        look=parts.connector.look,
    )
    background = Background(
        {
            "containers": containers.recover,
            "sampler": sampler.run,
            "notary": notary.run,
            "controls": controls.run,
            "markets": partial(_keep_markets, parts, refresh_s=config.refresh_s),
        }
    )
    found = checks(
        openems=parts.openems,
        connector=parts.connector,
        queue=parts.queue,
        sampler=sampler.state,
        address=parts.box.address,
        journal=parts.journal,
        notary=notary,
        background=background.trouble,
        free_mb=lambda: int(disk(config.state_dir)["free_mb"]),
    )
    frame = _frame(BoxGuard(parts.secret, verifier), found)
    add_routes(frame.v1, cases)
    return _with_background(frame.app, parts, (answers, controls), background)


def describe() -> Service:
    """The routes without anything behind them, for the document."""
    frame = _frame(BoxGuard("", TokenVerifier(Pool("", "", frozenset()))), {})
    add_routes(frame.v1, cast(UseCases, None))
    return frame


def _engine(config: Config) -> ContainerEngine | None:
    """The SDK takes memory that a box without an engine need not spend: it is loaded when there is one."""
    if config.engine_url is None:
        return None
    from services.cls_box_logic.engine import Engine  # noqa: PLC0415 - see above

    return Engine(config.engine_url)


def _verifier(config: Config) -> TokenVerifier:
    """Knows the pool's keys also after a start without a link."""
    pool = read_pool(config.identity_file)
    kept = KeptKeys(config.state_dir / "pool-keys.json", pool.jwks_url)
    return TokenVerifier(pool, KeySet(jwks_at(pool.jwks_url), kept=kept))


def _with_background(
    app: Flask, parts: Parts, stores: Sequence[Answers | Controls], background: Background
) -> BoxLogic:
    def close() -> None:
        background.stop()
        for store in stores:
            store.close()
        parts.close()

    return BoxLogic(app, background.start, close)


def _keep_markets(parts: Parts, stopped: threading.Event, *, refresh_s: int) -> None:
    """Knows in which markets the box takes part; what was known stays while the chain is out of reach.

    A box that has just been installed is waited for: it looks often until it takes part somewhere.
    """
    while True:
        try:
            seats = parts.participation.refresh()
            parts.samples.remember_slot_lengths(frozenset(seat.slot_s for seat in seats))
            wait_s = float(refresh_s if seats else min(_NO_SEAT_S, refresh_s))
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

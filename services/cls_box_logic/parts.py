"""What both processes of the box's logic, service and worker, are made of."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from redis import Redis

from services.cls_box_logic.config import Config
from services.cls_box_logic.connector import Connector
from services.cls_box_logic.inbox import Inbox
from services.cls_box_logic.jobs import EventQueue
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.openems import OpenEms
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.provisioning import Box, read_box
from services.cls_box_logic.samples import SampleStore
from services.cls_box_logic.service.delivery import Delivery
from services.shared.web.auth import read_box_secret


def now_ms() -> int:
    """The box's clock, in ms since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Parts:
    """The parts as configured; `close` lets go of files and connections."""

    box: Box
    ownership: Ownership
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
        self.openems.close()
        for store in (self.samples, self.journal, self.inbox):
            store.close()


def assemble(config: Config, clock_ms: Callable[[], int] = now_ms) -> Parts:
    """The parts as configured. Raises ConfigurationError; neighbours need not be there yet."""
    box = read_box(config.box_config)
    ownership = Ownership(config.box_config)
    secret = read_box_secret(config.box_secret_file)
    connector = Connector(config.connector_url, secret)
    inbox = Inbox(config.state_dir, clock_ms)
    journal = Journal(config.state_dir, clock_ms, config.journal_max_mb * 1_000_000)
    samples = SampleStore(config.state_dir)
    participation = Participation(box, ownership, connector, clock_ms)
    redis = Redis.from_url(config.redis_url, socket_connect_timeout=2)
    delivery = Delivery(
        ownership=ownership,
        inbox=inbox,
        journal=journal,
        samples=samples,
        participation=participation,
        connector=connector,
        clock_ms=clock_ms,
        tolerance_ms=config.tolerance_ms,
        most_w=box.most_w,
    )
    return Parts(
        box=box,
        ownership=ownership,
        secret=secret,
        clock_ms=clock_ms,
        openems=OpenEms(config.openems_url, config.openems_password),
        connector=connector,
        samples=samples,
        journal=journal,
        inbox=inbox,
        participation=participation,
        queue=EventQueue(redis, box.name, inbox),
        delivery=delivery,
    )

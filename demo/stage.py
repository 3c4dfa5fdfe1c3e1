"""The running system as the story meets it: the public routes behind the gateway, and the meters that are simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from demo import story
from deploy.chain.governance import Governance
from deploy.local.boxes import BOXES, Box
from deploy.local.fill.people import Person
from deploy.local.identity.files import read_json
from deploy.local.plan import Plan
from deploy.local.status import Row, status
from deploy.local.supervise import Supervisor
from deploy.local.up import governance
from services.shared.wait import wait_until

CONNECTOR = "/blockchain-connector/api/v1"

_TIMEOUT_S = 20
_PATIENCE_S = 10
_QUIET_S = 3600
_MARGIN_S = 2
"""The counters are read at a slot's border; a power that begins and ends well inside makes the slot's energy exact."""


class StageError(Exception):
    """A part of the system does not do what the story asks of it."""


@dataclass(frozen=True)
class Meters:
    """The simulated meters of a box: the laboratory's hand, no part of the system."""

    box: Box
    url: str

    def schedule(self, days: Mapping[int, story.Day]) -> None:
        """The meters show each day's energy within its slot, away from the borders; nothing else flows meanwhile."""
        stretches = []
        for slot, day in days.items():
            begin, end = slot + _MARGIN_S, slot + story.SLOT_S - _MARGIN_S
            energies = {"meter1": day.used_wh} | {unit.component: day.produced_wh for unit in self.box.units}
            stretches += [_stretch(name, begin, end, wh * 3600 // (end - begin)) for name, wh in energies.items() if wh]
        self._put(stretches or self._silence())

    def be_quiet(self) -> None:
        """Nothing flows until the story says so: no slot before it may feed in what the sun gives today."""
        self._put(self._silence())

    def back_to_everyday(self) -> None:
        """Profile of the household again."""
        self._put([])

    def _silence(self) -> list[dict[str, Any]]:
        now = int(time.time())
        return [_stretch("meter1", now, now + _QUIET_S, 0)]

    def _put(self, stretches: list[dict[str, Any]]) -> None:
        answer = requests.put(f"{self.url}/simulator/schedule", json=stretches, timeout=_TIMEOUT_S)
        if answer.status_code >= 300:
            raise StageError(f"the meters of {self.box.name} take no schedule: {answer.status_code} {answer.text}")


@dataclass(frozen=True)
class Stage:
    """Everything the story needs of the running system. `chain` opens the market, and reads what everybody may read."""

    plan: Plan
    chain: Governance
    people: Mapping[str, Person]
    meters: Mapping[str, Meters]

    @property
    def admin(self) -> Person:
        return self.people["admin"]

    @property
    def evu(self) -> Person:
        return self.people["evu"]

    @contextmanager
    def without_link(self, name: str) -> Iterator[Callable[[], None]]:
        """The box's way to the chain is cut until the function that this gives is called, or the block is left."""
        supervisor, part = Supervisor(self.plan.settings), f"{name}.blockchain-connector"
        supervisor.stop(part)
        try:
            yield lambda: supervisor.start([part])
        finally:
            supervisor.start([part])


def build(plan: Plan, missing: list[str]) -> Stage:
    """The stage, once every part runs. Raises StageError naming the parts that do not (`missing`: see `away`)."""
    if missing or not plan.settings.endpoints.exists():
        missing = missing or ["the system"]
        raise StageError(f"{', '.join(missing)} {_do(missing)} not run: start everything with ./tbi up")
    users = read_json(plan.settings.users)
    gateway = plan.url("gateway")
    people = {role: Person(gateway, user["username"], user["password"], user["sub"]) for role, user in users.items()}
    boxes = {box.name: box for box in BOXES if box.name in story.PLAYERS}
    meters = {name: Meters(box, f"http://{plan.program(f'{name}.openems').address}") for name, box in boxes.items()}
    return Stage(plan, governance(plan), people, meters)


def away(plan: Plan) -> list[str]:
    """The parts that do not run, else those that are not well, after some seconds for what has just been started.

    A part that is stopped makes others ill; they are well again with it.
    """
    ill: list[Row] = []

    def all_well() -> bool:
        ill[:] = [row for row in status(plan) if not row.well]
        return not ill

    with suppress(TimeoutError):
        wait_until(all_well, _PATIENCE_S, every=2.0)
    return [row.part for row in ill if row.state != "running"] or [row.part for row in ill]


def _do(missing: list[str]) -> str:
    return "does" if len(missing) == 1 else "do"


def _stretch(component: str, begin: int, end: int, power_w: int) -> dict[str, Any]:
    times = {"from": begin, "to": end}
    return {"component": component, "power_w": power_w, **{name: _iso(at) for name, at in times.items()}}


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

"""The running system as the story meets it: boxes over HTTP, simulated meters, the chain with the operator's keys."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import requests

from demo import story
from deploy.chain.governance import Governance
from deploy.chain.market import Participant, Registered, register_participant
from deploy.local import provisioning
from deploy.local.boxes import Box, Provisioned, provision
from deploy.local.plan import Plan
from deploy.local.status import status
from deploy.local.up import governance
from services.shared.wait import wait_until
from services.shared.web.auth import read_box_secret

_TIMEOUT_S = 20
_PATIENCE_S = 10
_QUIET_S = 3600


class StageError(Exception):
    """A part of the system does not do what the story asks of it."""


@dataclass(frozen=True)
class Household:
    """A box and who lives behind it."""

    plan: Plan
    entry: Provisioned

    @property
    def box(self) -> Box:
        return self.entry.box

    def participant(self) -> Participant:
        """As the registry of a market takes it, with the key of the box's TPM."""
        found = provisioning.participant(self.plan, self.entry)
        return replace(found, points=tuple(replace(point, group=story.GROUP) for point in found.points))

    def order(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """An order at the box, such as "offer"; StageError with the box's own words when it is refused."""
        return self._call("POST", f"/market/{path}", body, {"Idempotency-Key": key})

    def takes_part(self, market: str) -> bool:
        """Whether the box has noticed that it is in the market: from then on it samples the market's slots."""
        return market in [entry["market"] for entry in self._call("GET", "/state")["markets"]]

    def _call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        secret = read_box_secret(self.plan.box_folder(self.box) / "secret")
        url = f"{self.plan.program(f'{self.box.name}.cls-box-logic').url}{path}"
        bearer = {"Authorization": f"Bearer {secret}", **(headers or {})}
        answer = requests.request(method, url, json=body, headers=bearer, timeout=_TIMEOUT_S)
        if answer.status_code >= 300:
            raise StageError(f"{self.box.name}, {path}: {answer.status_code} {_detail(answer)}")
        found: dict[str, Any] = answer.json()
        return found

    def schedule(self, day: story.Day, slot: int) -> None:
        """The meters show the day's energy within the slot, away from its borders; nothing around it."""
        begin, end = slot + _MARGIN_S, slot + story.SLOT_S - _MARGIN_S
        energies = {"meter1": day.used_wh} | {unit.component: day.produced_wh for unit in self.box.units}
        self._simulator([_stretch(name, begin, end, wh * 3600 // (end - begin)) for name, wh in energies.items() if wh])

    def be_quiet(self) -> None:
        """Nothing flows until the story says so: no slot before the traded one may feed in what the sun gives today."""
        now = int(time.time())
        self._simulator([_stretch("meter1", now, now + _QUIET_S, 0)])

    def back_to_everyday(self) -> None:
        """Profile of the household again."""
        self._simulator([])

    def _simulator(self, stretches: list[dict[str, Any]]) -> None:
        address = self.plan.program(f"{self.box.name}.openems").address
        answer = requests.put(f"http://{address}/simulator/schedule", json=stretches, timeout=_TIMEOUT_S)
        if answer.status_code >= 300:
            raise StageError(f"the meters of {self.box.name} take no schedule: {answer.status_code} {answer.text}")


_MARGIN_S = 2
"""The counters are read at a slot's border; a power that begins and ends well inside makes the slot's energy exact."""


@dataclass(frozen=True)
class Stage:
    """Everything the story needs of the running system."""

    plan: Plan
    chain: Governance
    households: dict[str, Household]

    def register(self, market: str) -> dict[str, Registered]:
        """All households in the market, in the order of their names' first appearance."""
        return {
            name: register_participant(self.chain, market, household.participant())
            for name, household in self.households.items()
        }

    def accounts(self) -> dict[str, str]:
        """Chain account -> the story's name."""
        return {household.entry.account: name for name, household in self.households.items()}


def away(plan: Plan) -> list[str]:
    """The parts that are not well; one that has just been started is given some seconds. Raises SupervisorError."""
    found: list[str] = []

    def all_well() -> bool:
        found[:] = [row.part for row in status(plan) if not row.well]
        return not found

    with contextlib.suppress(TimeoutError):
        wait_until(all_well, _PATIENCE_S, every=2.0)
    return found


def build(plan: Plan, away: list[str]) -> Stage:
    """The stage of a running system; StageError names what does not run. `away`: the parts that are not well."""
    if not plan.settings.endpoints.exists() or away:
        what = ", ".join(away[:3]) or "the system"
        raise StageError(f"{what} does not run: start everything with ./tbi up, then try again")
    households = {box.name: Household(plan, provision(box, plan.box_folder(box))) for box in plan.boxes}
    return Stage(plan, governance(plan), households)


def _stretch(component: str, begin: int, end: int, power_w: int) -> dict[str, Any]:
    times = {"from": begin, "to": end}
    return {"component": component, "power_w": power_w, **{name: _iso(at) for name, at in times.items()}}


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _detail(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("detail", answer.text))
    except (json.JSONDecodeError, AttributeError):
        return answer.text[:200]

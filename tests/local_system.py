"""A whole local system for tests, beside whatever runs on this machine."""

from __future__ import annotations

import json
import os
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from deploy.chain.governance import Governance
from deploy.local import preflight
from deploy.local.down import down
from deploy.local.plan import Plan, make
from deploy.local.preflight import PreflightError
from deploy.local.settings import Settings, read
from deploy.local.status import Row, status
from deploy.local.supervise import Supervisor
from deploy.local.up import governance, up

_TIMEOUT_S = 60


def free_offset() -> int:
    """An offset whose ports are all free, mongod's (the highest) below those that the kernel gives to connections."""
    for _ in range(50):
        offset = random.randrange(200, 5_700, 10)
        try:
            preflight.check_ports(make(settings_of(Path("/nowhere"), offset)))
        except PreflightError:
            continue
        return offset
    raise AssertionError("no free ports in fifty tries")


def settings_of(folder: Path, offset: int) -> Settings:
    """Of a system in a folder of its own, with the environments that the tests are told of."""
    return read({**os.environ, "TBI_DATA": str(folder), "TBI_PORT_OFFSET": str(offset)})


@dataclass(frozen=True)
class RunningSystem:
    """A system that is up. `environment` is what ./tbi, or a process of a test's own, needs to reach it."""

    plan: Plan

    @classmethod
    def start(cls, folder: Path, say: Callable[[str], None] = print, *, with_portal: bool = False) -> RunningSystem:
        """`with_portal`: with a portal that is current, for tests in a browser."""
        plan = make(settings_of(folder, free_offset()))
        try:
            up(plan, say, with_portal=with_portal)
        except BaseException:
            down(plan)
            raise
        return cls(plan)

    def stop(self) -> None:
        down(self.plan)

    @property
    def environment(self) -> dict[str, str]:
        settings = self.plan.settings
        return {"TBI_DATA": str(settings.data), "TBI_PORT_OFFSET": str(settings.port_offset)}

    @property
    def endpoints(self) -> dict[str, str]:
        """What endpoints.json says."""
        told: dict[str, str] = json.loads(self.plan.settings.endpoints.read_text())
        return told

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """What demo-users.json says."""
        told: dict[str, dict[str, Any]] = json.loads(self.plan.settings.users.read_text())
        return told

    def token(self, role: str) -> str:
        """A fresh access token of a user's own."""
        user = self.users[role]
        body = {"username": user["username"], "password": user["password"]}
        answer = requests.post(f"{self.public('background-manager-logic')}/token", json=body, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def public(self, service: str) -> str:
        """A service's base URL behind the gateway."""
        return f"{self.endpoints['gateway']}/{service}/api/v1"

    def get(self, role: str, service: str, path: str, **query: Any) -> dict[str, Any]:
        """A route's answer to a user."""
        headers = {"Authorization": f"Bearer {self.token(role)}"}
        answer = requests.get(f"{self.public(service)}{path}", headers=headers, params=query, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def post(self, role: str, service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The same for what changes something."""
        headers = {"Authorization": f"Bearer {self.token(role)}", "Idempotency-Key": secrets.token_hex(16)}
        answer = requests.post(f"{self.public(service)}{path}", headers=headers, json=body, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.plan.settings)

    @property
    def chain(self) -> Governance:
        """The chain, with the operator's keys."""
        return governance(self.plan)

    def status(self) -> dict[str, Row]:
        return {row.part: row for row in status(self.plan)}

    def pid(self, part: str) -> int:
        return self.supervisor.states()[part].pid

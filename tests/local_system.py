"""A whole local system for tests, beside whatever runs on this machine."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.chain.governance import Governance
from deploy.chain.nodeos import chain_env
from deploy.local import preflight
from deploy.local.down import down
from deploy.local.plan import Plan, make
from deploy.local.preflight import PreflightError
from deploy.local.settings import Settings
from deploy.local.status import Row, status
from deploy.local.supervise import Supervisor
from deploy.local.up import governance, up


def free_offset() -> int:
    """An offset whose ports are all free, below those that the kernel gives to outgoing connections."""
    for _ in range(50):
        offset = random.randrange(10_000, 22_000, 10)
        try:
            preflight.check_ports(make(Settings(Path("/nowhere"), offset, sys.executable, chain_env())))
        except PreflightError:
            continue
        return offset
    raise AssertionError("no free ports in fifty tries")


@dataclass(frozen=True)
class RunningSystem:
    """A system that is up. `environment` is what ./tbi, or a process of a test's own, needs to reach it."""

    plan: Plan

    @classmethod
    def start(cls, folder: Path, say: Callable[[str], None] = print) -> RunningSystem:
        plan = make(Settings(folder, free_offset(), sys.executable, chain_env()))
        up(plan, say)
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

"""Stopping the system, and deleting what it wrote."""

from __future__ import annotations

import shutil

from deploy.local.plan import Plan
from deploy.local.supervise import Supervisor


class ResetError(Exception):
    """The folder is not ours to delete."""


def down(plan: Plan) -> bool:
    """Stop everything in order. False when nothing ran. Raises SupervisorError."""
    supervisor = Supervisor(plan.settings)
    if supervisor.pid() is None:
        return False
    supervisor.shutdown()
    return True


def reset(plan: Plan) -> bool:
    """Stop everything and delete the data folder: keys, TPMs, chain. False when there is none. Raises ResetError."""
    data = plan.settings.data
    if not data.exists():
        return False
    if any(data.iterdir()) and not plan.settings.mark.is_file():
        raise ResetError(f"{data} was not made by ./tbi up: it is not deleted")
    down(plan)
    shutil.rmtree(data)
    return True

"""What the parts wrote."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.local.plan import Plan
from deploy.local.supervise import log_file


class LogsError(Exception):
    """There is nothing to show; the message says why."""


def files(plan: Plan, part: str | None) -> list[Path]:
    """The log files of a part, of all parts of a box, or of everything. Raises LogsError."""
    names = ["supervisor", *(program.name for program in plan.programs)]
    wanted = [name for name in names if part in (None, name) or name.startswith(f"{part}.")]
    if not wanted:
        raise LogsError(f"there is no part {part!r}; parts are: {', '.join(names)}")
    found = [file for name in wanted if (file := log_file(plan.settings, name)).exists()]
    if not found:
        raise LogsError(f"nothing has been written to {plan.settings.logs} yet: ./tbi up starts the system")
    return found


def show(paths: Sequence[Path], lines: int, follow: bool) -> int:
    """Print the last lines, and with `follow` go on until interrupted. The exit code."""
    command = ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, paths)]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0

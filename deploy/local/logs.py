"""What the parts wrote."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
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


TRACE_ID = re.compile(r"[0-9a-f]{32}")


def of_trace(paths: Sequence[Path], trace_id: str) -> list[str]:
    """What all parts wrote of one trace, in the order of time: part, line. Raises LogsError."""
    if not TRACE_ID.fullmatch(trace_id):
        raise LogsError(f"{trace_id!r} is no trace: its id has 32 hex digits; an answer has it in the header Trace-Id")
    names = (trace_id, str(uuid.UUID(trace_id)))  # a function's lines name the event, whose id it is, with dashes
    found = [
        (_time(line), f"{path.stem}: {line}")
        for path in paths
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if any(name in line for name in names)
    ]
    return [line for _, line in sorted(found)]


def _time(line: str) -> datetime:
    """When a line was written, as text or as an object; a line without a time comes first."""
    try:
        if line.startswith("{"):
            fields = json.loads(line)
            return datetime.fromisoformat(fields.get("time") or fields["timestamp"]).astimezone(UTC)
        return datetime.fromisoformat(line.partition(" ")[0]).astimezone(UTC)
    except (ValueError, KeyError, TypeError, AttributeError):
        return datetime.min.replace(tzinfo=UTC)

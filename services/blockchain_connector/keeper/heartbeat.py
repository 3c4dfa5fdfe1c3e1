"""The heartbeat file: how `tbi status` and a supervisor see that the keeper is well."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "keeper.json"


def write(folder: Path, *, error: str | None, figures: dict[str, Any], now: datetime | None = None) -> None:
    """Replaces the file as a whole: who reads it never sees half of one."""
    moment = (now or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    draft = folder / f"{FILE}.new"
    draft.write_text(json.dumps({"at": moment, "pid": os.getpid(), "error": error, **figures}), encoding="utf-8")
    draft.replace(folder / FILE)


def read(folder: Path, now: datetime, max_age_s: float = 10.0) -> str | None:
    """What is wrong with the keeper whose folder this is; None when it is well."""
    try:
        beat = json.loads((folder / FILE).read_text(encoding="utf-8"))
        age = (now - datetime.fromisoformat(beat["at"])).total_seconds()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"no heartbeat: {error}"
    if age > max_age_s:
        return f"the last heartbeat is {age:.0f} s old"
    return None if beat.get("error") is None else str(beat["error"])

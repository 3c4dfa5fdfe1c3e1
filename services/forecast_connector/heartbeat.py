"""The oracle's heartbeat file: how a supervisor sees that it is well."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "oracle.json"


def write(folder: Path, *, error: str | None, figures: dict[str, Any], now: datetime | None = None) -> None:
    """Replaces the file as a whole: who reads it never sees half of one."""
    moment = (now or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    draft = folder / f"{FILE}.new"
    draft.write_text(json.dumps({"at": moment, "pid": os.getpid(), "error": error, **figures}), encoding="utf-8")
    draft.replace(folder / FILE)

"""Jobs for the tests of the queue."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from services.shared.data import JobError, progress


def add(left: int, right: int) -> dict[str, Any]:
    progress(1, 2, "numbers")
    progress(2, 2, "numbers")
    return {"sum": left + right}


def refuse() -> dict[str, Any]:
    raise JobError("the sum is not known; ask somebody else")


def stumble() -> dict[str, Any]:
    raise RuntimeError("secret detail")


def go_on(mark: str) -> dict[str, Any]:
    """Until the file `mark`.end is there; tells at each step."""
    with Path(mark).open("a") as file:
        file.write("begun\n")
    step = 0
    while not Path(f"{mark}.end").exists():
        step += 1
        progress(step, 0, "steps")
        threading.Event().wait(0.02)
    return {"steps": step}

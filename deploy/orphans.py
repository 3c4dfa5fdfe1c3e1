"""A server whose parent was killed in the moment before it was tied to the parent's life (`setpriv --pdeathsig`): it
would run on unwatched, and keep its port and its files from the next one."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.05
_NO_SIGNAL: Final = 0


class OrphanStays(Exception):  # noqa: N818 - the name says what happened
    """It does not even end when it is killed."""


def end_orphans(option: str, folder: Path, within_s: float) -> None:
    """End what was started with this option for a folder of our own, not who just looks into it. Raises OrphanStays.

    It is given `within_s` three times: to end by itself, as one does whose parent was killed, after SIGTERM, and after
    SIGKILL.
    """
    for number in (_NO_SIGNAL, signal.SIGTERM, signal.SIGKILL):
        for pid in _with(option, folder):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        if _are_gone(option, folder, within_s):
            return
    raise OrphanStays(f"the processes {_with(option, folder)} of {folder} cannot be ended")


def _are_gone(option: str, folder: Path, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while _with(option, folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _with(option: str, folder: Path) -> list[int]:
    wanted = (option.encode(), os.fsencode(folder))
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and wanted in _pairs(entry)]


def _pairs(process: Path) -> list[tuple[bytes, bytes]]:
    """Each argument with the next one; a zombie has none any more."""
    try:
        return list(pairwise((process / "cmdline").read_bytes().split(b"\0")))
    except OSError:
        return []

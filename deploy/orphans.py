"""A server whose parent was killed in the moment before it was tied to the parent's life (`setpriv --pdeathsig`): it
would run on unwatched, and keep its port and its files from the next one."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.05
_NO_SIGNAL: Final = 0


class OrphanStays(Exception):  # noqa: N818 - the name says what happened
    """It does not even end when it is killed."""


def end_orphans(word: str, within_s: float) -> None:
    """End what has this argument, a folder of our own. Raises OrphanStays.

    It is given `within_s` three times: to end by itself, as one does whose parent was killed, after SIGTERM, and after
    SIGKILL.
    """
    for number in (_NO_SIGNAL, signal.SIGTERM, signal.SIGKILL):
        for pid in _with(word):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if _are_gone(word, within_s):
            return
    raise OrphanStays(f"the processes {_with(word)} of {word} cannot be ended")


def _are_gone(word: str, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while _with(word):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _with(word: str) -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _has(entry, word)]


def _has(process: Path, word: str) -> bool:
    """A zombie has no arguments any more."""
    try:
        return int(process.name) != os.getpid() and word.encode() in (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False

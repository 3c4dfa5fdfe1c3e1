"""Programs of another processor on this machine: its kernel hands those of ARMv7 to qemu, once it is told to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

HANDLERS: Final = Path("/proc/sys/fs/binfmt_misc")
DESCRIPTION: Final = Path("/usr/lib/binfmt.d/qemu-arm.conf")
"""How the kernel tells a program of ARM, and what runs it. Of Debian's qemu-user-static."""
_NAME: Final = "qemu-arm"


class EmulationError(Exception):
    """Why nothing of ARMv7 runs here, and what would cure it. One sentence."""


def register(handlers: Path = HANDLERS, description: Path = DESCRIPTION, *, machine: str = os.uname().machine) -> bool:
    """Has the kernel run programs of ARMv7; whether it had to be told. It stays told until it starts anew.

    Raises EmulationError.
    """
    if machine.startswith("armv"):
        return False
    _mount(handlers)
    handler = handlers / _NAME
    if handler.exists():
        _check(handler)
        return False
    try:
        told = description.read_text()
    except OSError as error:
        raise EmulationError(
            f"{description} is missing: apt-get install qemu-user-static (deploy/local/apt-packages-armv7.txt)"
        ) from error
    try:
        (handlers / "register").write_text(told)
    except OSError as error:
        raise EmulationError(
            f"the kernel does not take {description} ({error.strerror}): root of the machine itself can register it"
        ) from error
    _check(handler)
    return True


def _mount(handlers: Path) -> None:
    if (handlers / "register").exists():
        return
    command = ("mount", "-t", "binfmt_misc", "binfmt_misc", str(handlers))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not (handlers / "register").exists():
        told = (done.stderr.strip().splitlines() or ["nothing is there afterwards"])[0]
        raise EmulationError(
            f"{handlers} cannot be mounted ({told}): the kernel has no "
            "binfmt_misc (modprobe binfmt_misc), or this is a container that may not mount: do it on its host"
        )


def _check(handler: Path) -> None:
    """The flag F has the kernel open the interpreter now: inside of a container there is none to be found."""
    try:
        lines = handler.read_text().splitlines()
    except OSError as error:
        raise EmulationError(f"{handler} cannot be read ({error.strerror})") from error
    if "enabled" not in lines:
        raise EmulationError(f"{handler} is switched off: echo 1 > {handler}")
    flags = next((line.removeprefix("flags:").strip() for line in lines if line.startswith("flags:")), "")
    if "F" not in flags:
        raise EmulationError(
            f"{handler} lacks the flag F, so no container finds its interpreter: echo -1 > {handler}, then once more"
        )

"""What a container's processes take of this machine's memory, as its kernel tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_GUEST_END: Final = 1 << 32
"""An emulated program of 32 bits has its whole address space below; qemu, its code and what it translated lie above."""


@dataclass(frozen=True)
class Taken:
    """Proportional set size in MiB: what a process shares counts in parts. `emulator`: qemu's share of it."""

    total: float
    emulator: float = 0.0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.total + other.total, self.emulator + other.emulator)


def taken(pid: int, proc: Path = _PROC) -> Taken:
    """Of one process. Raises OSError when it is gone."""
    below, above = 0, 0
    start = 0
    for line in (proc / str(pid) / "smaps").read_text().splitlines():
        first = line.split(" ", 1)[0]
        if not first.endswith(":"):
            start = int(first.split("-")[0], 16)
        elif first == "Pss:":
            kilobytes = int(line.split()[1])
            below, above = (below + kilobytes, above) if start < _GUEST_END else (below, above + kilobytes)
    emulated = is_emulated(pid, proc)
    return Taken((below + above) / 1024, above / 1024 if emulated else 0.0)


def is_emulated(pid: int, proc: Path = _PROC) -> bool:
    """Whether qemu runs it: what the kernel started is the interpreter that a program of ARM has here."""
    return "arm" in (proc / str(pid) / "exe").readlink().name

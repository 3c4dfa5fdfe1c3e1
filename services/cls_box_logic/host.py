"""What the box's board tells of itself; what a board does not tell is null."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from services import __version__
from services.cls_box_logic.chrony import Chrony
from services.cls_box_logic.uplink import signal

UPTIME, THERMAL = Path("/proc/uptime"), Path("/sys/class/thermal")


def uptime_s(file: Path = UPTIME) -> int | None:
    """Since the board was switched on."""
    try:
        return int(float(file.read_text(encoding="ascii").split()[0]))
    except (OSError, ValueError, IndexError):
        return None


def temperature_c(folder: Path = THERMAL) -> float | None:
    """Of the hottest zone, in degrees Celsius."""
    found = []
    for file in folder.glob("thermal_zone*/temp"):
        try:
            found.append(int(file.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue  # a zone may be off
    return max(found, default=None)


def disk(folder: Path) -> dict[str, Any]:
    """Of the disk on which the box keeps what must last, in MB."""
    usage = shutil.disk_usage(folder)
    return {"free_mb": usage.free // 1_000_000, "size_mb": usage.total // 1_000_000}


def versions() -> dict[str, str | None]:
    """Of this service and what it runs on."""
    return {
        "box": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        **{name: _package(name) for name in ("rq", "redis")},
    }


def host_state(chrony: Chrony, folder: Path) -> dict[str, Any]:
    """How the board stands: for GET /state."""
    clock = chrony.state()
    return {
        "uptime_s": uptime_s(),
        "temperature_c": temperature_c(),
        "disk": disk(folder),
        "link": signal(),
        "versions": versions(),
        "clock": {
            "is": clock.judgement,
            "error_s": clock.error_s,
            "drift_ppm": clock.drift_ppm,
            "reason": clock.reason,
        },
    }


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

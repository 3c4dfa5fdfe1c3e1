"""The box's way out: its address, whether the chain is reached over it, and how well a wireless link is received."""

from __future__ import annotations

from pathlib import Path

WIRELESS = Path("/proc/net/wireless")
"""Where Linux shows its wireless interfaces; a modem that is none of them is not seen here."""


def signal(file: Path = WIRELESS) -> str:
    """The signal of each wireless interface in words; that there is none, where there is none."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()[2:]
    except OSError:
        lines = []
    heard = []
    for line in lines:
        name, _, figures = line.partition(":")
        words = figures.split()
        if len(words) >= 3:
            heard.append(f"signal {words[2].rstrip('.')} dBm at {name.strip()}")
    return ", ".join(heard) or "no wireless interface, so no signal to measure"

"""How far the box's clock may be off, from what chrony tells, or told the kernel. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Judgement = Literal["good", "off", "unknown"]
"""off: by more than MAX_ERROR_S, perhaps. A reading between two such moments is flagged, and delivered all the same."""

MAX_ERROR_S: Final = 2.0
_WORST: Final[tuple[Judgement, ...]] = ("off", "unknown", "good")
_FIGURES: Final = {"System time": "offset", "Root delay": "delay", "Root dispersion": "dispersion"}
_UNSYNCHRONISED: Final = 0x40  # STA_UNSYNC of <sys/timex.h>
_TICK_US: Final = 10_000


@dataclass(frozen=True, slots=True)
class ClockState:
    """`error_s`: how far the clock is off at most; None when nobody knows. `drift_ppm`: how fast it would go wrong."""

    error_s: float | None
    drift_ppm: float | None
    reason: str | None = None

    @property
    def judgement(self) -> Judgement:
        if self.error_s is None:
            return "unknown"
        return "good" if self.error_s <= MAX_ERROR_S else "off"


def worst(judgements: Iterable[Judgement]) -> Judgement:
    """What holds for all of them together; good for none."""
    found = set(judgements)
    return next((judgement for judgement in _WORST if judgement in found), "good")


def parse_tracking(text: str) -> ClockState:
    """`chronyc -n tracking`. The error's bound is chrony's own: offset + root dispersion + half the root delay."""
    lines = dict(re.findall(r"^(.+?)\s*: (.*)$", text, re.MULTILINE))
    if lines.get("Leap status", "").startswith("Not synchronised"):
        return ClockState(None, None, "chrony is not synchronised with any source yet")
    try:
        figures = {name: _seconds(lines[title]) for title, name in _FIGURES.items()}
        frequency, unit, direction = lines["Frequency"].split()[:3]
        drift = float(frequency) * (1 if direction == "fast" else -1)
    except (KeyError, ValueError):
        return ClockState(None, None, "what chronyc answered is not understood")
    if unit != "ppm":
        return ClockState(None, None, "what chronyc answered is not understood")
    return ClockState(figures["offset"] + figures["dispersion"] + figures["delay"] / 2, drift)


def of_kernel(status: int, maxerror_us: int, freq: int, tick_us: int) -> ClockState:
    """From struct timex. chrony with `rtcsync` tells the kernel its error's bound (root dispersion + half the root
    delay), to which the kernel adds 500 ppm until it is told anew: without a link, more than chrony itself would say.
    """
    if status & _UNSYNCHRONISED:
        return ClockState(None, None, "by the kernel, nothing keeps the clock: install chrony on the box, with rtcsync")
    return ClockState(maxerror_us / 1e6, -(freq / 65536 + (tick_us - _TICK_US) * 100))


def _seconds(text: str) -> float:
    value, unit = text.split()[:2]
    if unit != "seconds":
        raise ValueError(text)
    return abs(float(value))

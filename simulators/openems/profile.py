"""A plausible household: sun-shaped generation and a load like the standard load profile H0, from a seed.

Both are pure functions of the time: constant over one minute, the same for the same seed, whoever asks and when.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

STEP_MS = 60_000
"""Power is constant over this time."""

LOCAL = ZoneInfo("Europe/Berlin")
LATITUDE_DEG = 50.1
LONGITUDE_DEG = 8.7

_HOURS_A_YEAR = 8766
# fmt: off
_H0_WORKDAY = (45, 35, 30, 29, 31, 45, 80, 112, 108, 98, 100, 112,
               130, 118, 98, 92, 100, 130, 170, 195, 185, 155, 115, 72)
_H0_WEEKEND = (60, 45, 36, 32, 31, 33, 45, 75, 110, 135, 145, 155,
               165, 140, 115, 108, 112, 130, 160, 175, 165, 140, 110, 80)
# fmt: on
"""The shape of a household's day by local hour, in percent of its mean (drawn after the VDEW's H0)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """`kwh_annum`: what the household uses in a year; `peak_w`: what each inverter gives in full sun, 0 for none."""

    seed: int
    kwh_annum: int
    peak_w: int

    def load_w(self, at_ms: int) -> int:
        """The household's load in W at a time (ms since the epoch)."""
        local = datetime.fromtimestamp(at_ms / 1000, LOCAL)
        day = _H0_WEEKEND if local.weekday() >= 5 else _H0_WORKDAY
        part = local.minute / 60
        shape = day[local.hour] * (1 - part) + day[(local.hour + 1) % 24] * part
        season = 1 + 0.17 * math.cos(2 * math.pi * (local.timetuple().tm_yday - 15) / 365.25)
        mean_w = self.kwh_annum * 1000 / _HOURS_A_YEAR
        return round(mean_w * shape / 100 * season * (0.7 + 0.6 * self._noise("load", at_ms // STEP_MS)))

    def generation_w(self, at_ms: int) -> int:
        """What an inverter gives in W at a time (ms since the epoch)."""
        sine = _sine_of_elevation(at_ms)
        if self.peak_w == 0 or sine <= 0:
            return 0
        day = self._noise("day", at_ms // 86_400_000)
        cloud = self._noise("cloud", at_ms // (10 * STEP_MS))
        clearness: float = 0.55 + 0.45 * day - 0.35 * (1 - day) * cloud
        return round(self.peak_w * float(sine**1.15) * clearness)

    def _noise(self, what: str, step: int) -> float:
        digest = hashlib.blake2b(f"{self.seed}/{what}/{step}".encode(), digest_size=4).digest()
        return int.from_bytes(digest) / 2**32


def _sine_of_elevation(at_ms: int) -> float:
    """The sine of the sun's height over the horizon (declination after Cooper 1969, mean solar time)."""
    moment = datetime.fromtimestamp(at_ms // STEP_MS * STEP_MS / 1000, UTC)
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + moment.timetuple().tm_yday) / 365)
    solar_hour = moment.hour + moment.minute / 60 + LONGITUDE_DEG / 15
    hour_angle = math.radians(15 * (solar_hour - 12))
    latitude = math.radians(LATITUDE_DEG)
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )

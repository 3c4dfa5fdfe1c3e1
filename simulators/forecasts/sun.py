"""How much a photovoltaic plant gives: the sun's height, a day's weather, and the module's loss by heat."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime

LATITUDE_DEG = 49.75
LONGITUDE_DEG = 6.64
"""Trier."""

_STEP_S = 300


def generation_kw(quarter: int, peak_kw: float, seed: int) -> float:
    """The mean power of a quarter hour (its start in seconds since the epoch), in kW."""
    middle = (quarter + _STEP_S // 2, quarter + _STEP_S * 3 // 2, quarter + _STEP_S * 5 // 2)
    clear = sum(_clear_sky(sine_of_elevation(moment)) for moment in middle) / len(middle)
    return peak_kw * clear * _weather(quarter, seed)


def sine_of_elevation(moment: float) -> float:
    """The sine of the sun's height over the horizon (declination and equation of time: Spencer 1971)."""
    utc = datetime.fromtimestamp(moment, UTC)
    angle = 2 * math.pi * (utc.timetuple().tm_yday - 1 + (utc.hour - 12) / 24) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
        - 0.002697 * math.cos(3 * angle)
        + 0.00148 * math.sin(3 * angle)
    )
    late_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(angle)
        - 0.032077 * math.sin(angle)
        - 0.014615 * math.cos(2 * angle)
        - 0.040849 * math.sin(2 * angle)
    )
    solar_hour = utc.hour + utc.minute / 60 + utc.second / 3600 + LONGITUDE_DEG / 15 + late_min / 60
    hour_angle = math.radians(15 * (solar_hour - 12))
    latitude = math.radians(LATITUDE_DEG)
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )


def _clear_sky(sine: float) -> float:
    """The part of its peak that a plant gives under a clear sky: less light through more air."""
    return 0.0 if sine <= 0 else 0.9 * float(sine**1.15)


def _weather(quarter: int, seed: int) -> float:
    """What clouds leave, from 0.15 to 1: by day, and smoothly by the hour."""
    day = _noise(seed, "day", quarter // 86_400)
    hour, part = divmod(quarter, 3600)
    now = _noise(seed, "hour", hour) * (1 - part / 3600) + _noise(seed, "hour", hour + 1) * part / 3600
    return 0.15 + 0.85 * (0.3 + 0.7 * day) * (1 - 0.5 * (1 - day) * now)


def _noise(seed: int, what: str, step: int) -> float:
    digest = hashlib.blake2b(f"{seed}/{what}/{step}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32

"""How much a photovoltaic plant gives: the sun's way and the modules through pvlib, and a day's weather.

Light: the sun's position by NREL's SPA, a clear sky after Haurwitz (1945), its direct and diffuse parts after Erbs
(1982), on modules that look south at 30 degrees. Power: PVWatts (Dobos 2014), with warm cells after Faiman (2008).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pvlib

LATITUDE_DEG: Final = 49.75
LONGITUDE_DEG: Final = 6.64
ALTITUDE_M: Final = 130
"""Trier."""
TILT_DEG: Final = 30
AZIMUTH_DEG: Final = 180

_STEP_S: Final = 300
_STEPS: Final = 3
_AIR_C: Final = {"mean": 10.0, "swing": 9.0, "coldest_day": 20}
_PER_DEGREE: Final = -0.004
_LOSSES: Final = 0.14
"""PVWatts' standard: wiring, dirt, mismatch and the inverter's part."""


def generation_kw(quarters: Sequence[int], peak_kw: float, seed: int, outlook: float = 0.0) -> tuple[float, ...]:
    """The mean power of each quarter hour (their starts in seconds since the epoch, without a gap), in kW.

    `outlook` is how wrong the weather is seen, from 0 (as it will come) to 1: an issue early in the morning knows less.
    """
    clear = _clear_sky(tuple(quarters))
    return tuple(
        peak_kw * light * _weather(quarter, seed, outlook) for quarter, light in zip(quarters, clear, strict=True)
    )


def elevation_deg(moments: Sequence[float]) -> tuple[float, ...]:
    """The sun's height over the horizon, without refraction."""
    return tuple(float(height) for height in _position(moments)["elevation"])


def _position(moments: Sequence[float]) -> Any:
    times = pd.to_datetime(np.asarray(moments, dtype=float), unit="s", utc=True)
    return pvlib.solarposition.get_solarposition(times, LATITUDE_DEG, LONGITUDE_DEG, ALTITUDE_M)


@lru_cache(maxsize=64)
def _clear_sky(quarters: tuple[int, ...]) -> tuple[float, ...]:
    """The part of its peak that a plant gives under a clear sky, the mean of three moments in each quarter hour."""
    moments = [quarter + _STEP_S // 2 + _STEP_S * step for quarter in quarters for step in range(_STEPS)]
    sun = _position(moments)
    light = pvlib.clearsky.haurwitz(sun["apparent_zenith"])["ghi"]
    parts = pvlib.irradiance.erbs(light, sun["zenith"], light.index)
    plane = pvlib.irradiance.get_total_irradiance(
        TILT_DEG, AZIMUTH_DEG, sun["apparent_zenith"], sun["azimuth"], parts["dni"], light, parts["dhi"]
    )["poa_global"].fillna(0.0)
    cells = pvlib.temperature.faiman(plane, _air_c(light.index))
    power = pvlib.pvsystem.pvwatts_dc(plane, cells, 1.0, _PER_DEGREE) * (1 - _LOSSES)
    means = power.to_numpy().reshape(-1, _STEPS).mean(axis=1).clip(0.0, 1.0)
    return tuple(float(mean) for mean in means)


def _air_c(times: Any) -> Any:
    """The air's warmth through the year, as a round wave."""
    day = times.dayofyear.to_numpy() - _AIR_C["coldest_day"]
    return _AIR_C["mean"] - _AIR_C["swing"] * np.cos(2 * np.pi * day / 365.25)


def _weather(quarter: int, seed: int, outlook: float) -> float:
    """What clouds leave, from 0.15 to 1: by day, and smoothly by the hour."""
    day = _seen(seed, "day", quarter // 86_400, outlook)
    hour, part = divmod(quarter, 3600)
    now = _seen(seed, "hour", hour, outlook) * (1 - part / 3600)
    now += _seen(seed, "hour", hour + 1, outlook) * part / 3600
    return 0.15 + 0.85 * (0.3 + 0.7 * day) * (1 - 0.5 * (1 - day) * now)


def _seen(seed: int, what: str, step: int, outlook: float) -> float:
    """The weather that will come, mixed with one that will not."""
    return (1 - outlook) * _noise(seed, what, step) + outlook * _noise(seed, f"seen/{what}", step)


def _noise(seed: int, what: str, step: int) -> float:
    digest = hashlib.blake2b(f"{seed}/{what}/{step}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32

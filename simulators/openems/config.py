"""The simulator's configuration, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulators.openems.household import Battery
from simulators.openems.profile import Profile


class ConfigError(Exception):
    """A variable is missing or wrong; the text names it."""


@dataclass(frozen=True, slots=True)
class Config:
    """`aliases`: component -> serial or MaStR number; the inverters and a battery are those named there."""

    host: str
    port: int
    state_dir: Path
    aliases: dict[str, str]
    password: str | None
    profile: Profile
    battery: Battery
    cycle_ms: int
    warm_up_ms: int

    @property
    def inverters(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.aliases if name.startswith("pvInverter")))


def read(environment: Mapping[str, str] = os.environ) -> Config:
    """Reads the configuration; ConfigError names the variable that is wrong."""
    directory = environment.get("TBI_STATE_DIR")
    if not directory:
        raise ConfigError("TBI_STATE_DIR is missing: the directory in which counters and history are kept")
    profile = Profile(
        seed=_number(environment, "TBI_OPENEMS_SEED", 1, 0),
        kwh_annum=_number(environment, "TBI_OPENEMS_KWH_ANNUM", 3500, 0),
        peak_w=_number(environment, "TBI_OPENEMS_PEAK_W", 9900, 0),
    )
    battery = Battery(
        _number(environment, "TBI_OPENEMS_BATTERY_WH", 10_000, 1),
        _number(environment, "TBI_OPENEMS_BATTERY_W", 5000, 1),
    )
    return Config(
        host=environment.get("TBI_HOST", "127.0.0.1"),
        port=_number(environment, "TBI_PORT", 8084, 0),
        state_dir=Path(directory),
        aliases=_aliases(environment.get("TBI_OPENEMS_ALIASES", "meter0=meter0,pvInverter0=pvInverter0")),
        password=environment.get("TBI_OPENEMS_PASSWORD") or None,
        profile=profile,
        battery=battery,
        cycle_ms=_number(environment, "TBI_OPENEMS_CYCLE_MS", 1000, 1),
        warm_up_ms=_number(environment, "TBI_OPENEMS_WARM_UP_MS", 1000, 0),
    )


def _number(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = environment.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise ConfigError(f"{name} is a whole number from {least}, got {text!r}")
    return int(text)


def _aliases(text: str) -> dict[str, str]:
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    aliases = {name: alias for name, _, alias in pairs}
    allowed = ("meter0", "meter1", "ess0")
    if wrong := [n for n, alias in aliases.items() if not alias or not (n in allowed or _is_inverter(n))]:
        raise ConfigError(
            f"TBI_OPENEMS_ALIASES: {', '.join(wrong)} does not fit; write component=number, separated by commas, with "
            "the components meter0, meter1, ess0, pvInverter0, pvInverter1, ..."
        )
    return aliases


def _is_inverter(name: str) -> bool:
    return name.removeprefix("pvInverter").isdigit() and name.startswith("pvInverter")

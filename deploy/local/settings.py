"""Where the local system lives: data folder, ports, environments. Read once from the environment; the rest follows."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.chain.nodeos import chain_env

REPO = Path(__file__).resolve().parents[2]
MAX_OFFSET = 50_000


class SettingsError(Exception):
    """A variable has a value that cannot be meant."""


@dataclass(frozen=True)
class Settings:
    """`port_offset` is added to every port, so that a second system can run beside the first."""

    data: Path
    port_offset: int
    python: str
    chain_env: Path

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def mark(self) -> Path:
        """Says that a folder is a data folder of ours, and with which offset its system was started."""
        return self.data / "settings.json"

    @property
    def endpoints(self) -> Path:
        return self.data / "endpoints.json"


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """`TBI_DATA`, `TBI_PORT_OFFSET` (else what the folder was started with), `TBI_CHAIN_ENV`. Raises SettingsError."""
    data = Path(environment.get("TBI_DATA") or REPO / ".tbi").absolute()
    text = environment.get("TBI_PORT_OFFSET") or str(_offset_of(data))
    if not text.isdecimal() or int(text) > MAX_OFFSET:
        raise SettingsError(f"TBI_PORT_OFFSET is {text!r}: give a whole number from 0 to {MAX_OFFSET}")
    return Settings(data, int(text), sys.executable, chain_env(environment).absolute())


def _offset_of(data: Path) -> int:
    try:
        return int(json.loads((data / "settings.json").read_text())["port_offset"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0

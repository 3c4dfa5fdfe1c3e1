"""Where the local system lives: data folder, ports, environments. Read once from the environment; the rest follows."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.chain.nodeos import chain_env

REPO = Path(__file__).resolve().parents[2]
MAX_OFFSET = 38_000
"""mongod's port is the highest: 27017."""


class SettingsError(Exception):
    """A variable has a value that cannot be meant."""


@dataclass(frozen=True)
class Settings:
    """`port_offset` is added to every port, so that a second system can run beside the first.

    `mongo_uri`: a MongoDB that runs elsewhere, in place of our own mongod. `second_factor`: who must sign in with a
    security key: `optional` (who has registered one) or `required` (everybody).
    """

    data: Path
    port_offset: int
    python: str
    chain_env: Path
    mongo_env: Path = REPO / ".venv/mongo"
    identity_env: Path = REPO / ".venv/identity"
    mongo_uri: str | None = field(default=None, repr=False)
    second_factor: str = "optional"

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
        """Says that a folder is a data folder of ours, and with which offset and database its system was started."""
        return self.data / "settings.json"

    def remembered(self) -> dict[str, Any]:
        """What stands in the mark."""
        return {
            "port_offset": self.port_offset,
            **({} if self.mongo_uri is None else {"mongo_uri": self.mongo_uri}),
            **({} if self.second_factor == "optional" else {"second_factor": self.second_factor}),
        }

    @property
    def mongo_password(self) -> Path:
        return self.data / "cloud/mongo-password"

    @property
    def identity(self) -> Path:
        """What services know of the pool; the identity emulation's parent writes it."""
        return self.data / "identity.json"

    @property
    def users(self) -> Path:
        """The demonstration's users with their passwords; written by the same."""
        return self.data / "demo-users.json"

    @property
    def endpoints(self) -> Path:
        return self.data / "endpoints.json"


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """From `TBI_DATA`, `TBI_PORT_OFFSET`, `MONGO_URI` and `TBI_SECOND_FACTOR` (else what the folder was started with),
    `TBI_CHAIN_ENV`, `TBI_MONGO_ENV`, `TBI_IDENTITY_ENV`. Raises SettingsError.
    """
    data = Path(environment.get("TBI_DATA") or REPO / ".tbi").absolute()
    known = _known(data)
    text = environment.get("TBI_PORT_OFFSET") or str(known.get("port_offset", 0))
    if not text.isdecimal() or int(text) > MAX_OFFSET:
        raise SettingsError(f"TBI_PORT_OFFSET is {text!r}: give a whole number from 0 to {MAX_OFFSET}")
    second_factor = environment.get("TBI_SECOND_FACTOR") or str(known.get("second_factor", "optional"))
    if second_factor not in ("optional", "required"):
        raise SettingsError(f"TBI_SECOND_FACTOR is {second_factor!r}: give optional or required")
    return Settings(
        data,
        int(text),
        sys.executable,
        chain_env(environment).absolute(),
        _env(environment, "TBI_MONGO_ENV", Settings.mongo_env),
        _env(environment, "TBI_IDENTITY_ENV", Settings.identity_env),
        environment.get("MONGO_URI") or known.get("mongo_uri"),
        second_factor,
    )


def _env(environment: Mapping[str, str], variable: str, default: Path) -> Path:
    return Path(environment.get(variable) or default).absolute()


def _known(data: Path) -> dict[str, Any]:
    try:
        told = json.loads((data / "settings.json").read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}

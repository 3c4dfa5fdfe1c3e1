"""A program of the plan as a container's: addresses on loopback become names, files of the data folder mounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.plan.program import Program
from deploy.local.settings import Settings

DATA: Final = Path("/var/lib/tbi")
"""The data folder, inside of every container. Only what a container needs of it is there."""
PYTHON: Final = "/opt/tbi/bin/python"
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - inside of a container that publishes nothing
_PATH: Final = re.compile(rf"{DATA}[A-Za-z0-9_./-]*")


def settings() -> Settings:
    """Of a plan whose programs run in containers."""
    return Settings(DATA, 0, PYTHON, Path("/opt/chain"), Path("/opt/mongo"), Path("/opt/identity"))


@dataclass(frozen=True)
class Names:
    """How the address `loopback` and its ports are called in the network: port -> name of a container."""

    loopback: str
    hosts: Mapping[int, str]

    def __call__(self, text: str) -> str:
        """The text with names for addresses; a bare one is to listen on. Raises KeyError for a port of nobody."""
        host = re.escape(self.loopback)
        text = re.sub(rf"{host}:(\d+)", lambda found: f"{self.hosts[int(found[1])]}:{found[1]}", text)
        text = re.sub(
            rf"host={host},port=(\d+)", lambda found: f"host={self.hosts[int(found[1])]},port={found[1]}", text
        )
        return re.sub(rf"(?<![\d.]){host}(?![\d.])", EVERYWHERE, text)


def log_of(program: Program) -> dict[str, str]:
    """Every service of ours writes its log as the operator's collector wants it."""
    ours = any(word.startswith("services.") for word in program.command)
    return {"TBI_LOG_FORMAT": "${TBI_LOG_FORMAT:-text}"} if ours else {}


def paths(values: Mapping[str, str]) -> list[Path]:
    """The files and folders of the data folder that these values name."""
    return sorted({Path(found) for value in values.values() for found in _PATH.findall(value)})


def bind(source: str, target: Path | str, *, write: bool = False) -> dict[str, Any]:
    """A mount of what the operator has laid out; it must be there before."""
    return {
        "type": "bind",
        "source": source,
        "target": str(target),
        **({} if write else {"read_only": True}),
        "bind": {"create_host_path": False},
    }


def volume(name: str, target: Path | str) -> dict[str, Any]:
    """A mount of a container's own state."""
    return {"type": "volume", "source": name, "target": str(target)}


def probe_of(program: Program) -> str | None:
    """What the image's probe is asked (deploy/images/probe.py); None for a program that cannot be asked."""
    if program.probe in ("http", "answers"):
        return f"http http://127.0.0.1:{program.ports[0]}{program.path}{program.health}"
    if program.probe == "heartbeat":
        return f"beat {program.ready_file}"
    if program.probe in ("tcp", "mongo", "openems"):
        return f"tcp {program.ports[0]} {program.ready_file or ''}".strip()
    return None

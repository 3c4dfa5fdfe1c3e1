"""What a plan is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from deploy.local.boxes import BOXES, Box
from deploy.local.settings import Settings

CLOUD: Final = "127.0.0.1"
Probe = Literal["http", "answers", "openems", "chain", "mongo", "redis", "tcp", "heartbeat", "process"]
_SPEAK_HTTP: Final = ("http", "answers", "openems", "chain")


@dataclass(frozen=True)
class Program:
    """`ports` are all that it opens on `host`, the main one first. `rank`: who starts first and ends last.

    `early`: it starts before the identity emulation and the boxes are set up. `health` is asked under its URL;
    `ready_file`: what it writes as soon as it can be used, or its heartbeat.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    host: str = CLOUD
    ports: tuple[int, ...] = ()
    path: str = ""
    probe: Probe = "process"
    health: str = "/health"
    ready_file: Path | None = None
    early: bool = False
    rank: int = 50
    stop_s: int = 15

    @property
    def address(self) -> str:
        return f"{self.host}:{self.ports[0]}" if self.ports else ""

    @property
    def url(self) -> str | None:
        """Its base URL, when it speaks HTTP."""
        return f"http://{self.address}{self.path}" if self.probe in _SPEAK_HTTP else None


@dataclass(frozen=True)
class Plan:
    settings: Settings
    programs: tuple[Program, ...]
    boxes: tuple[Box, ...] = BOXES

    def program(self, name: str) -> Program:
        return next(program for program in self.programs if program.name == name)

    def url(self, name: str) -> str:
        """The base URL of a part that has one."""
        url = self.program(name).url
        if url is None:
            raise KeyError(f"{name} speaks no HTTP")
        return url

    def box_folder(self, box: Box) -> Path:
        return self.settings.data / "boxes" / box.name

    @property
    def chain_folder(self) -> Path:
        return self.settings.data / "chain"

    @property
    def portal_url(self) -> str:
        """As browsers are to call it: security keys are bound to a name, and an address is none."""
        return f"http://localhost:{self.program('gateway').ports[0]}"

    def endpoints(self) -> dict[str, str]:
        """Name -> base URL of every part that has one."""
        return {"portal": self.portal_url, **{program.name: program.url for program in self.programs if program.url}}

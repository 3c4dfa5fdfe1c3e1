"""What the cloud side's and the boxes' programs have in common."""

from __future__ import annotations

from pathlib import Path

from deploy.local.plan.program import CLOUD
from deploy.local.settings import Settings


class Base:
    """Ports, commands and places for these settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def data(self) -> Path:
        return self.settings.data

    @property
    def identity_file(self) -> str:
        """Written by the identity emulation's parent: what services know of the pool."""
        return str(self.data / "identity.json")

    def port(self, number: int) -> int:
        return number + self.settings.port_offset

    def module(self, name: str, *arguments: str) -> tuple[str, ...]:
        return (self.settings.python, "-m", name, *arguments)

    def chain_url(self) -> str:
        return f"http://{CLOUD}:{self.port(8888)}"

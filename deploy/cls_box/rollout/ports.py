"""What an update asks of a box's engine, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploy.cls_box.rollout.bundle import Bundle


@dataclass(frozen=True)
class Host:
    """The machine: engine's version, architecture, how far its clock is from ours (s), free MB (None: unknown)."""

    engine: str
    architecture: str
    clock_off_s: float
    free_mb: int | None


@dataclass(frozen=True)
class Part:
    """A container. `image`: what it was made from, by digest or id; `up_s`: since when it runs."""

    image: str
    state: str
    health: str
    up_s: float


@dataclass(frozen=True)
class Told:
    """What a service says at /health: its version, and each check with whether it holds and its words."""

    version: str
    checks: Mapping[str, tuple[bool, str]] = field(default_factory=dict)


class BoxEngine(Protocol):
    """All raise EngineSilent when the box cannot be reached, EngineRefused when it says no. Each may be done twice."""

    def host(self) -> Host: ...

    def parts(self) -> dict[str, Part]:
        """Service -> its container, running or not; empty on a box that is new."""
        ...

    def told(self) -> dict[str, Told]:
        """Service -> what it says of itself now; those that do not answer are missing."""
        ...

    def pull(self, reference: str) -> None:
        """Fetch the image unless it is there."""
        ...

    def up(self, bundle: Bundle, services: list[str]) -> None:
        """Bring these services to the bundle's images; others stay as they are."""
        ...

    def down(self, bundle: Bundle, services: list[str]) -> None:
        """Take these services' containers away; what they keep stays."""
        ...

    def note(self, name: str, content: Mapping[str, Any]) -> None:
        """Write `content` down on the box itself, under `name`."""
        ...

    def forget(self, references: list[str]) -> list[str]:
        """Remove these images unless a container is made from them; what was removed."""
        ...

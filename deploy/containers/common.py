"""What every container is kept to, and how a compose file describes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

USER: Final = 10001
"""Nobody on the host; whose the mounted files must be (deploy/images/finish.sh makes the same one)."""

HARDENED: Final[dict[str, Any]] = {
    "user": f"{USER}:{USER}",
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "tmpfs": [f"/tmp:size=64m,mode=0700,uid={USER},gid={USER}"],  # noqa: S108 - the container's own
    "init": True,
    "restart": "unless-stopped",
    "pids_limit": 256,
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
}
_BUILD: Final = {"BASE_IMAGE": "${BASE_IMAGE:-python:3.11-slim-bookworm}"}


@dataclass(frozen=True)
class Image:
    """One image: its Dockerfile in deploy/images, and what that is told beside the base image."""

    name: str
    dockerfile: str
    arguments: Mapping[str, str] = field(default_factory=dict)

    def described(self, context: str, *, build: bool) -> dict[str, Any]:
        """`build`: how it is made is said at one of those that run it; each would make it anew."""
        image = {"image": f"${{TBI_REGISTRY:-tbienergy}}/{self.name}:${{TBI_VERSION:-local}}"}
        if not build:
            return image
        how = {"context": context, "dockerfile": f"deploy/images/{self.dockerfile}.Dockerfile"}
        return {**image, "build": {**how, "args": {**_BUILD, **self.arguments}}}


@dataclass(frozen=True)
class Container:
    """A container as a compose file has it. `memory_mb` is its limit; `needs`: container -> compose's condition."""

    name: str
    image: Image
    memory_mb: int
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Sequence[Mapping[str, Any]] = ()
    networks: Mapping[str, Mapping[str, Any]] | Sequence[str] = ()
    probe: str | None = None
    needs: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def described(self, context: str, optional: frozenset[str], *, build: bool) -> dict[str, Any]:
        """`optional`: containers of a profile, which may be missing."""
        environment = {**self.environment, **({} if self.probe is None else {"TBI_PROBE": self.probe})}
        needs = {
            name: {"condition": condition, **({"required": False} if name in optional else {})}
            for name, condition in self.needs.items()
        }
        return {
            "<<": "*hardened",
            **self.image.described(context, build=build),
            **({} if self.profile is None else {"profiles": [self.profile]}),
            **({"command": list(self.command)} if self.command else {}),
            **({"environment": environment} if environment else {}),
            **({"volumes": [dict(mount) for mount in self.mounts]} if self.mounts else {}),
            "networks": self.networks if isinstance(self.networks, Mapping) else list(self.networks),
            "mem_limit": f"{self.memory_mb}m",
            **({"depends_on": needs} if needs else {}),
            **({"healthcheck": {"disable": True}} if self.probe is None and self.image.name != "redis" else {}),
            **self.more,
        }

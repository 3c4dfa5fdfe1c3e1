"""The fleet file: which boxes there are, how their engines are reached, and what each shall run. docs/operations.md."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from deploy.cls_box.rollout.errors import FleetError

N = TypeVar("N", int, float)

CANARY: Final = "canary"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,63}")
_REFERENCE: Final = re.compile(r"[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}")
_CONTEXT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_HOST: Final = re.compile(r"(?:ssh://\S+|unix:///\S+)")
_LAST_RING: Final = 99


@dataclass(frozen=True)
class Limits:
    """How carefully. Seconds, MB; `parallel` boxes at a time, none begun after `stop_after` have failed."""

    parallel: int = 4
    stop_after: int = 1
    healthy_within_s: float = 300.0
    stays_up_s: float = 20.0
    keep_old_s: float = 86400.0
    watch_canaries_s: float = 600.0
    free_mb: int = 600
    clock_off_s: float = 2.0
    border_s: float = 60.0
    engine_at_least: str = "20.10"


@dataclass(frozen=True)
class Member:
    """A box of the fleet. `engine`: the variable by which docker finds it, and its value."""

    name: str
    engine: tuple[str, str]
    vpn_address: str
    version: str
    ring: int
    environment: Path
    architecture: str | None = None


@dataclass(frozen=True)
class Fleet:
    """`releases`: version -> image -> reference by digest. `compose`: the box's compose file."""

    members: tuple[Member, ...]
    releases: Mapping[str, Mapping[str, str]]
    compose: Path
    limits: Limits = field(default_factory=Limits)

    def chosen(self, names: tuple[str, ...]) -> tuple[Member, ...]:
        """These boxes, or all. Raises FleetError."""
        known = {member.name: member for member in self.members}
        if strange := [name for name in names if name not in known]:
            raise FleetError([f"no box of the fleet is called {', '.join(strange)}"])
        return tuple(known[name] for name in names) if names else self.members


def read_fleet(file: Path) -> Fleet:
    """Raises FleetError, which names everything that is wrong, and where."""
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FleetError([f"{file} cannot be read: {error.strerror}"]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FleetError([f"{file} is no YAML: {' '.join(str(error).split())}"]) from error
    reader = _Reader(file.parent)
    fleet = reader.fleet(told)
    if reader.problems or fleet is None:
        raise FleetError([f"{file}: {problem}" for problem in reader.problems])
    return fleet


class _Reader:
    """Notes what is wrong and goes on, so that everything is told at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[str] = []

    def fleet(self, told: Any) -> Fleet | None:
        told = self._mapping("the file", told)
        self._known("the file", told, {"compose", "limits", "versions", "boxes"})
        limits = self._limits(self._mapping("limits", told.get("limits", {})))
        releases = self._releases(self._mapping("versions", told.get("versions", {})))
        listed = told.get("boxes")
        if not isinstance(listed, list) or not listed:
            self.problems.append("boxes: a list of at least one box is needed")
            listed = []
        members = [self._member(index, entry, releases) for index, entry in enumerate(listed)]
        found = [member for member in members if member is not None]
        self._unlike(found)
        compose = self._file("compose", told.get("compose", "docker-compose.yml"))
        return Fleet(tuple(found), releases, compose, limits) if compose and not self.problems else None

    def _limits(self, told: Mapping[str, Any]) -> Limits:
        usual = Limits()
        self._known("limits", told, {entry.name for entry in fields(Limits)})
        values: dict[str, Any] = {}
        for entry in fields(Limits):
            if entry.name in told:
                values[entry.name] = self._limit(entry.name, told[entry.name], getattr(usual, entry.name))
        return Limits(**values)

    def _limit(self, name: str, value: Any, usual: Any) -> Any:
        if isinstance(usual, str):
            if re.fullmatch(r"\d+\.\d+(?:\.\d+)?", str(value)):
                return str(value)
            self.problems.append(f"limits.{name}: a version such as {usual} is needed")
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            self.problems.append(f"limits.{name}: a number from 0 on is needed, not {value!r}")
        elif isinstance(usual, int) and (int(value) != value or (value < 1 and name != "free_mb")):
            self.problems.append(f"limits.{name}: a whole number from 1 on is needed, not {value!r}")
        else:
            return type(usual)(value)
        return usual

    def _releases(self, told: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        releases: dict[str, dict[str, str]] = {}
        for version, images in told.items():
            where = f"versions.{version}"
            if not isinstance(version, str) or not _VERSION.fullmatch(version):
                self.problems.append(f"{where}: a version is text such as '1.4.0' (in quotes)")
                continue
            releases[version] = {}
            for name, reference in self._mapping(where, images).items():
                if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
                    self.problems.append(f"{where}.{name}: an image by digest is needed (registry/name@sha256:...)")
                else:
                    releases[version][str(name)] = reference
        return releases

    def _member(self, index: int, told: Any, releases: Mapping[str, Any]) -> Member | None:
        before = len(self.problems)
        where = f"boxes[{index}]"
        told = self._mapping(where, told)
        name = told.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.problems.append(f"{where}.name: a name of a-z, 0-9 and - is needed, not {name!r}")
        else:
            where = f"box {name}"
        self._known(
            where, told, {"name", "context", "host", "vpn_address", "version", "ring", "environment", "architecture"}
        )
        version = told.get("version")
        if version not in releases:
            self.problems.append(f"{where}: version {version!r} is not among versions")
        engine = self._engine(where, told)
        address = self._address(where, told.get("vpn_address"))
        ring = self._ring(where, told.get("ring", 1))
        environment = self._file(f"{where}: environment", told.get("environment", f"boxes/{name}/.env"))
        architecture = told.get("architecture")
        if architecture is not None and not isinstance(architecture, str):
            self.problems.append(f"{where}: architecture is text such as armv7l, as `uname -m` says it")
        if len(self.problems) > before or engine is None or environment is None:
            return None
        return Member(str(name), engine, address, str(version), ring, environment, architecture)

    def _engine(self, where: str, told: Mapping[str, Any]) -> tuple[str, str] | None:
        context, host = told.get("context"), told.get("host")
        if (context is None) == (host is None):
            self.problems.append(f"{where}: either context (docker context ls) or host (ssh://...) is needed")
        elif context is not None and _CONTEXT.fullmatch(str(context)):
            return "DOCKER_CONTEXT", str(context)
        elif host is not None and _HOST.fullmatch(str(host)):
            return "DOCKER_HOST", str(host)
        else:
            self.problems.append(
                f"{where}: {context or host!r} names no engine: a context's name, ssh://user@address, or unix:///socket"
            )
        return None

    def _address(self, where: str, value: Any) -> str:
        try:
            return str(ipaddress.ip_address(str(value)))
        except ValueError:
            self.problems.append(f"{where}: vpn_address {value!r} is no address")
            return ""

    def _ring(self, where: str, value: Any) -> int:
        if value == CANARY:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_RING:
            self.problems.append(f"{where}: ring is {CANARY} or a number from 0 to {_LAST_RING}")
            return 1
        return value

    def _file(self, where: str, value: Any) -> Path | None:
        path = self._folder / str(value)
        if not path.is_file():
            self.problems.append(f"{where}: there is no file {path}")
            return None
        return path

    def _unlike(self, members: list[Member]) -> None:
        for what in ("name", "vpn_address", "engine"):
            seen: dict[Any, str] = {}
            for member in members:
                value = getattr(member, what)
                if value in seen:
                    shown = value[1] if isinstance(value, tuple) else value
                    self.problems.append(f"box {member.name}: {what} {shown} is that of box {seen[value]}, too")
                seen[value] = member.name

    def _mapping(self, where: str, told: Any) -> Mapping[str, Any]:
        if isinstance(told, dict):
            return told
        self.problems.append(f"{where}: names with values are needed, not {type(told).__name__}")
        return {}

    def _known(self, where: str, told: Mapping[str, Any], names: set[str]) -> None:
        if strange := sorted(str(name) for name in set(told) - names):
            self.problems.append(f"{where}: nobody knows {', '.join(strange)}; known are {', '.join(sorted(names))}")

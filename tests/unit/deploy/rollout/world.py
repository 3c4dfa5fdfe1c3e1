"""A box that is played: containers with images, an engine whose calls go wrong when a test says so, a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from deploy.cls_box.rollout.bundle import Bundle, of_release
from deploy.cls_box.rollout.errors import EngineRefused, EngineSilent
from deploy.cls_box.rollout.ports import Host, Part, Told

COMPOSE = """
name: ${TBI_BOX_NAME:-box}
services:
  openems: {image: '${TBI_REGISTRY:-tbienergy}/simulators:${TBI_VERSION:-local}', profiles: [stand-ins]}
  redis: {image: '${TBI_REGISTRY:-tbienergy}/redis:${TBI_VERSION:-local}', build: {context: ../..}}
  tpm-api: {image: '${TBI_REGISTRY:-tbienergy}/box:${TBI_VERSION:-local}', depends_on: {openems: {condition: service_started}}}
  cls-box-logic: {image: '${TBI_REGISTRY:-tbienergy}/box:${TBI_VERSION:-local}', depends_on: {redis: {condition: service_healthy}}}
  worker: {image: '${TBI_REGISTRY:-tbienergy}/box:${TBI_VERSION:-local}', depends_on: {redis: {condition: service_healthy}}}
"""  # noqa: E501 - a line a service
ANSWERING = ("tpm-api", "cls-box-logic")


def reference(name: str, version: str) -> str:
    return f"registry.example/tbi/{name}@sha256:{(name + version).encode().hex():0<64}"


@lru_cache
def bundle(version: str) -> Bundle:
    images = {name: reference(name, version) for name in ("box", "redis")}
    return of_release(version, COMPOSE, "TBI_BOX_NAME=box-11\n", images)


class Killed(BaseException):
    """The program that updates was killed."""


@dataclass
class Clock:
    now: float = 1_800_000_300.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Box:
    """`faults`: number of a call -> what goes wrong with it; `ill`: version -> how its services do."""

    clock: Clock
    faults: dict[int, str] = field(default_factory=dict)
    ill: dict[str, str] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    pulled: set[str] = field(default_factory=set)
    notes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    entries: int = 100
    free_mb: int | None = 4000
    clock_off_s: float = 0.0
    under_way: int = 0
    journal_well: bool = True
    chain_well: bool = True
    calls: list[str] = field(default_factory=list)

    def install(self, version: str) -> None:
        for service, image in bundle(version).images.items():
            self._start(service, image)
            self.pulled.add(image)

    def host(self) -> Host:
        with self._call("host"):
            return Host("20.10.24", "armv7l", self.clock_off_s, self.free_mb)

    def parts(self) -> dict[str, Part]:
        with self._call("parts"):
            return {service: self._part(service) for service in self.images}

    def told(self) -> dict[str, Told]:
        with self._call("told"):
            return {
                service: self._said(image)
                for service, image in self.images.items()
                if service in ANSWERING and self._part(service).state == "running"
            }

    def pull(self, reference: str) -> None:
        with self._call("pull"):
            if self.ill.get(_version(reference)) == "missing":
                raise EngineRefused("docker pull: manifest unknown")
            self.pulled.add(reference)

    def up(self, bundle: Bundle, services: list[str]) -> None:
        for service in services:
            with self._call(f"up {service}"):
                image = bundle.images[service]
                if image not in self.pulled:
                    raise EngineRefused(f"docker compose: no such image: {image}")
                if self.images.get(service) != image:
                    self._start(service, image)

    def down(self, bundle: Bundle, services: list[str]) -> None:  # noqa: ARG002 - the port's signature
        with self._call("down"):
            for service in services:
                self.images.pop(service, None)

    def note(self, name: str, content: Mapping[str, Any]) -> None:
        with self._call("note"):
            self.notes[name] = content

    def forget(self, references: list[str]) -> list[str]:
        with self._call("forget"):
            gone = [one for one in references if one not in self.images.values()]
            self.pulled -= set(gone)
            return gone

    def versions(self) -> set[str]:
        return {_version(image) for image in self.images.values()}

    def _start(self, service: str, image: str) -> None:
        self.images[service] = image
        self.started[service] = self.clock.now

    def _part(self, service: str) -> Part:
        image = self.images[service]
        ill = self.ill.get(_version(image), "")
        if service == "worker" and ill == "crashing":
            return Part(image, "restarting", "", 0.0)
        health = ("unhealthy" if ill == "unhealthy" else "healthy") if service != "worker" else ""
        return Part(image, "running", health, self.clock.now - self.started[service])

    def _said(self, image: str) -> Told:
        version = _version(image)
        ill = self.ill.get(version, "")
        journal = (self.journal_well, f"3% full, {0 if ill == 'forgetful' else self.entries} entries, signed")
        chain = (self.chain_well and ill != "cut off", f"head block 7; {self.under_way} orders under way")
        return Told("0.0.0" if ill == "another version" else version, {"journal": journal, "uplink": chain})

    def _call(self, name: str) -> _Call:
        self.calls.append(name)
        self.clock.now += 0.2
        return _Call(self.faults.pop(len(self.calls), ""))


class _Call:
    """`before`: nothing was done yet; `after`: it was done, and the answer is lost."""

    def __init__(self, fault: str) -> None:
        self._kind, _, self._when = fault.partition(" ")

    def __enter__(self) -> None:
        if self._when == "before":
            self._raise()

    def __exit__(self, kind: object, *_: object) -> None:
        if self._when == "after" and kind is None:
            self._raise()

    def _raise(self) -> None:
        if self._kind == "killed":
            raise Killed
        if self._kind == "silent":
            raise EngineSilent("its engine does not answer: connection reset")
        raise EngineRefused("docker: no space left on device")


def _version(reference: str) -> str:
    named, _, digest = reference.partition("@sha256:")
    text = bytes.fromhex(digest).rstrip(b"\0").decode()
    return text.removeprefix(named.rpartition("/")[2])

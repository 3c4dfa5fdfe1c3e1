"""A container engine of our own for a while: dockerd with a folder of its own, a base image made here, compose.

An engine that runs already, and what it holds, is left alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.containers.base import NATIVE, Base, BaseError, clear
from deploy.local.settings import REPO
from services.shared.wait import wait_until

BASE: Final = NATIVE.image
"""Debian 12 with Python 3.11: the stand-in for the official image of Python where no registry is reached."""
MONGO: Final = "localhost/tbi-mongo-package:local"
_START_S: Final = 60.0
_STOP_S: Final = 60.0
_NOFILE: Final = "nofile=4096:4096"
_AUTHORITIES: Final = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


class EngineError(Exception):
    """The engine does not do what is asked of it. One sentence, with its own words."""


def missing() -> list[str]:
    """What this machine lacks for an engine; empty when it can run one."""
    absent = [name for name in ("dockerd", "debootstrap", "iptables", "ip") if shutil.which(name) is None]
    if _compose() is None:
        absent.append("docker-compose (locks/compose.txt, in TBI_COMPOSE_ENV or .venv/compose)")
    if os.geteuid() != 0:
        absent.append("the rights of root")
    return absent


def _compose() -> Path | None:
    folder = Path(os.environ.get("TBI_COMPOSE_ENV") or REPO / ".venv/compose")
    found = folder / "bin/docker-compose"
    return found if found.is_file() else None


def _docker() -> str:
    """The client that came with the engine: another one may have lost its builder."""
    beside = Path("/usr/bin/docker")
    return str(beside) if beside.is_file() else shutil.which("docker") or "docker"


@dataclass
class Engine:
    """dockerd in `folder`; used as a context. What it built stays there for the next time.

    `bridge`, with its address: what builds go out by. Of our own: an engine that is started without a bridge takes the
    usual one from all others.
    """

    folder: Path
    say: Callable[[str], None] = print
    bridge: tuple[str, str] = ("tbi-build", "172.29.77.1/24")
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __enter__(self) -> Engine:
        self.folder.mkdir(parents=True, exist_ok=True)
        _make_bridge(*self.bridge)
        log = (self.folder / "dockerd.log").open("ab")
        roots = ("--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec"))
        places = ("-H", self.host, "--pidfile", str(self.folder / "dockerd.pid"))
        network = ("--bridge", self.bridge[0], "--default-ulimit", _NOFILE)
        self._process = subprocess.Popen(
            [shutil.which("dockerd") or "dockerd", *roots, *places, *network],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        try:
            wait_until(self._answers, _START_S, every=0.2, what="the engine's answer")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def host(self) -> str:
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.folder / "docker.sock"

    def socket_environment(self) -> dict[str, str]:
        """What a box's compose file asks for, so that its proxy reaches this engine."""
        return {"TBI_ENGINE_SOCKET": str(self._socket), "TBI_ENGINE_GROUP": str(self._socket.stat().st_gid)}

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.folder / "client")}

    def docker(self, *arguments: str, more: Mapping[str, str] | None = None) -> str:
        """The client's output. Raises EngineError with its last words."""
        return _run([_docker(), *arguments], {**self.environment, **(more or {})})

    def make_base(self, base: Base = NATIVE) -> None:
        """A base image, once (minutes)."""
        if self.has(base.image):
            return
        self.say(f"making the base image {base.image}: Debian 12 with Python 3.11 (minutes, once)")
        root, archive = self.folder / f"base-{base.debian or 'own'}", self.folder / f"base-{base.debian or 'own'}.tar"
        try:
            base.fill(root)
            base.pack(root, archive)
            clear(root)
        except BaseError as error:
            raise EngineError(str(error)) from error
        self.docker("load", "--input", str(archive))
        archive.unlink()

    def make_mongo(self) -> None:
        """The stand-in for MongoDB's image."""
        file = "deploy/images/mongo-package.Dockerfile"
        with _authority():
            self.docker("build", "-q", "--build-arg", f"BASE_IMAGE={BASE}", "-f", file, "-t", MONGO, str(REPO))

    def has(self, image: str) -> bool:
        return bool(self.docker("images", "-q", image).strip())

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            last = (self.folder / "dockerd.log").read_text(errors="replace").splitlines()[-1:]
            raise EngineError(f"dockerd ended with {self._process.returncode}: {' '.join(last)}")
        try:
            self.docker("version", "--format", "{{.Server.Version}}")
        except EngineError:
            return False
        return True

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        with contextlib.suppress(EngineError):
            _run(["ip", "link", "delete", self.bridge[0]], os.environ)


@dataclass(frozen=True)
class Project:
    """A compose file with what it is told; `profiles` are those that are meant throughout."""

    engine: Engine
    file: Path
    values: Mapping[str, str]
    profiles: Sequence[str] = ()

    def __call__(self, *arguments: str) -> str:
        """Compose's output. Raises EngineError with its last words."""
        compose = _compose()
        if compose is None:
            raise EngineError("there is no docker-compose")
        profiles = [word for name in self.profiles for word in ("--profile", name)]
        told = {"BASE_IMAGE": BASE, "MONGO_IMAGE": MONGO, "COMPOSE_PARALLEL_LIMIT": "2", **self.values}
        words = [str(compose), "--file", str(self.file), *profiles, *arguments]
        return _run(words, {**self.engine.environment, **told})

    def build(self, *containers: str) -> None:
        """The images of these, or of all."""
        with _authority():
            self("build", "--quiet", *containers)

    def states(self) -> dict[str, dict[str, Any]]:
        """Container -> what compose tells of it: State, Health, ID."""
        lines = self("ps", "--all", "--format", "json").splitlines()
        told = (json.loads(line) for line in lines if line.startswith("{"))
        return {str(entry["Service"]): entry for entry in told}

    def unwell(self) -> list[str]:
        """Containers that do not run, or are not healthy yet, with the word for it."""
        return [
            f"{name} ({entry['State']} {entry['Health']})"
            for name, entry in self.states().items()
            if entry["State"] != "running" or entry["Health"] not in ("", "healthy")
        ]

    def address(self, container: str) -> str:
        """Where this machine reaches it."""
        identifier = str(self.states()[container]["ID"])
        networks = json.loads(
            self.engine.docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", identifier)
        )
        return str(next(iter(networks.values()))["IPAddress"])


class _authority:  # noqa: N801 - used as a function
    """The authority that this machine trusts for its package source, for the builds within (deploy/images/ca)."""

    def __init__(self) -> None:
        self._file = REPO / "deploy/images/ca/build.crt"
        self._made = False

    def __enter__(self) -> None:
        named = next((os.environ[name] for name in _AUTHORITIES if os.environ.get(name)), None)
        if named is not None and Path(named).is_file() and not self._file.exists():
            shutil.copyfile(named, self._file)
            self._made = True

    def __exit__(self, *_: object) -> None:
        if self._made:
            self._file.unlink(missing_ok=True)


def _make_bridge(name: str, address: str) -> None:
    """Of one that was killed before, the bridge is there still."""
    with contextlib.suppress(EngineError):
        _run(["ip", "link", "add", name, "type", "bridge"], os.environ)
        _run(["ip", "address", "add", address, "dev", name], os.environ)
    _run(["ip", "link", "set", name, "up"], os.environ)


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=dict(environment), cwd=REPO, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-6:]
        raise EngineError(f"{Path(command[0]).name} {' '.join(command[1:6])} ... failed: {' | '.join(last)}")
    return done.stdout

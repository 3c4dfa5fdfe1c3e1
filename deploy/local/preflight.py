"""What the machine must have before anything is started. Each finding is one sentence with cause and cure."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.chain.nodeos import package
from deploy.local.identity.emulation import identity_env
from deploy.local.mongod import MongodError, find_binary
from deploy.local.plan import Plan
from deploy.local.programs import find

MIN_MEMORY = 2560 * 1024**2
MIN_DISK = 3 * 1024**3
PROGRAMS = {"swtpm": "swtpm", "redis-server": "redis-server", "nginx": "nginx-light", "setpriv": "util-linux"}
_MAX_SOCKET_PATH = 100
BROWSERS_REFUSE = frozenset(
    (
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526),
        *(
            530,
            531,
            532,
            540,
            548,
            554,
            556,
            563,
            587,
            601,
            636,
            989,
            990,
            993,
            995,
            1719,
            1720,
            1723,
            2049,
            3659,
            4045,
        ),
        *(4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    )
)
"""Ports to which no browser connects: "bad port" of the Fetch Standard, https://fetch.spec.whatwg.org/#port-blocking."""


class PreflightError(Exception):
    """The machine lacks something; `findings` are sentences. Nothing has been started."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def _disk_free(path: Path) -> int:
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    return shutil.disk_usage(there).free


def _memory_available() -> int:
    available: int = psutil.virtual_memory().available
    return available


@dataclass(frozen=True)
class Readings:
    """How the machine is looked at; tests give their own."""

    machine: Callable[[], str] = platform.machine
    memory_available: Callable[[], int] = _memory_available
    disk_free: Callable[[Path], int] = _disk_free
    which: Callable[[str], str | None] = find


def check(plan: Plan, readings: Readings | None = None) -> None:
    """Raises PreflightError with everything that is amiss, not only the first."""
    at = readings or Readings()
    findings = [*_machine(plan, at), *_programs(plan, at), *_folder(plan), *_refused_by_browsers(plan), *_ports(plan)]
    if findings:
        raise PreflightError(findings)


def check_ports(plan: Plan) -> None:
    """Raises PreflightError when a port of the plan is taken or unfit."""
    if findings := [*_refused_by_browsers(plan), *_ports(plan)]:
        raise PreflightError(findings)


def _machine(plan: Plan, at: Readings) -> list[str]:
    found = []
    if at.machine() != "x86_64":
        found.append(f"The chain's node runs on x86_64 only and this machine is {at.machine()}: use another machine.")
    if (memory := at.memory_available()) < MIN_MEMORY:
        found.append(
            f"Only {_size(memory)} of memory are available and {_size(MIN_MEMORY)} are needed: end other programs, "
            "or use a larger machine."
        )
    data = plan.settings.data
    if (disk := at.disk_free(data)) < MIN_DISK:
        found.append(
            f"Only {_size(disk)} are free where the data folder {data} lies and {_size(MIN_DISK)} are needed: "
            "free some, or name another place with TBI_DATA."
        )
    return found


def _programs(plan: Plan, at: Readings) -> list[str]:
    found = [
        f"The program {program} is not installed: run apt-get install {package_name} (as root ./tbi does it by itself)."
        for program, package_name in PROGRAMS.items()
        if at.which(program) is None
    ]
    for look in (_chain, _mongod, _identity):
        try:
            look(plan)
        except (FileNotFoundError, MongodError) as error:
            found.append(f"{str(error)[0].upper()}{str(error)[1:]}.")
    return found


def _chain(plan: Plan) -> None:
    package(plan.settings.chain_env)


def _mongod(plan: Plan) -> None:
    find_binary(plan.settings.mongo_env)


def _identity(plan: Plan) -> None:
    identity_env({"TBI_IDENTITY_ENV": str(plan.settings.identity_env)})


def _folder(plan: Plan) -> list[str]:
    data = plan.settings.data
    if len(str(plan.settings.run / "supervisor.sock")) > _MAX_SOCKET_PATH:
        return [f"The path of the data folder {data} is too long for a socket: name a shorter one with TBI_DATA."]
    if data.exists() and not plan.settings.mark.exists() and any(data.iterdir()):
        return [f"The folder {data} holds files that are not ours: name an empty or a new one with TBI_DATA."]
    there = next(folder for folder in (data, *data.parents) if folder.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return [f"The data folder {data} cannot be written to: correct its rights, or name another one with TBI_DATA."]
    return []


def _refused_by_browsers(plan: Plan) -> list[str]:
    return [
        f"The portal's port would be {port}, to which no browser connects: give another TBI_PORT_OFFSET than "
        f"{plan.settings.port_offset}."
        for port in plan.program("gateway").ports
        if port in BROWSERS_REFUSE
    ]


def _ports(plan: Plan) -> list[str]:
    found = []
    for program in plan.programs:
        for port in program.ports:
            if trouble := _trouble(program.host, port):
                found.append(
                    f"{program.name} needs {program.host}:{port}, which {trouble}: end what holds it, or shift all "
                    "ports with TBI_PORT_OFFSET."
                )
    return found


def _trouble(host: str, port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            return "is no port number"
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"{_holder(host, port)} already uses"
            return f"cannot be used ({error.strerror})"
    return None


def _holder(host: str, port: int) -> str:
    """The program that listens there, as far as it is to be seen."""
    anywhere = (host, "0.0.0.0", "::")  # noqa: S104 - compared, not bound
    for connection in psutil.net_connections("tcp"):
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
            continue
        if connection.laddr.port == port and connection.laddr.ip in anywhere:
            return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another program"


def _size(number: int) -> str:
    return f"{number / 1024**3:.1f} GiB"

"""The supervisor (the `supervisor` library): its configuration from the plan, its start, its calls, its end.

Every program is started through setpriv, so that it ends when the supervisor itself is killed: nothing runs unwatched.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from deploy.local.plan import Plan, Program
from deploy.local.settings import REPO, Settings
from services.shared.wait import wait_until

_START_S = 15
_STOP_S = 90
_OURS = ("TBI_", "MASTR_", "MONGO_", "AWS_")
_EVERYBODYS = "TBI_LOG_FORMAT"


class SupervisorError(Exception):
    """The supervisor does not start, answer or stop."""


@dataclass(frozen=True)
class State:
    """A program as the supervisor sees it. `since`: seconds since the epoch, 0 when it never ran."""

    name: str
    state: str
    pid: int
    since: int
    remark: str


def configuration(plan: Plan) -> str:
    """supervisord.conf. Programs wait to be started; one that ends is started again."""
    settings = plan.settings
    head = f"""\
[unix_http_server]
file = {_escaped(settings.run / "supervisor.sock")}
chmod = 0700

[supervisord]
logfile = {_escaped(settings.logs / "supervisor.log")}
logfile_maxbytes = 2MB
logfile_backups = 1
pidfile = {_escaped(settings.run / "supervisor.pid")}
childlogdir = {_escaped(settings.logs)}
directory = {_escaped(REPO)}
umask = 077
{"user = root" if os.geteuid() == 0 else ""}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    return head + "".join(_section(plan, program) for program in plan.programs)


def _section(plan: Plan, program: Program) -> str:
    # Bytecode is kept whatever the caller's environment says: three dozen programs would compile the same files.
    python = {"PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
    environment = {**python, **program.environment}
    pairs = ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(environment.items()))
    command = shlex.join(("setpriv", "--pdeathsig", "TERM", *program.command))
    return f"""
[program:{program.name}]
command = {_escaped(command)}
environment = {pairs}
directory = {_escaped(REPO)}
priority = {program.rank}
autostart = false
autorestart = true
startsecs = {3 if program.probe == "process" else 1}
startretries = 1000
stopwaitsecs = {program.stop_s}
stopasgroup = false
killasgroup = true
redirect_stderr = true
stdout_logfile = {_escaped(log_file(plan.settings, program.name))}
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 2
"""


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """What of the caller's environment reaches the programs: nothing that would configure a service of ours but how it
    writes its log, which is the same for all of them."""
    return {name: value for name, value in environment.items() if name == _EVERYBODYS or not name.startswith(_OURS)}


def log_file(settings: Settings, name: str) -> Path:
    return settings.logs / f"{name}.log"


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


class Supervisor:
    """The running supervisor of a data folder, over its socket."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def pid(self) -> int | None:
        """Its process id, or None when it does not run."""
        try:
            pid = int((self._settings.run / "supervisor.pid").read_text())
            words = psutil.Process(pid).cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return pid if str(self._settings.run / "supervisord.conf") in words else None

    def launch(self, plan: Plan) -> None:
        """Write the configuration and start the supervisor, without any program. Raises SupervisorError."""
        conf = self._settings.run / "supervisord.conf"
        conf.write_text(configuration(plan))
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(conf)],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=inherited(os.environ),
        )
        if done.returncode:
            raise SupervisorError(f"the supervisor does not start: {(done.stderr or done.stdout).strip()}")
        wait_until(self._answers, _START_S, what="the supervisor's answer")

    def states(self) -> dict[str, State]:
        """Every program's state. Raises SupervisorError."""
        return {
            info["name"]: State(info["name"], info["statename"], info["pid"], info["start"], info["spawnerr"])
            for info in self._call("getAllProcessInfo")
        }

    def start(self, names: list[str]) -> None:
        """Start those that do not run; returns at once."""
        running = self.states()
        for name in names:
            if running[name].state not in ("RUNNING", "STARTING", "BACKOFF"):
                self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        """Stop one program and leave it stopped; returns when it has ended."""
        self._call("stopProcess", name, True)

    def shutdown(self) -> None:
        """Stop every program, then the supervisor itself. Raises SupervisorError when it does not end."""
        pid = self.pid()
        if pid is None:
            return
        try:
            self._stop_all()
            self._call("shutdown")
        except (SupervisorError, TimeoutError):
            os.kill(pid, signal.SIGTERM)
        try:
            wait_until(lambda: self.pid() is None, _STOP_S, every=0.1, what="the supervisor's end")
        except TimeoutError as error:
            raise SupervisorError(f"the supervisor (process {pid}) does not end; see {self._settings.logs}") from error

    def _stop_all(self) -> None:
        """Rank after rank, those of a rank together: the supervisor's own way is one program after the other."""
        ranks: dict[int, list[str]] = {}
        for entry in self._call("getAllConfigInfo"):
            ranks.setdefault(entry["process_prio"], []).append(entry["name"])
        for _, names in sorted(ranks.items(), reverse=True):
            for name in names:
                with suppress(SupervisorError):  # it does not run
                    self._call("stopProcess", name, False)
            wait_until(partial(self._have_stopped, names), _STOP_S, what=f"the end of {', '.join(names)}")

    def _have_stopped(self, names: list[str]) -> bool:
        states = self.states()
        return not any(states[name].state in ("RUNNING", "STARTING", "STOPPING") for name in names)

    def _answers(self) -> bool:
        try:
            self._call("getState")
        except SupervisorError:
            return False
        return True

    def _call(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport("", "", f"unix://{self._settings.run / 'supervisor.sock'}")
        try:
            with ServerProxy("http://local", transport=transport) as server:
                return getattr(server.supervisor, method)(*arguments)
        except Fault as fault:
            raise SupervisorError(f"{method} {' '.join(map(str, arguments))}: {fault.faultString}") from fault
        except OSError as error:
            raise SupervisorError(f"the supervisor does not answer: {error}") from error

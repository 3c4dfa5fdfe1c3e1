"""Real processes for the tests of a box: started on free ports, waited for, ended by their process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from services.shared.wait import wait_until

REPO = Path(__file__).parents[3]


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A process that can be started, killed and started again with the same environment."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str], log: Path, ready: Callable[[], bool] | None = None
    ) -> None:
        self._command = command
        self._environment = {**os.environ, "PYTHONPATH": str(REPO), **environment}
        self._log = log
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    def told(self, **environment: str) -> None:
        """From its next start on."""
        self._environment |= environment

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log, cwd=REPO)
        if self._ready is not None:
            wait_until(self._is_ready, 60, what=f"{self._command} to be ready; see {self._log}")

    def kill(self) -> None:
        """kill -9."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """Ends it; gives its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(number)
        return process.wait(timeout=20)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _is_ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"{self._command} ended with {self._process.returncode}:\n{self.log()}")
        return self._ready is not None and self._ready()


def answers(url: str) -> Callable[[], bool]:
    """Whether a URL answers at all."""

    def ready() -> bool:
        try:
            requests.get(url, timeout=2)
        except requests.ConnectionError:
            return False
        return True

    return ready


def module(name: str) -> list[str]:
    """The command that runs a module."""
    return [sys.executable, "-m", name]


def openems(folder: Path, port: int, aliases: str, **more: str) -> Program:
    """An OpenEMS simulator that is silent unless told otherwise, with a cycle of 50 ms."""
    environment = {
        "TBI_HOST": "127.0.0.1",
        "TBI_PORT": str(port),
        "TBI_STATE_DIR": str(folder / "openems"),
        "TBI_OPENEMS_ALIASES": aliases,
        "TBI_OPENEMS_KWH_ANNUM": "0",
        "TBI_OPENEMS_PEAK_W": "0",
        "TBI_OPENEMS_CYCLE_MS": "50",
        "TBI_OPENEMS_WARM_UP_MS": "0",
        **more,
    }
    ready = answers(f"http://127.0.0.1:{port}/simulator/faults")
    return Program(module("simulators.openems"), environment, folder / "openems.log", ready)


def redis(folder: Path, port: int) -> Program:
    """A Redis server that keeps what it acknowledged."""
    data = folder / "redis"
    data.mkdir(exist_ok=True)
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "always"]
    return Program(command, {}, folder / "redis.log", lambda: _accepts(port))


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

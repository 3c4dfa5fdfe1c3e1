"""The processes that read an export, from the side of the import that started them."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, Final, Self

from services.mastr_connector.errors import Lost
from services.mastr_connector.parsing import Place, Setup
from services.mastr_connector.tables import Task, Told
from services.shared.data import JobError

_LOOK_EVERY_S: Final = 0.25
_REPO: Final = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Hiring:
    """How many processes an import has, and where they write."""

    place: Place
    processes: int

    def crew(self, export: Path, generation: str) -> Crew:
        """Processes for one import."""
        return Crew(Setup(export, self.place, generation, os.getpid()), self.processes)


@dataclass(eq=False, slots=True)
class _Member:
    process: subprocess.Popen[bytes]
    line: Connection[Any, Any]
    task: Task | None = None


class Crew:
    """A context manager: whatever happens, no process is left when it ends."""

    def __init__(self, setup: Setup, processes: int) -> None:
        self._setup = setup
        self._count = processes
        self._hash_seed = str(secrets.randbelow(2**32))
        self._members: list[_Member] = []

    def __enter__(self) -> Self:
        try:
            for _ in range(self._count):
                self._members.append(self._start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members:
            member.process.kill()
        for member in self._members:
            member.process.wait()
            member.line.close()
        self._members = []

    @property
    def processes(self) -> list[int]:
        """Their ids."""
        return [member.process.pid for member in self._members]

    def work(self, tasks: Iterable[Task], heard: Callable[[Task, Told], None], went_on: Callable[[], None]) -> None:
        """All tasks, large files first. `went_on` is called a few times a second, and may raise to end the work.

        Raises BadExport, and Lost when a process or MongoDB was lost.
        """
        left = deque(sorted(tasks, key=lambda task: task.member.size, reverse=True))
        for member in self._members:
            self._next(member, left)
        while busy := [member for member in self._members if member.task is not None]:
            for line in wait([member.line for member in busy], _LOOK_EVERY_S):
                member = next(member for member in busy if member.line is line)
                told, task = self._heard(member), member.task
                if task is not None:
                    heard(task, told)
                if told.ended:
                    self._next(member, left)
            went_on()

    def _start(self) -> _Member:
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.mastr_connector.parsing", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=_REPO,
                # all hash a text alike, so that hashes of numbers can be compared
                env={**os.environ, "PYTHONHASHSEED": self._hash_seed},
            )
        ours.send(self._setup)
        return _Member(process, ours)

    def _next(self, member: _Member, left: deque[Task]) -> None:
        member.task = left.popleft() if left else None
        if member.task is not None:
            try:
                member.line.send(member.task)
            except OSError as error:
                raise _ended(member) from error

    @staticmethod
    def _heard(member: _Member) -> Told:
        try:
            told = member.line.recv()
        except (EOFError, OSError) as error:
            raise _ended(member) from error
        if isinstance(told, JobError):
            raise told
        if not isinstance(told, Told):
            raise TypeError(f"a process told {told!r}")
        return told


def _ended(member: _Member) -> Lost:
    return Lost(
        f"a process that reads the export ended with {member.process.wait()}; the worker's log says more, "
        "start the import again"
    )

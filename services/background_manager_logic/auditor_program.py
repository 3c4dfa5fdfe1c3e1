"""The auditor as a program of its own: it shares no code with what it audits, so this service only starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.shared.times import iso

_REPO: Final = Path(__file__).resolve().parents[2]
_END_S: Final = 10
_STDERR_CHARACTERS: Final = 500


class ProgramFailed(Exception):  # noqa: N818 - it says what happened
    """The program told an error, or broke off. The text is a sentence for people."""


@dataclass(frozen=True)
class Places:
    """Where the auditor reads and writes. `node`: one that keeps all traces. None: not configured."""

    node: str | None
    genesis: Path | None
    key: Path | None
    folder: Path | None


class AuditorProgram:
    """`progress` is told blocks done and to be done. Raises ProgramFailed."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def missing(self, kind: str) -> list[str]:
        """The variables that are not set, without which nothing can be begun."""
        needed: dict[str, object] = {"TBI_AUDIT_NODE_URL": self._places.node}
        if kind == "settlement":
            needed["TBI_GENESIS_FILE"] = self._places.genesis
            needed["TBI_SETTLEMENT_KEY_FILE"] = self._places.key
            needed["TBI_STATE_DIR"] = self._places.folder
        return [name for name, value in needed.items() if value is None]

    def audit(self, progress: Callable[[int, int], None], stopped: threading.Event) -> dict[str, Any]:
        """The whole chain."""
        genesis = [] if self._places.genesis is None else ["--genesis", str(self._places.genesis)]
        return self._run(["audit", "--node", str(self._places.node), *genesis], progress, stopped)

    def settlement(
        self, run_id: str, about: Mapping[str, Any], progress: Callable[[int, int], None], stopped: threading.Event
    ) -> dict[str, Any]:
        """A participant's files; `about`: market, account, from_slot, to_slot."""
        options = {
            "node": self._places.node,
            "genesis": self._places.genesis,
            "key": self._places.key,
            "market": about["market"],
            "account": about["account"],
            "from": iso(about["from_slot"]),
            "to": iso(about["to_slot"]),
            "out": self._folder(run_id),
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return self._run(["settlement", *words], progress, stopped)

    def file(self, run_id: str, kind: str) -> bytes | None:
        """What `settlement` has written: json, csv, pdf. None: it is there no more."""
        try:
            return (self._folder(run_id) / f"settlement.{kind}").read_bytes()
        except OSError:
            return None

    def forget(self, run_id: str) -> None:
        """Remove what `settlement` has written."""
        if self._places.folder is None:
            return
        for file in self._folder(run_id).glob("settlement.*"):
            file.unlink(missing_ok=True)
        if self._folder(run_id).is_dir():
            self._folder(run_id).rmdir()

    def _folder(self, run_id: str) -> Path:
        return (self._places.folder or Path()) / "settlements" / run_id

    def _run(
        self, words: Sequence[str], progress: Callable[[int, int], None], stopped: threading.Event
    ) -> dict[str, Any]:
        command = [sys.executable, "-m", "auditor", *words]
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_REPO)}
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            guard = threading.Thread(target=_end_when, args=(child, stopped), daemon=True)
            guard.start()
            told = _listen(child, progress)
            errors = "" if child.stderr is None else child.stderr.read()
        guard.join(_END_S)
        if stopped.is_set() and "result" not in told:
            raise ProgramFailed("it was broken off, because this service ended; begin it again")
        if "error" in told:
            raise ProgramFailed(str(told["error"]))
        if "result" not in told:
            last = errors.strip().rpartition("\n")[2][:_STDERR_CHARACTERS]
            raise ProgramFailed(f"the auditor broke off with exit code {child.returncode}: {last}")
        found: dict[str, Any] = told["result"]
        return found


def _listen(child: subprocess.Popen[str], progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Its last word; progress on the way."""
    last: dict[str, Any] = {}
    for line in child.stdout or ():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if "done" in told:
            progress(int(told["done"]), int(told["total"]))
        else:
            last = told
    return last


def _end_when(child: subprocess.Popen[str], stopped: threading.Event) -> None:
    while child.poll() is None:
        if stopped.wait(0.5):
            child.terminate()
            return

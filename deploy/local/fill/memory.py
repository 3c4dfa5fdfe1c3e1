"""What no route tells: names of accounts that were chosen before they were registered, and who got his first money."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.local.identity.files import read_json, write_json

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz12345"


def pseudonym() -> str:
    """A new account's name, which says nothing of anybody (M-PRV-01)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


@dataclass
class Memory:
    """`first-fill.json` in the data folder. Safe for several threads."""

    file: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def account(self, role: str) -> str:
        """The name chosen for a box's account; chosen now when there is none."""
        return self._once("accounts", role, pseudonym())

    def is_done(self, step: str) -> bool:
        return step in self._read().get("done", {})

    def done(self, step: str) -> None:
        self._once("done", step, "yes")

    def _read(self) -> dict[str, dict[str, str]]:
        return read_json(self.file)

    def _once(self, part: str, name: str, value: str) -> str:
        with self._lock:
            told = self._read()
            kept = told.setdefault(part, {}).setdefault(name, value)
            write_json(self.file, told)
            return kept

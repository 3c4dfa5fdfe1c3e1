"""How something is done on a box: files laid into its folder, `services.cls_box_logic.installing` run within."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.rollout.engine import DockerEngine
from deploy.cls_box.rollout.errors import RolloutError
from deploy.containers.common import USER
from deploy.local.settings import REPO

MODULE: Final = "services.cls_box_logic.installing"
SERVICE: Final = "cls-box-logic"


class Hand(Protocol):
    """Both raise ProvisionError."""

    def lay(self, files: Mapping[str, str]) -> None:
        """Write these into the box's folder unless they are there: a box that was told its account keeps it."""
        ...

    def run(self, *words: str, given: str = "") -> dict[str, Any]:
        """The answer of an act of `installing`."""
        ...


@dataclass(frozen=True)
class EngineHand:
    """Through the box's engine. `folder`: TBI_BOX_CONFIG on the box's host; `image`: of the box's services."""

    engine: DockerEngine
    folder: str
    image: str

    def lay(self, files: Mapping[str, str]) -> None:
        try:
            self.engine.pull(self.image)
            self.engine.lay(self.image, self.folder, files, USER)
        except RolloutError as error:
            raise ProvisionError(str(error)) from error

    def run(self, *words: str, given: str = "") -> dict[str, Any]:
        try:
            return _answer(self.engine.execute(SERVICE, ["-m", MODULE, *words], given.encode()))
        except RolloutError as error:
            raise ProvisionError(str(error)) from error


@dataclass(frozen=True)
class LocalHand:
    """A box whose services run on this machine: `folder` is theirs, `environment` what they are told."""

    folder: Path
    environment: Mapping[str, str]

    def lay(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not file.exists():
                with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
                    out.write(text)

    def run(self, *words: str, given: str = "") -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", MODULE, *words], input=given.encode(), env={**os.environ, **self.environment},
            capture_output=True, cwd=REPO, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ProvisionError(f"{words[0]} on the box: {done.stderr.decode(errors='replace').strip()}")
        return _answer(done.stdout.decode())


def _answer(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise ProvisionError(f"the box answered something that is no JSON: {text[:80]!r}") from error
    if not isinstance(told, dict):
        raise ProvisionError("the box answered something else than asked")
    return told

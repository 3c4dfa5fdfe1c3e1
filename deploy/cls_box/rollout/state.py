"""Where each box stands: a file a box, written whole and fsynced before a step is taken."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

from deploy.cls_box.rollout.bundle import Bundle
from deploy.cls_box.rollout.errors import RolloutError
from deploy.cls_box.rollout.ports import Told
from deploy.cls_box.rollout.steps import Phase, after, is_good

_STORIES: Final = 50


@dataclass(frozen=True)
class Standing:
    """`wanted`: what it is being brought to, or was last; `before`: what it ran before, and goes back to.

    `told`: what its services said before. `since`: when the phase was entered (s since the epoch). `story`: what
    happened, the newest last.
    """

    box: str
    phase: Phase
    wanted: Bundle
    before: Bundle | None = None
    told: dict[str, Told] = field(default_factory=dict)
    since: float = 0.0
    reason: str = ""
    story: tuple[str, ...] = ()

    def then(self, *, well: bool, now: float, reason: str = "") -> Standing:
        """After a step. The reason of a return stays until something else is worth saying."""
        phase = after(self.phase, well=well)
        why = reason or ("" if is_good(phase) else self.reason)
        line = f"{_time(now)} {self.phase}: {'done' if well else reason}"
        return replace(self, phase=phase, since=now, reason=why, story=(*self.story, line)[-_STORIES:])


class States:
    """All boxes' files in `folder`. `alone` keeps a second run out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Raises RolloutError while another run is at it."""
        with (self._folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise RolloutError(f"another rollout is at work with {self._folder}; wait for its end") from error
            yield

    def read(self, box: str) -> Standing | None:
        """None for a box that was never updated from here. Raises RolloutError for a file that cannot be read."""
        try:
            text = self._file(box).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            return _read(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            raise RolloutError(
                f"{self._file(box)} cannot be read ({error}); what the box itself noted is on it"
            ) from error

    def write(self, standing: Standing) -> None:
        file = self._file(standing.box)
        draft = file.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(as_json(standing), out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _file(self, box: str) -> Path:
        return self._folder / f"{box}.json"


def as_json(standing: Standing) -> dict[str, Any]:
    """As it stands on disk."""
    return {
        **{name: getattr(standing, name) for name in ("box", "phase", "since", "reason")},
        "story": list(standing.story),
        "wanted": standing.wanted.as_json(),
        "before": None if standing.before is None else standing.before.as_json(),
        "told": {
            name: {"version": said.version, "checks": {key: list(check) for key, check in said.checks.items()}}
            for name, said in standing.told.items()
        },
    }


def _read(told: dict[str, Any]) -> Standing:
    if told["phase"] not in get_args(Phase):
        raise ValueError(f"there is no phase {told['phase']!r}")
    return Standing(
        str(told["box"]),
        told["phase"],
        Bundle.read(told["wanted"]),
        None if told["before"] is None else Bundle.read(told["before"]),
        {name: _told(said) for name, said in told["told"].items()},
        float(told["since"]),
        str(told["reason"]),
        tuple(told["story"]),
    )


def _told(said: dict[str, Any]) -> Told:
    return Told(str(said["version"]), {name: (bool(check[0]), str(check[1])) for name, check in said["checks"].items()})


def _time(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

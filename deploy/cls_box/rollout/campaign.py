"""Many boxes: ring by ring, the canaries first; some at a time; none begun any more once enough have failed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from deploy.cls_box.rollout.errors import EngineSilent, RolloutError
from deploy.cls_box.rollout.fleet import Limits
from deploy.cls_box.rollout.state import Standing
from deploy.cls_box.rollout.steps import is_good
from deploy.cls_box.rollout.update import Times, Update

Say = Callable[[str], None]
_LOOK_EVERY_S: Final = 10.0


@dataclass(frozen=True)
class Outcome:
    """How it ended with a box. `word`: its phase, or unreachable, failed, not begun."""

    box: str
    word: str
    version: str
    reason: str = ""

    @property
    def is_good(self) -> bool:
        return self.word in ("updated", "settled")


class Campaign:
    """Carries `updates` out. `ring` of each is its member's."""

    def __init__(self, updates: Sequence[Update], limits: Limits, say: Say, times: Times | None = None) -> None:
        self._updates = updates
        self._limits = limits
        self._say = say
        self._times = times or Times()
        self._lock = threading.Lock()
        self._failed = 0

    def run(self) -> list[Outcome]:
        """In the order of the fleet file."""
        outcomes: dict[str, Outcome] = {}
        for ring in sorted({update.member.ring for update in self._updates}):
            of_ring = [update for update in self._updates if update.member.ring == ring]
            with ThreadPoolExecutor(self._limits.parallel) as pool:
                for outcome in pool.map(self._one, of_ring):
                    outcomes[outcome.box] = outcome
            if ring == 0 and any(update.member.ring > 0 for update in self._updates):
                for outcome in self._watched(of_ring, outcomes):
                    outcomes[outcome.box] = outcome
        return [outcomes[update.member.name] for update in self._updates]

    def _one(self, update: Update) -> Outcome:
        with self._lock:
            enough = self._failed >= self._limits.stop_after
        if enough:
            return Outcome(
                update.member.name, "not begun", update.member.version, f"{self._failed} boxes failed before"
            )
        return self._told(update.member.name, update.member.version, update.run)

    def _told(self, name: str, version: str, work: Callable[[], Standing]) -> Outcome:
        try:
            standing = work()
            outcome = Outcome(name, standing.phase, standing.wanted.version, standing.reason)
        except EngineSilent as error:
            outcome = Outcome(name, "unreachable", version, str(error))
        except RolloutError as error:
            outcome = Outcome(name, "failed", version, str(error))
        if not outcome.is_good:
            with self._lock:
                self._failed += 1
        self._say(f"{name}: {outcome.word}{f' ({outcome.reason})' if outcome.reason else ''}")
        return outcome

    def _watched(self, updates: Sequence[Update], outcomes: dict[str, Outcome]) -> list[Outcome]:
        """The canaries, once they have stayed well for long enough; one that has not goes back."""
        changed = []
        for update in updates:
            if outcomes[update.member.name].word != "updated":
                continue
            if reason := self._until_watched(update):
                name, version = update.member.name, update.member.version
                changed.append(self._told(name, version, lambda u=update, why=reason: u.give_back(why)))  # type: ignore[misc]
        return changed

    def _until_watched(self, update: Update) -> str:
        """Why it did not stay well; empty when it did. A watch that was broken off goes on where it was."""
        self._say(f"{update.member.name}: watched for {self._limits.watch_canaries_s:.0f} s from its update on")
        while True:
            standing = update.standing()
            try:
                lacking = update.unwell(standing)
            except RolloutError as error:
                lacking = [str(error)]
            if lacking and (reason := update.still_unwell(standing)):
                return f"it did not stay well: {reason}"
            if not is_good(standing.phase) or self._times.now() - standing.since >= self._limits.watch_canaries_s:
                return ""
            self._times.pause(min(_LOOK_EVERY_S, self._limits.watch_canaries_s))

"""One box, brought to a version step by step. What it stands at is on disk before a step is taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from deploy.cls_box.rollout import judge
from deploy.cls_box.rollout.bundle import UNKNOWN, Bundle, groups, pinned
from deploy.cls_box.rollout.errors import EngineRefused, EngineSilent
from deploy.cls_box.rollout.fleet import Limits, Member
from deploy.cls_box.rollout.ports import BoxEngine
from deploy.cls_box.rollout.state import Standing, States, as_json
from deploy.cls_box.rollout.steps import is_between, is_good, rests, taken_up

_EVERY_S = 2.0
_QUARTER_S = 900.0
_TRIES = 3


@dataclass(frozen=True)
class Times:
    """The clock, and how time is let pass."""

    now: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep


class Update:
    """Brings `member` to `target`. Used by one thread."""

    def __init__(
        self,
        member: Member,
        target: Bundle,
        engine: BoxEngine,
        states: States,
        *,
        limits: Limits,
        times: Times | None = None,
    ) -> None:
        self.member = member
        self._target = target
        self._engine = engine
        self._states = states
        self._limits = limits
        self._times = times or Times()

    def run(self) -> Standing:
        """To an end; what an earlier run left unfinished is finished first. Raises EngineSilent, RolloutError."""
        standing = self._states.read(self.member.name)
        if standing is not None and is_between(standing.phase):
            standing = self._on(replace(standing, phase=taken_up(standing.phase)))
            if standing.phase != "updated" and standing.wanted.images == self._target.images:
                return standing
        if standing is not None and self._is_there(standing):
            return self.settle(standing)
        return self._on(self._begun(standing))

    def give_back(self, reason: str) -> Standing:
        """What was updated does not stay well: back. Raises EngineSilent."""
        standing = self.standing()
        if standing.phase != "updated":
            raise EngineRefused(f"{self.member.name} is not at a new version that it could be taken from")
        return self._on(self._written(standing.then(well=False, now=self._times.now(), reason=reason)))

    def standing(self) -> Standing:
        """Where it stands. Raises RolloutError when it was never begun."""
        standing = self._states.read(self.member.name)
        if standing is None:
            raise EngineRefused(f"{self.member.name} was never updated from here")
        return standing

    def still_unwell(self, standing: Standing) -> str:
        """What it lacks for as long as a box may take to become healthy; empty as soon as it is well."""
        return self._awaited(lambda: self.unwell(standing))

    def unwell(self, standing: Standing) -> list[str]:
        """What an updated box lacks now."""
        parts, told = self._engine.parts(), self._engine.told()
        return judge.lacks(
            standing.wanted.images,
            version=_version(standing.wanted),
            parts=parts,
            told=told,
            before=standing.told,
            limits=self._limits,
        )

    def settle(self, standing: Standing) -> Standing:
        """A version that was healthy for long enough: what was there before is let go."""
        if standing.phase != "updated" or self._times.now() - standing.since < self._limits.keep_old_s:
            return standing
        if lacking := self.unwell(standing):
            return self._written(replace(standing, reason=f"not settled: {'; '.join(lacking)}"))
        earlier = {} if standing.before is None else standing.before.images
        self._engine.forget(sorted(set(earlier.values()) - set(standing.wanted.images.values())))
        return self._written(standing.then(well=True, now=self._times.now()))

    def _is_there(self, standing: Standing) -> bool:
        if not is_good(standing.phase) or standing.wanted != self._target:
            return False
        parts = self._engine.parts()
        return all(service in parts and parts[service].image == image for service, image in self._target.images.items())

    def _begun(self, standing: Standing | None) -> Standing:
        """A new update. What an earlier one left behind, or was before it, is what this one goes back to."""
        before = None
        if standing is not None:
            before = standing.wanted if is_good(standing.phase) else standing.before
        story = () if standing is None else standing.story
        return self._written(
            Standing(self.member.name, "waiting", self._target, before, since=self._times.now(), story=story)
        )

    def _on(self, standing: Standing) -> Standing:
        while not rests(standing.phase):
            try:
                standing, reason = self._patiently(standing)
            except EngineRefused as error:
                reason = str(error)
            standing = self._written(standing.then(well=not reason, now=self._times.now(), reason=reason))
        self._note("result", standing)
        return standing

    def _written(self, standing: Standing) -> Standing:
        self._states.write(standing)
        return standing

    def _patiently(self, standing: Standing) -> tuple[Standing, str]:
        """The step, again while the box cannot be reached, as long as a box may take to become healthy."""
        until = self._times.now() + self._limits.healthy_within_s
        tries = 0
        while True:
            try:
                return _STEPS[standing.phase](self, standing)
            except EngineSilent:
                tries += 1
                if self._times.now() >= until or (standing.phase == "waiting" and tries >= _TRIES):
                    raise
                self._times.pause(_EVERY_S)

    def _prepare(self, standing: Standing) -> tuple[Standing, str]:
        until = self._times.now() + _QUARTER_S
        while True:
            host, told = self._engine.host(), self._engine.told()
            reasons = judge.may_begin(self.member, host, told, self._limits, self._times.now())
            if not reasons:
                break
            if not all(map(judge.passes, reasons)) or self._times.now() >= until:
                return standing, "; ".join(reasons)
            self._times.pause(_EVERY_S)
        return replace(standing, before=self._before(standing), told=told), ""

    def _before(self, standing: Standing) -> Bundle | None:
        """What runs now: as it was brought there from here, or else as it is found."""
        running = {service: part.image for service, part in self._engine.parts().items()}
        kept = standing.before
        if kept is not None and all(running.get(service) == image for service, image in kept.images.items()):
            return kept
        found = {service: image for service, image in running.items() if service in self._target.images}
        if not found:
            return None
        versions = {said.version for said in self._engine.told().values()}
        version = versions.pop() if len(versions) == 1 else UNKNOWN
        return pinned(version, self._target.compose, self._target.environment, found)

    def _pull(self, standing: Standing) -> tuple[Standing, str]:
        for reference in sorted(set(standing.wanted.images.values())):
            self._engine.pull(reference)
        return standing, ""

    def _save(self, standing: Standing) -> tuple[Standing, str]:
        self._engine.note("before", as_json(standing))
        return standing, ""

    def _switch(self, standing: Standing) -> tuple[Standing, str]:
        return standing, self._exchanged(standing.wanted, standing.before)

    def _check(self, standing: Standing) -> tuple[Standing, str]:
        return standing, self._awaited(lambda: self.unwell(standing))

    def _return(self, standing: Standing) -> tuple[Standing, str]:
        if standing.before is None:
            self._engine.down(standing.wanted, sorted(standing.wanted.images))
            return standing, ""
        for reference in sorted({image for image in standing.before.images.values() if "@" in image}):
            self._engine.pull(reference)
        return standing, self._exchanged(standing.before, standing.wanted)

    def _recheck(self, standing: Standing) -> tuple[Standing, str]:
        """Its containers and its journal only: what is around the box may have failed meanwhile."""
        if standing.before is None:
            return standing, ""
        return standing, self._awaited(partial(self._as_before, standing.before.images))

    def _as_before(self, images: Mapping[str, str]) -> list[str]:
        parts, told = self._engine.parts(), self._engine.told()
        return judge.lacks(images, version=None, parts=parts, told=told, before={}, limits=self._limits)

    def _exchanged(self, wanted: Bundle, other: Bundle | None) -> str:
        """One group of services after the other; the reason why it stopped."""
        strays = sorted((other.images.keys() if other else set()) - wanted.images.keys())
        if strays and other is not None:
            self._engine.down(other, strays)
        for group in groups(wanted):
            self._engine.up(wanted, group)
            images = {service: wanted.images[service] for service in group}
            if reason := self._awaited(partial(self._young, images)):
                return reason
        return ""

    def _young(self, images: Mapping[str, str]) -> list[str]:
        """What these lack for others to be started upon them."""
        limits = replace(self._limits, stays_up_s=0.0)
        return judge.lacks(images, version=None, parts=self._engine.parts(), told={}, before={}, limits=limits)

    def _awaited(self, lacking: Callable[[], list[str]]) -> str:
        """Waits until nothing is lacking; what is, when time is up."""
        until = self._times.now() + self._limits.healthy_within_s
        while reasons := lacking():
            if self._times.now() >= until:
                return "; ".join(reasons)
            self._times.pause(_EVERY_S)
        return ""

    def _note(self, name: str, standing: Standing) -> None:
        """The box's own record is for whoever stands before it; the update does not hang on it."""
        try:
            self._engine.note(name, as_json(standing))
        except (EngineRefused, EngineSilent) as error:
            self._states.write(replace(standing, reason=standing.reason or f"the box did not note it: {error}"))


def _version(bundle: Bundle) -> str | None:
    return None if bundle.version == UNKNOWN else bundle.version


_STEPS: dict[str, Callable[[Update, Standing], tuple[Standing, str]]] = {
    "waiting": Update._prepare,
    "pulling": Update._pull,
    "saving": Update._save,
    "switching": Update._switch,
    "checking": Update._check,
    "returning": Update._return,
    "rechecking": Update._recheck,
}

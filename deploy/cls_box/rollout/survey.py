"""Looks at boxes, and changes nothing."""

from __future__ import annotations

import time

from deploy.cls_box.rollout import judge
from deploy.cls_box.rollout.bundle import UNKNOWN, Bundle
from deploy.cls_box.rollout.errors import RolloutError
from deploy.cls_box.rollout.fleet import Limits, Member
from deploy.cls_box.rollout.ports import BoxEngine, Told
from deploy.cls_box.rollout.state import Standing
from deploy.cls_box.rollout.steps import is_between, is_good

NEVER = "never updated from here"


def planned(
    member: Member, target: Bundle, engine: BoxEngine, standing: Standing | None, limits: Limits
) -> tuple[str, str, str, str]:
    """Box, what it runs, what is wanted, and what an `apply` would do now."""
    try:
        host, told, parts = engine.host(), engine.told(), engine.parts()
    except RolloutError as error:
        return member.name, "?", target.version, f"nothing: {error}"
    runs = _versions(told)
    if standing is not None and is_between(standing.phase):
        return member.name, runs, target.version, f"go on with what was interrupted ({standing.phase})"
    changed = sorted(s for s, image in target.images.items() if s not in parts or parts[s].image != image)
    reasons = judge.may_begin(member, host, told, limits, time.time())
    if not changed:
        return member.name, runs, target.version, "nothing: it runs what is wanted"
    if reasons:
        return member.name, runs, target.version, f"nothing now: {'; '.join(reasons)}"
    return member.name, runs, target.version, f"exchange {', '.join(changed)}" if parts else "install"


def seen(member: Member, engine: BoxEngine, standing: Standing | None, limits: Limits) -> tuple[str, str, str, str]:
    """Box, where it stands, what it runs, and what it lacks now (`well` when nothing)."""
    phase = NEVER if standing is None else standing.phase
    try:
        parts, told = engine.parts(), engine.told()
    except RolloutError as error:
        return member.name, phase, "?", str(error)
    wanted = {service: part.image for service, part in parts.items()}
    version, before = None, {}
    if standing is not None and is_good(standing.phase):
        wanted, before = dict(standing.wanted.images), standing.told
        version = None if standing.wanted.version == UNKNOWN else standing.wanted.version
    lacking = judge.lacks(wanted, version=version, parts=parts, told=told, before=before, limits=limits)
    if not wanted:
        lacking = ["nothing runs there"]
    return member.name, phase, _versions(told), "; ".join(lacking) or "well"


def _versions(told: dict[str, Told]) -> str:
    return ", ".join(sorted({said.version for said in told.values()})) or "-"

"""Whether a box may be updated, and whether it is well afterwards. Each gives reasons, none is good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from deploy.cls_box.rollout.fleet import Limits, Member
from deploy.cls_box.rollout.ports import Host, Part, Told

SLOT_S: Final = 900
_ENTRIES: Final = re.compile(r"(\d+) entries")
_UNDER_WAY: Final = re.compile(r"(\d+) orders under way")
_ALWAYS: Final = ("journal",)
"""Checks that must hold whatever they said before."""


def may_begin(member: Member, host: Host, told: Mapping[str, Told], limits: Limits, now: float) -> list[str]:
    """Why the box is left alone for now; empty when it may be updated."""
    reasons = []
    if _numbers(host.engine) < _numbers(limits.engine_at_least):
        reasons.append(f"its engine is {host.engine}, {limits.engine_at_least} is needed")
    if member.architecture not in (None, host.architecture):
        reasons.append(f"it is {host.architecture}, not {member.architecture} as the fleet file says")
    if host.free_mb is not None and host.free_mb < limits.free_mb:
        reasons.append(f"it has {host.free_mb} MB free, {limits.free_mb} are needed")
    if abs(host.clock_off_s) > limits.clock_off_s:
        reasons.append(f"its clock is {host.clock_off_s:+.1f} s from ours, {limits.clock_off_s:.1f} s are allowed")
    reasons += [f"{service}: {words}" for service, words in _broken(told, _ALWAYS)]
    if waiting := orders_under_way(told):
        reasons.append(f"{waiting} orders of this quarter hour are under way")
    since = now % SLOT_S
    if min(since, SLOT_S - since) < limits.border_s:
        reasons.append(f"a quarter hour begins or has just begun ({limits.border_s:.0f} s around it stay free)")
    return reasons


def passes(reason: str) -> bool:
    """Whether it goes away by itself within minutes, so that waiting is worth it."""
    return "quarter hour" in reason


def lacks(
    wanted: Mapping[str, str],
    *,
    version: str | None,
    parts: Mapping[str, Part],
    told: Mapping[str, Told],
    before: Mapping[str, Told],
    limits: Limits,
) -> list[str]:
    """What a box still lacks that shall run `wanted` (service -> image); empty when it is well.

    `version`: what its services must say they are; None where that is unknown. `before`: what they said before the
    update: no check that held then may fail now, and the journal has lost nothing.
    """
    reasons = []
    for service, image in wanted.items():
        part = parts.get(service)
        if part is None:
            reasons.append(f"{service} is not there")
        elif part.image != image:
            reasons.append(f"{service} runs another image")
        elif part.state != "running":
            reasons.append(f"{service} is {part.state}")
        elif part.health not in ("", "healthy"):
            reasons.append(f"{service} is {part.health}")
        elif part.up_s < limits.stays_up_s:
            reasons.append(f"{service} runs for {part.up_s:.0f} s only")
    reasons += [
        f"{service} says that it is version {said.version}, not {version}"
        for service, said in told.items()
        if version is not None and said.version != version
    ]
    reasons += [f"{service} does not answer" for service in before if service in wanted and service not in told]
    reasons += [f"{service}: {words}" for service, words in _broken(told, _ALWAYS)]
    reasons += _worse(told, before)
    if (now := journal_entries(told)) < (then := journal_entries(before)):
        reasons.append(f"the journal has {now} entries, it had {then}")
    return reasons


def orders_under_way(told: Mapping[str, Told]) -> int:
    """Orders that the box has taken on and whose block it has not seen."""
    return sum(_number(_UNDER_WAY, words) for said in told.values() for _well, words in said.checks.values())


def journal_entries(told: Mapping[str, Told]) -> int:
    """How much the box has written down; 0 when it does not say."""
    return max((_number(_ENTRIES, said.checks.get("journal", (True, ""))[1]) for said in told.values()), default=0)


def _broken(told: Mapping[str, Told], checks: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (service, f"{check}: {said.checks[check][1]}")
        for service, said in told.items()
        for check in checks
        if check in said.checks and not said.checks[check][0]
    ]


def _worse(told: Mapping[str, Told], before: Mapping[str, Told]) -> list[str]:
    return [
        f"{service}: {check} held before and fails now: {said.checks.get(check, (False, 'it is gone'))[1]}"
        for service, earlier in before.items()
        if (said := told.get(service)) is not None
        for check, (held, _words) in earlier.checks.items()
        if held and check not in _ALWAYS and not said.checks.get(check, (False, ""))[0]
    ]


def _number(pattern: re.Pattern[str], words: str) -> int:
    found = pattern.search(words)
    return int(found[1]) if found else 0


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]

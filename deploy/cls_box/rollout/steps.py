"""The steps of an update, and what follows from each. Nothing here knows of an engine.

    waiting -> pulling -> saving -> switching -> checking -> updated -> settled
       |         |          |           |           |
       +---------+----------+-> kept    +-----------+-> returning -> rechecking -> returned
                                                            |            |
                                                            +------------+-> stuck (taken up again by the next run)
    `updated` that does not stay well while it is watched -> returning

Up to `saving` the box runs what it ran; nothing has touched it. From `switching` on it may run parts of both, so what
follows leads to one of them whole: to the new version, or back. What is interrupted stays where it is and is done
again, for each step may be done twice.
"""

from __future__ import annotations

from typing import Final, Literal

Phase = Literal[
    "waiting",
    "pulling",
    "saving",
    "switching",
    "checking",
    "updated",
    "settled",
    "kept",
    "returning",
    "rechecking",
    "returned",
    "stuck",
]

_DONE: Final[dict[Phase, Phase]] = {
    "waiting": "pulling",
    "pulling": "saving",
    "saving": "switching",
    "switching": "checking",
    "checking": "updated",
    "returning": "rechecking",
    "rechecking": "returned",
    "updated": "settled",
}
_FAILED: Final[dict[Phase, Phase]] = {
    "waiting": "kept",
    "pulling": "kept",
    "saving": "kept",
    "switching": "returning",
    "checking": "returning",
    "returning": "stuck",
    "rechecking": "stuck",
    "updated": "returning",
}
_RESTING: Final[frozenset[Phase]] = frozenset({"updated", "settled", "kept", "returned", "stuck"})
_BETWEEN: Final[frozenset[Phase]] = frozenset({"switching", "checking", "returning", "rechecking", "stuck"})


def after(phase: Phase, *, well: bool) -> Phase:
    """What follows from a step that was done, or could not be."""
    return (_DONE if well else _FAILED)[phase]


def rests(phase: Phase) -> bool:
    """Whether an update has come to an end here."""
    return phase in _RESTING


def is_between(phase: Phase) -> bool:
    """Whether the box may run parts of both versions."""
    return phase in _BETWEEN


def taken_up(phase: Phase) -> Phase:
    """Where a new run goes on with a box that was left so: a return that failed is tried again."""
    return "returning" if phase == "stuck" else phase


def is_good(phase: Phase) -> bool:
    """Whether the box runs what was wanted."""
    return phase in ("updated", "settled")

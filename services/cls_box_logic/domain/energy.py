"""The energy of a slot from samples of a cumulated counter. Pure; times are ms since the epoch (UTC), energy whole Wh.

A sample within `tolerance_ms` of a slot's border is the counter at that border, so that the energy is an exact
difference. A border that was missed is interpolated between its neighbours and marked as substituted; the sum over
several slots stays exact. A counter that has no value or goes back is never traded on: the slot is missing. Neither is
one of whose samples nobody knows which came first, since the box's clock went back between them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.cls_box_logic.domain.clock import Judgement, worst


@dataclass(frozen=True, slots=True)
class Sample:
    """What a counter showed at a time; None when it had no value. `clock`: how well that time was known; `era`: how
    often the clock had gone back before.
    """

    at_ms: int
    wh: int | None
    clock: Judgement = "good"
    era: int = 0


@dataclass(frozen=True, slots=True)
class Energy:
    """The energy of a slot. `substituted`: a border was interpolated. `clock`: how well it went at the borders."""

    wh: int
    substituted: bool = False
    clock: Judgement = "good"


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no energy to trade on, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The sample at or after the slot's end is still to come."""


@dataclass(frozen=True, slots=True)
class _Border:
    """A counter at a border: from the samples `first` to `last`, which are one when the border was met."""

    wh: int
    first: int
    last: int


def energy_of_slot(
    samples: Sequence[Sample], begin_ms: int, end_ms: int, tolerance_ms: int, most_w: int | None = None
) -> Energy | Missing | Pending:
    """The energy between two borders, from samples in the order of their times. `most_w`: no more can be behind it."""
    told = _of_one_clock(samples, begin_ms - tolerance_ms, end_ms + tolerance_ms)
    if isinstance(told, Missing):
        return told
    samples = told
    begin = _border(samples, begin_ms, tolerance_ms)
    if isinstance(begin, Missing):
        return begin
    end = _border(samples, end_ms, tolerance_ms)
    if not isinstance(begin, _Border) or not isinstance(end, _Border):
        return end if isinstance(end, Missing) else Pending()
    used = samples[begin.first : end.last + 1]
    if reason := _fault(used) or _leap(used, most_w):
        return Missing(reason)
    at_borders = (*samples[begin.first : begin.last + 1], *samples[end.first : end.last + 1])
    clock = worst(sample.clock for sample in at_borders)
    return Energy(end.wh - begin.wh, begin.first != begin.last or end.first != end.last, clock)


def next_border(now_ms: int, slot_lengths_s: Iterable[int]) -> int | None:
    """The next start of a slot after now, of any of these lengths; None without one."""
    borders = [(now_ms // (length * 1000) + 1) * length * 1000 for length in slot_lengths_s]
    return min(borders, default=None)


def _of_one_clock(samples: Sequence[Sample], begin_ms: int, end_ms: int) -> Sequence[Sample] | Missing:
    """The samples whose times can be compared: of one era within the span, its neighbours from no era after or before.

    Where a span has samples of several eras, those count whose time was known for sure.
    """
    if len({sample.era for sample in samples}) <= 1:
        return samples
    eras = _eras(samples, begin_ms, end_ms)
    if len(eras) > 1:
        samples = [sample for sample in samples if sample.clock == "good"]
        eras = _eras(samples, begin_ms, end_ms)
        if len(eras) != 1:
            return Missing(f"the box's clock went back between {_clock(begin_ms)} and {_clock(end_ms)}")
    before = [sample.era for sample in samples if sample.at_ms < begin_ms]
    era = next(iter(eras), before[-1] if before else 0)
    return [
        sample
        for sample in samples
        if begin_ms <= sample.at_ms <= end_ms
        or (sample.at_ms < begin_ms and sample.era <= era)
        or (sample.at_ms > end_ms and sample.era >= era)
    ]


def _eras(samples: Iterable[Sample], begin_ms: int, end_ms: int) -> set[int]:
    return {sample.era for sample in samples if begin_ms <= sample.at_ms <= end_ms}


def _border(samples: Sequence[Sample], border_ms: int, tolerance_ms: int) -> _Border | Missing | Pending:
    near = samples[
        bisect_left(samples, border_ms - tolerance_ms, key=_time) : bisect_right(
            samples, border_ms + tolerance_ms, key=_time
        )
    ]
    if near:
        met = min(near, key=lambda sample: (sample.wh is None, abs(sample.at_ms - border_ms)))
        place = bisect_left(samples, met.at_ms, key=_time)
        if met.wh is None:
            return Missing(f"the counter had no value at {_clock(border_ms)}")
        return _Border(met.wh, place, place)
    after = bisect_left(samples, border_ms, key=_time)
    if after == 0:
        return Missing(f"there is no sample at or before {_clock(border_ms)}") if samples else Pending()
    if after == len(samples):
        return Pending()
    return _interpolated(samples, after, border_ms)


def _interpolated(samples: Sequence[Sample], after: int, border_ms: int) -> _Border | Missing:
    left, right = samples[after - 1], samples[after]
    if left.wh is None or right.wh is None:
        return Missing(f"the counter had no value next to {_clock(border_ms)}, which was not sampled")
    share = (right.wh - left.wh) * (border_ms - left.at_ms) // (right.at_ms - left.at_ms)
    return _Border(left.wh + share, after - 1, after)


def _fault(used: Sequence[Sample]) -> str | None:
    """Why a run of samples is not to be trusted."""
    before: int | None = None
    for sample in used:
        if sample.wh is None:
            return f"the counter had no value at {_clock(sample.at_ms)}"
        if before is not None and sample.wh < before:
            return f"the counter went back from {before} to {sample.wh} Wh before {_clock(sample.at_ms)}"
        before = sample.wh
    return None


def _leap(used: Sequence[Sample], most_w: int | None) -> str | None:
    """Why a run of samples without a fault is more than there can be: the meter was replaced, its counter set anew."""
    first, last = used[0], used[-1]
    counted = (last.wh or 0) - (first.wh or 0)
    if most_w is None or counted <= most_w * (last.at_ms - first.at_ms) / 3_600_000 + 1:
        return None
    return f"the counter leapt by {counted} Wh before {_clock(last.at_ms)}, which is more than {most_w} W can give"


def _time(sample: Sample) -> int:
    return sample.at_ms


def _clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

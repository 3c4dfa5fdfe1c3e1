"""Samples the box's counters at every slot border, in a thread of the service.

Between borders it only reads when the Edge was away or had no values, so that there is a neighbour to interpolate
from as soon as there can be one.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.cls_box_logic.domain.clock import Judgement
from services.cls_box_logic.domain.energy import next_border
from services.cls_box_logic.errors import OpenEmsUnavailable
from services.cls_box_logic.samples import SampleStore

_log = logging.getLogger(__name__)

AGAIN_S = 0.25
"""Between two tries at a border."""

LONGEST_WAIT_S = 1.0
"""So that a new market, a changed clock and an Edge that is back are noticed."""


@dataclass(frozen=True, slots=True)
class SamplerState:
    """How sampling stands: the time of the last complete sample, the next border, and what is wrong."""

    newest_ms: int | None
    next_border_ms: int | None
    trouble: str | None


class Sampler:
    """`read` gives counters' values (one call to the Edge); `slot_lengths_s` the slot lengths of the box's markets."""

    def __init__(
        self,
        store: SampleStore,
        channels: frozenset[str],
        read: Callable[[frozenset[str]], Mapping[str, int | None]],
        slot_lengths_s: Callable[[], frozenset[int]],
        *,
        clock_ms: Callable[[], int],
        clock_is: Callable[[], Judgement],
        tolerance_ms: int,
    ) -> None:
        self._store = store
        self._channels = channels
        self._read = read
        self._slot_lengths_s = slot_lengths_s
        self._clock_ms = clock_ms
        self._clock_is = clock_is
        self._tolerance_ms = tolerance_ms
        self._lacking = channels
        self._trouble: str | None = "no sample was taken since the start"
        self._next_ms: int | None = None

    def state(self) -> SamplerState:
        """For the health route."""
        return SamplerState(self._store.newest_ms(), self._next_ms, self._trouble)

    def run(self, stopped: threading.Event) -> None:
        """Samples until `stopped` is set."""
        while not stopped.is_set():
            self.round(stopped)

    def round(self, stopped: threading.Event) -> None:
        """Waits for a while, and takes the sample when a border has come, also one that came while it read.

        A box that takes part nowhere reads nothing; the first sample comes with its first market.
        """
        lengths_s = self._slot_lengths_s()
        if not lengths_s:
            self._lacking, self._next_ms = self._channels, None
            self._note(None)
            stopped.wait(LONGEST_WAIT_S)
            return
        if self._next_ms is None or self._next_ms > self._clock_ms():
            self._next_ms = next_border(self._clock_ms(), lengths_s)
        if self._lacking:
            self._lacking = self._sample(self._lacking)[0]
        left_s = LONGEST_WAIT_S if self._next_ms is None else (self._next_ms - self._clock_ms()) / 1000
        stopped.wait(max(0.0, min(left_s, LONGEST_WAIT_S)))
        border_ms = self._next_ms
        if border_ms is not None and self._clock_ms() >= border_ms and not stopped.is_set():
            self._next_ms = next_border(self._clock_ms(), lengths_s)
            self._meet(border_ms, stopped)

    def _meet(self, border_ms: int, stopped: threading.Event) -> None:
        """Takes the border's sample; a counter without a value is asked for again while the tolerance lasts.

        What has none then is kept as having none; what could not be asked for is not kept.
        """
        lacking, answered = self._sample(self._channels)
        until_ms = border_ms + self._tolerance_ms - int(AGAIN_S * 1000)
        while lacking and self._clock_ms() < until_ms and not stopped.wait(AGAIN_S):
            lacking, answered = self._sample(lacking)
        if lacking and answered:
            self._kept(dict.fromkeys(lacking))
        self._lacking = lacking

    def _sample(self, wanted: frozenset[str]) -> tuple[frozenset[str], bool]:
        """Reads and keeps what has a value; gives what has none, and whether the Edge answered.

        The sample's time is that after the read: when that lies within the tolerance, so does the counter's.
        """
        try:
            counters = self._read(wanted)
        except OpenEmsUnavailable as error:
            self._note(str(error))
            return wanted, False
        found = {channel: value for channel, value in counters.items() if value is not None}
        if found and not self._kept(found):
            return wanted, False
        lacking = wanted - found.keys()
        self._note(f"no value from {', '.join(sorted(lacking))}" if lacking else None)
        return lacking, True

    def _kept(self, counters: Mapping[str, int | None]) -> bool:
        """Whether the disk took them; if not, the next value that it takes is the neighbour for interpolation."""
        try:
            self._store.add(self._clock_ms(), counters, self._clock_is())
        except sqlite3.OperationalError as error:
            self._note(f"samples are not kept ({error}); make room on the box's disk")
            return False
        return True

    def _note(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            level = logging.INFO if trouble is None else logging.WARNING
            _log.log(level, "sampling: %s", trouble or "all counters are there")
        self._trouble = trouble

"""The system whose parts are killed while everybody trades, and what must hold after each kill."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from deploy.local.health import OK, health
from services.shared.wait import wait_until
from tests.faults.day import LEAD_S, SLOT_S, Day
from tests.faults.orders import Trader
from tests.faults.standing import Standing
from tests.faults.victims import CHILD, Kill, process, strike
from tests.local_system import RunningSystem

SEED: Final = int(os.environ.get("TBI_FAULTS_SEED", "20261128"))
SHORT: Final = 6
"""Kills in a run that nobody asked more of."""

RUNS: Final = int(os.environ.get("TBI_FAULTS_RUNS", SHORT))
LASTS_S: Final = 300 + 30 * RUNS
"""The day, with time enough for as many kills on a slow machine."""

OF: Final = os.environ.get("TBI_FAULTS_OF", "")
"""One part's name (victims.py), to kill it alone."""

_BACK_S: Final = 180
_ON_S: Final = 180
"""Generous: on a machine with other work the start of one program takes half a minute; and an order that was under way
in a process that died is taken up again when its lease of two minutes is over."""


@dataclass
class Faults:
    """`seen`: a line for each kill, for the report."""

    system: RunningSystem
    day: Day
    standing: Standing
    seen: list[str] = field(default_factory=list)

    def kill(self, kill: Kill) -> None:
        """One process, while orders are under way; returns when it is well again, by itself."""
        before_s, begun = kill.after_s, time.monotonic()
        wait_until(lambda: time.monotonic() >= begun + before_s, before_s + 1, what="the moment of the kill")
        at = time.strftime("%H:%M:%S")
        gone = strike(self.system, kill.victim)
        back_s = self._wait_for(kill.victim, gone)
        self.seen.append(f"seed {SEED}, {kill}: process {gone} killed at {at}, back after {back_s:.1f} s")

    def _wait_for(self, victim: str, gone: int) -> float:
        """Seconds until the part is well with another process, and all run. Raises AssertionError: what is not."""
        program, ill = self.system.plan.program(victim.removesuffix(CHILD)), list[str]()

        def is_back() -> bool:
            ill[:] = [name for name, state in self.system.supervisor.states().items() if state.state != "RUNNING"]
            told = "no new process" if process(self.system, victim) in (gone, 0) else health(program)
            if told != OK:
                ill.append(f"{victim}: {told}")
            return not ill

        dead = time.monotonic()
        try:
            wait_until(is_back, _BACK_S, every=0.5)
        except TimeoutError as error:
            raise AssertionError(f"{_BACK_S} s after the kill: {ill}") from error
        return time.monotonic() - dead

    def ill(self) -> list[str]:
        """Parts that are not well, after a while for those that were killed last."""
        found: list[str] = []

        def all_well() -> bool:
            found[:] = [
                f"{row.part}: {row.state}, {row.health}" for row in self.system.status().values() if not row.well
            ]
            return not found

        with suppress(TimeoutError):
            wait_until(all_well, _BACK_S, every=2.0)
        return found

    def is_over(self) -> bool:
        """Whether the day has no time left for another kill: the machine is too slow for as many as were asked for."""
        return time.time() > self.day.until - 2 * SLOT_S - LEAD_S

    def goes_on(self) -> None:
        """Each of the traders has something new accepted."""
        before = {trader.name: len(trader.answered) for trader in self.day.traders}
        for trader in self.day.traders:
            wait_until(
                lambda trader=trader: self._has_new(trader, before[trader.name]),  # type: ignore[misc]
                _ON_S,
                every=0.3,
                what=f"something that {trader.name} has had accepted since",
            )

    def wrong(self) -> list[str]:
        """What was lost, what was doubled, what was done though refused, and what nobody may be answered."""
        traders = self.day.traders
        accepted = [answer for trader in traders for answer in trader.accepted()]
        refused = [answer for trader in traders for answer in trader.refused()]
        self.standing.catch_up()
        return [
            *(f"lost: {line}" for line in self.standing.missing(accepted)),
            *(f"doubled: {line}" for line in self.standing.doubled()),
            *(f"refused and done: {line}" for line in self.standing.done_though_refused(refused)),
            *(fault for trader in traders for fault in trader.faults),
        ]

    @staticmethod
    def _has_new(trader: Trader, before: int) -> bool:
        return any(answer.accepted for answer in trader.answered[before:])


def replay(kill: Kill) -> str:
    """The command that kills the same process at the same moment of its trading again."""
    alone = f'TBI_FAULTS_OF="{OF}" ' if OF else ""
    return f"{alone}TBI_FAULTS_SEED={SEED} TBI_FAULTS_RUNS={RUNS} ./tbi test faults -- -k '{kill}'"

"""Who is killed, and when: drawn from a seed, so that a run can be had again."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psutil

from deploy.local.plan import Plan
from tests.local_system import RunningSystem

WITH_CHILD: Final = ("chain", "identity", "mongod")
"""Programs of the plan that are parents of the process that does the work: both are killed, at different times."""
CHILD: Final = "'s child"
MAIN: Final = (
    *("chain's child", "mongod's child", "blockchain-connector"),
    *("seller.blockchain-connector", "bidder2.cls-box-logic", "background-manager-logic"),
)
"""What holds orders while they are under way: they come first, so that the short set is these."""
_BOXES: Final = ("seller", "bidder1", "bidder2")


@dataclass(frozen=True)
class Kill:
    """`after_s`: seconds of trading before it happens."""

    number: int
    victim: str
    after_s: float

    def __str__(self) -> str:
        return f"kill{self.number:02}-{self.victim.replace(CHILD, '>')}"


def victims(plan: Plan) -> list[str]:
    """All processes of the plan; those of a box on which nothing is traded do nothing that could be lost."""
    programs = [p.name for p in plan.programs if "." not in p.name or p.name.split(".")[0] in _BOXES]
    return programs + [f"{name}{CHILD}" for name in WITH_CHILD]


def draw(names: Sequence[str], seed: int, count: int) -> list[Kill]:
    """Everybody once before anybody twice, in an order and at times that the seed says; first those of MAIN."""
    dice = random.Random(seed)
    order: list[str] = []
    while len(order) < count:
        round_ = sorted(names)
        dice.shuffle(round_)
        order += round_ if order else sorted(round_, key=lambda name: name not in MAIN)
    return [
        Kill(number, name, random.Random(f"{seed}/{number}").uniform(0.5, 5))
        for number, name in enumerate(order[:count])
    ]


def strike(system: RunningSystem, victim: str) -> int:
    """kill -9; gives the process id that is gone."""
    pid = process(system, victim)
    os.kill(pid, signal.SIGKILL)
    return pid


def process(system: RunningSystem, victim: str) -> int:
    """Of the program, or of the one that it has started for its work. 0: there is none just now."""
    pid = system.pid(victim.removesuffix(CHILD))
    if not victim.endswith(CHILD) or not pid:
        return pid
    try:
        return max((child.pid for child in psutil.Process(pid).children()), default=0)
    except psutil.NoSuchProcess:
        return 0

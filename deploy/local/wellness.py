"""Waiting until the parts are well, and saying so: a line for each part of the cloud side, and one for each box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from deploy.local.health import OK, health
from deploy.local.plan import Plan, Program
from deploy.local.supervise import State, Supervisor, log_file
from services.shared.wait import wait_until

Say = Callable[[str], None]
_HEALTHY_S = 150.0
_EVERY_S = 0.6


def wait_for(
    plan: Plan,
    programs: Sequence[Program],
    supervisor: Supervisor,
    say: Say,
    unless: Callable[[], None] = lambda: None,
) -> None:
    """Until all are healthy. Raises TimeoutError with what is amiss, and whatever `unless` raises, at once."""
    waiting = {program.name: "not asked yet" for program in programs}
    tell = _Teller(plan, programs, say)

    def one_round() -> bool:
        unless()
        states = supervisor.states()
        asked = [program for program in programs if program.name in waiting]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(health, asked))
        for program, answer in zip(asked, answers, strict=True):
            state = states[program.name]
            if answer == OK and _is_up(program, state):
                del waiting[program.name]
                tell(program)
            else:
                waiting[program.name] = answer if state.state == "RUNNING" else f"{state.state.lower()}, {answer}"
        return not waiting

    try:
        wait_until(one_round, _HEALTHY_S, every=_EVERY_S, what="the parts' health")
    except TimeoutError as error:
        name, why = next(iter(waiting.items()))
        others = f" (and {len(waiting) - 1} more parts)" if len(waiting) > 1 else ""
        raise TimeoutError(f"{name} is not well{others}: {why}{_last_words(plan, name)}") from error


def _is_up(program: Program, state: State) -> bool:
    """Who answers well need not have lived as long as the supervisor wants to see; who cannot be asked must."""
    return state.state == "RUNNING" or (state.state == "STARTING" and program.probe != "process")


class _Teller:
    """Tells each part as it comes; a box when all of its parts are there."""

    def __init__(self, plan: Plan, programs: Sequence[Program], say: Say) -> None:
        self._boxes = {box.name: box for box in plan.boxes}
        self._open = {program.name for program in programs}
        self._say = say

    def __call__(self, program: Program) -> None:
        self._open.discard(program.name)
        box = self._boxes.get(program.name.partition(".")[0])
        if box is None:
            self._say(f"{program.name} runs{f' at {program.address}' if program.address else ''}")
        elif not any(name.startswith(f"{box.name}.") for name in self._open):
            self._say(f"box {box.name} runs at {box.address}")


def _last_words(plan: Plan, name: str) -> str:
    """The last line that a part wrote."""
    try:
        lines = log_file(plan.settings, name).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return f'; the last that it wrote: "{lines[-1].strip()}"' if lines else "; it wrote nothing"

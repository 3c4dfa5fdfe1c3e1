"""What runs, as a table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.local.health import OK, health
from deploy.local.plan import Plan, Program
from deploy.local.supervise import State, Supervisor

COLUMNS = ("PART", "STATE", "PID", "ADDRESS", "SINCE (UTC)", "HEALTH")


@dataclass(frozen=True)
class Row:
    part: str
    state: str
    pid: str
    address: str
    health: str
    since: str

    @property
    def well(self) -> bool:
        return self.state == "running" and self.health == OK

    def cells(self) -> tuple[str, ...]:
        return (self.part, self.state, self.pid, self.address, self.since, self.health)


def status(plan: Plan) -> list[Row]:
    """A row for each program. Raises SupervisorError when the supervisor is there but does not answer."""
    supervisor = Supervisor(plan.settings)
    states = supervisor.states() if supervisor.pid() is not None else {}
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda program: _row(program, states.get(program.name)), plan.programs))


def _row(program: Program, state: State | None) -> Row:
    if state is None or not state.pid:
        told = "stopped" if state is None else state.state.lower()
        return Row(program.name, told, "-", program.address, "-" if state is None else state.remark or "-", "-")
    since = datetime.fromtimestamp(state.since, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return Row(program.name, state.state.lower(), str(state.pid), program.address, health(program), since)


def as_table(rows: list[Row]) -> str:
    """The rows under their headings; what may be a long sentence comes last, so that it pushes nothing aside."""
    cells = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)

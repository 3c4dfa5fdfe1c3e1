"""The keeper's round: read, plan, push. Everything that it knows can be read again from the chain."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from services.blockchain_connector.keeper import domain
from services.blockchain_connector.keeper.domain import Clock, SlotRows, Task
from services.blockchain_connector.keeper.tables import Tables
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError, ChainUnavailable, ContractRefused, ResourcesExhausted
from services.shared.chain.signer import Signer
from services.shared.chain.transaction import Action

_log = logging.getLogger(__name__)

LEVEL = ("tbiadmin", "keeper")
_BATCH = 12  # actions a transaction: well below the node's limit of time
_AWARDS_A_ROUND = 120
_NEWEST_SLOTS, _OTHER_SLOTS, _ERASED_SLOTS = 4, 4, 8
_PUSHED_PAUSE_S = 3.0  # a pushed action is in a block by then, or it is due again
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_SLOW_EVERY_S = 5.0
_CONTRACTS_EVERY_S = 120.0
# Somebody else did it already, or it came a block too early.
_NORMAL = frozenset({"M-AWD-01", "M-AWD-02", "M-EVT-01", "M-RAM-01", "M-SEC-01", "M-SET-04", "M-SET-06", "M-SET-07"})


@dataclass
class Figures:
    """Counted since the start; for the heartbeat."""

    pushed: int = 0
    refused: int = 0
    last_refusal: str | None = None


@dataclass
class _MarketMemory:
    """What spares reading again. Losing it costs time only."""

    first: int | None = None
    done: set[int] = field(default_factory=set)
    looked_at: float = float("-inf")
    contracts_looked_at: float = float("-inf")
    turn: int = 0
    erase_from: int = 0


class Keeper:
    """One thread calls `round`."""

    def __init__(self, chain: ChainClient, signer: Signer, monotonic: Callable[[], float]) -> None:
        self._chain = chain
        self._tables = Tables(chain)
        self._signer = signer
        self._monotonic = monotonic
        self._memory: dict[str, _MarketMemory] = {}
        self._not_before: dict[tuple[str | int, ...], tuple[float, float]] = {}
        self.figures = Figures()

    def round(self) -> int:
        """Pushes what is due. How many actions were accepted. Raises ChainUnavailable."""
        now = self._tables.now()
        accepted = 0
        for clock in self._tables.clocks():
            for plan in (self._urgent(clock, now), self._slots(clock, now), self._slow(clock, now)):
                accepted += self._push(list(plan))
        self._forget_old_pauses()
        return accepted

    def _urgent(self, clock: Clock, now: int) -> Iterator[Task]:
        yield from domain.awards(clock, self._tables.due_offers(clock.market, now, _AWARDS_A_ROUND), now)
        yield from domain.events(clock, self._tables.counters(clock.market), now)

    def _slots(self, clock: Clock, now: int) -> Iterator[Task]:
        """Settlements and sweeps: of the newest ended slots in every round, of all others in turns."""
        counters = self._tables.counters(clock.market)
        points = self._tables.points(clock.market, counters["points"] if counters else 0)
        for slot in self._slots_to_look_at(clock, now):
            rows = self._tables.slot(clock.market, slot)
            if domain.is_done(clock, rows, points, now):
                self._memory[clock.market].done.add(slot)
            yield from domain.settlements(clock, rows, points, now)
            yield from domain.sweeps(clock, rows)

    def _slots_to_look_at(self, clock: Clock, now: int) -> list[int]:
        memory = self._memory.setdefault(clock.market, _MarketMemory())
        if memory.first is None:
            return []
        newest = clock.last_ended(now)
        memory.done = {slot for slot in memory.done if slot >= memory.first}
        left = [s for s in range(memory.first, newest + 1, clock.slot_s) if s not in memory.done]
        new, others = left[-_NEWEST_SLOTS:], left[:-_NEWEST_SLOTS]
        memory.turn = (memory.turn + _OTHER_SLOTS) % max(1, len(others))
        turn = itertools.islice(itertools.cycle(others), memory.turn, memory.turn + min(_OTHER_SLOTS, len(others)))
        return sorted({*new, *turn})

    def _slow(self, clock: Clock, now: int) -> Iterator[Task]:
        """Erasure and expiry: every few seconds."""
        memory = self._memory.setdefault(clock.market, _MarketMemory())
        if self._monotonic() - memory.looked_at < _SLOW_EVERY_S:
            return
        memory.looked_at = self._monotonic()
        memory.first = self._tables.next_slot(clock.market, 0)
        yield from domain.erasures(clock, self._old_slots(clock, now), now)
        yield from self._ended_contracts(clock, now)
        for box in self._tables.boxes(clock.market):
            yield from domain.expiries(clock, box, self._tables.first_events(box, domain.EXPIRE_LIMIT), now)

    def _ended_contracts(self, clock: Clock, now: int) -> Iterator[Task]:
        """Passive contracts end seldom and there may be many: they are read every few minutes."""
        memory = self._memory[clock.market]
        if self._monotonic() - memory.contracts_looked_at >= _CONTRACTS_EVERY_S:
            memory.contracts_looked_at = self._monotonic()
            yield from domain.clearances(clock, self._tables.passives(clock.market), now)

    def _old_slots(self, clock: Clock, now: int) -> Iterator[SlotRows]:
        """A few slots that may have to go, the next ones each time: one that cannot go yet holds up no other."""
        memory = self._memory[clock.market]
        for _ in range(_ERASED_SLOTS):
            slot = self._tables.next_slot(clock.market, memory.erase_from)
            if slot is None or slot > clock.erasable_until(now):
                memory.erase_from = 0
                return
            yield self._tables.slot(clock.market, slot)
            memory.erase_from = slot + 1

    def _push(self, plan: Sequence[Task]) -> int:
        ready = [task for task in plan if self._not_before.get(task.key, (0.0, 0.0))[0] <= self._monotonic()]
        accepted = 0
        for start in range(0, len(ready), _BATCH):
            accepted += self._push_batch(ready[start : start + _BATCH])
        return accepted

    def _push_batch(self, tasks: Sequence[Task]) -> int:
        """Together; and one by one when one of them is refused, so that none blocks the others."""
        try:
            actions = [Action(task.account, task.name, [LEVEL], dict(task.data)) for task in tasks]
            self._chain.push(actions, [self._signer], confirm="none", timeout_s=5.0)
        except ChainUnavailable as error:
            if not isinstance(error, ResourcesExhausted):
                raise
            return self._one_by_one(tasks, error)
        except ChainError as error:
            return self._one_by_one(tasks, error)
        for task in tasks:
            self._not_before[task.key] = (self._monotonic() + _PUSHED_PAUSE_S, 0.0)
        self.figures.pushed += len(tasks)
        return len(tasks)

    def _one_by_one(self, tasks: Sequence[Task], error: ChainError) -> int:
        if len(tasks) > 1:
            return sum(self._push_batch([task]) for task in tasks)
        self._note_refusal(tasks[0], error)
        return 0

    def _note_refusal(self, task: Task, error: ChainError) -> None:
        _, last = self._not_before.get(task.key, (0.0, 0.0))
        pause = min(_LONGEST_PAUSE_S, max(_FIRST_PAUSE_S, 2 * last))
        self._not_before[task.key] = (self._monotonic() + pause, pause)
        self.figures.refused += 1
        normal = isinstance(error, ContractRefused) and error.rule in _NORMAL
        if not normal:
            self.figures.last_refusal = f"{task.name} {dict(task.data)}: {error}"
        _log.log(logging.DEBUG if normal else logging.WARNING, "%s %s: %s", task.name, dict(task.data), error)

    def _forget_old_pauses(self) -> None:
        limit = self._monotonic() - 2 * _LONGEST_PAUSE_S
        self._not_before = {key: value for key, value in self._not_before.items() if value[0] > limit}

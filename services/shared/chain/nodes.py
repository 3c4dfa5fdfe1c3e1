"""The nodes of a chain as they are now: which one to ask first, and which not at all.

A node is asked about itself (`get_info`) every so often, in the background. One of another chain is never used. One
that is behind the others, or stands on a fork that they left, is used when nothing better answers; so is one that fell
silent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, Literal

from services.shared.chain.model import ChainInfo

Condition = Literal["unknown", "ok", "lagging", "silent", "foreign"]
Probe = Callable[[str], ChainInfo | None]

_RANK: Final[dict[Condition, int]] = {"ok": 0, "unknown": 1, "lagging": 2, "silent": 3}
BEHIND_BLOCKS: Final = 6  # 3 s; also a fork has fewer blocks than the chain that more producers work on
BEHIND_FINAL_BLOCKS: Final = 48  # a fork without enough producers for finality: it stands, the others go on
BEHIND_S: Final = 3.0


@dataclass(frozen=True)
class NodeState:
    """What is known of one node; `info` is its latest answer, None when it never gave one."""

    url: str
    condition: Condition = "unknown"
    info: ChainInfo | None = None


def judge(states: Sequence[NodeState], chain_id: str | None) -> list[NodeState]:
    """The states with their conditions. `silent` ones stay so; the others are compared with each other."""
    there = [state.info for state in states if state.info is not None and state.condition != "silent"]
    known = [info for info in there if chain_id is None or info.chain_id == chain_id]
    if not known:
        return [_as(state, "foreign") if _answers(state) else state for state in states]
    chain = chain_id or known[0].chain_id
    ours = [info for info in known if info.chain_id == chain]
    return [_as(state, _condition(state.info, ours, chain)) if _answers(state) else state for state in states]


def _answers(state: NodeState) -> bool:
    return state.info is not None and state.condition != "silent"


def _as(state: NodeState, condition: Condition) -> NodeState:
    return replace(state, condition=condition)


def _condition(info: ChainInfo | None, ours: Sequence[ChainInfo], chain_id: str) -> Condition:
    if info is None:
        return "silent"
    if info.chain_id != chain_id:
        return "foreign"
    behind = (
        max(other.head_block_num for other in ours) - info.head_block_num > BEHIND_BLOCKS
        or max(other.head_block_time for other in ours) - info.head_block_time > BEHIND_S
        or max(other.last_irreversible_block_num for other in ours) - info.last_irreversible_block_num
        > BEHIND_FINAL_BLOCKS
    )
    return "lagging" if behind else "ok"


class Nodes:
    """Thread-safe. With one URL and no `chain_id` nothing is ever asked in addition: there is nothing to choose."""

    def __init__(
        self,
        urls: Sequence[str],
        probe: Probe,
        *,
        chain_id: str | None = None,
        check_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._states = [NodeState(url) for url in urls]
        self._probe = probe
        self._chain_id = chain_id
        self._check_s = check_s
        self._clock = clock
        self._checked_at: float | None = None
        self._preferred = 0
        self._checking = threading.Lock()
        self._lock = threading.Lock()

    def order(self) -> list[int]:
        """The nodes to ask, the best first: those that are well, and among them the one that served last."""
        self._check_when_due()
        with self._lock:
            usable = [index for index, state in enumerate(self._states) if state.condition != "foreign"]
            return sorted(usable, key=lambda index: (self._rank(index), index != self._preferred, index))

    def url(self, index: int) -> str:
        return self._states[index].url

    def is_behind(self, index: int) -> bool:
        """Whether what this node says may be out of date."""
        return self._states[index].condition == "lagging"

    def served(self, index: int) -> None:
        with self._lock:
            self._preferred = index
            if self._states[index].condition == "silent":
                self._states[index] = _as(self._states[index], "unknown")

    def fell_silent(self, index: int) -> None:
        with self._lock:
            self._states[index] = _as(self._states[index], "silent")

    def states(self) -> list[NodeState]:
        """As of now: every node is asked."""
        with self._checking:
            self._check()
        with self._lock:
            return list(self._states)

    def _rank(self, index: int) -> int:
        return _RANK[self._states[index].condition]

    def _check_when_due(self) -> None:
        if len(self._states) == 1 and self._chain_id is None:
            return
        if self._checked_at is None:
            with self._checking:  # nothing is known yet: whoever comes first finds out, the others wait for it
                if self._checked_at is None:
                    self._check()
        elif self._clock() - self._checked_at >= self._check_s and self._checking.acquire(blocking=False):
            threading.Thread(target=self._check_and_release, name="chain-nodes", daemon=True).start()

    def _check_and_release(self) -> None:
        try:
            self._check()
        finally:
            self._checking.release()

    def _check(self) -> None:
        urls = [state.url for state in self._states]
        with ThreadPoolExecutor(len(urls)) as pool:
            answers = list(pool.map(self._probe, urls))
        found = [
            NodeState(state.url, "silent", state.info) if info is None else NodeState(state.url, "unknown", info)
            for state, info in zip(self._states, answers, strict=True)
        ]
        with self._lock:
            self._states = judge(found, self._chain_id)
            if self._chain_id is None:
                self._chain_id = next((s.info.chain_id for s in self._states if s.condition == "ok" and s.info), None)
            self._checked_at = self._clock()

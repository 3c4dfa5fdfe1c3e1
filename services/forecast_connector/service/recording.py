"""A round of the oracle: what is expected, what stands on the chain, and the difference into it."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.forecast_connector.connector import Connector
from services.forecast_connector.domain.planning import (
    Market,
    PointRecord,
    Recording,
    RegisteredPoint,
    expectation,
    plan,
    quarter_of,
)
from services.forecast_connector.domain.series import latest
from services.forecast_connector.domain.times import QUARTER_S
from services.forecast_connector.errors import ConnectorRefused
from services.forecast_connector.registry import Registry
from services.forecast_connector.repository import Repository

_log = logging.getLogger(__name__)

_VERIFY_S = 60.0
"""How often what stands on the chain is read again though nothing new is expected (forks, other hands)."""

_ACTIONS, _POINTS = 16, 64
"""How much goes into one transaction: some 20 ms of a node's time."""

_BATCHES = 6
"""Transactions for one market in a round; the others wait so long, and what remains is the next round's."""

_OF_A_SLOT = 0.1
"""The part of a slot after which its market is looked at again at the latest."""

_NORMAL = ("M-FOR-02", "M-FOR-03")
"""The gate closed, or an offer came, between reading and writing: the next round sees it."""

Said = tuple[PointRecord, ...]


@dataclass
class Figures:
    """Since the start; for the heartbeat."""

    recorded: int = 0
    refused: int = 0
    last_refusal: str = ""
    round_s: float = 0.0
    """How long the last round took that recorded something."""


class Oracle:
    """`markets` are names, None means all that are open; `monotonic` gives seconds.

    Raises ForecastError and PyMongoError; a round that broke off is made good by the next.
    """

    def __init__(
        self,
        *,
        connector: Connector,
        registry: Registry,
        repository: Repository,
        markets: Sequence[str] | None,
        slots_ahead: int,
        monotonic: Callable[[], float],
    ) -> None:
        self._connector = connector
        self._registry = registry
        self._repository = repository
        self._markets = markets
        self._slots_ahead = slots_ahead
        self._monotonic = monotonic
        self._settled: dict[str, dict[int, Said]] = {}
        self._verified: dict[str, float] = {}
        self._open_keys: dict[str, str] = {}
        self.figures = Figures()
        self._shortest_slot_s: int | None = None
        self._is_done = True

    def round(self) -> int:
        """Brings the markets up to date, or nearer to it; how many slots' recordings were made."""
        begun, now = self._monotonic(), self._connector.now()
        markets = self._registry.markets(now, self._markets)
        self._shortest_slot_s = min((market.slot_s for market in markets), default=None)
        self._is_done = True
        self._settled = {market.name: self._settled.get(market.name, {}) for market in markets}
        before = self.figures.recorded
        for market in markets:
            self._serve(market, now)
        if self.figures.recorded > before:
            self.figures.round_s = round(self._monotonic() - begun, 3)
        return self.figures.recorded - before

    def pause_s(self, longest: float) -> float:
        """How long to wait for the next round: not at all while something is left over, less where slots are short."""
        if not self._is_done:
            return 0.0
        return longest if self._shortest_slot_s is None else min(longest, self._shortest_slot_s * _OF_A_SLOT)

    def _serve(self, market: Market, now: int) -> None:
        name = market.name
        slots = market.tradable(now, self._slots_ahead)
        wanted = self._wanted(slots, self._registry.points(name) if slots else [])
        settled = self._remembered(name, slots)
        news = {slot: points for slot, points in wanted.items() if settled.get(slot) != points}
        standing = self._registry.recorded(name, sorted(news))
        batches = _batches(list(plan(name, news, lambda slot: standing.get(slot, []))))
        due, left = batches[:_BATCHES], batches[_BATCHES:]
        self._is_done = self._is_done and not left
        open_slots = self._push(due) | {recording.slot for batch in left for recording in batch}
        settled.update({slot: points for slot, points in news.items() if slot not in open_slots})

    def _remembered(self, name: str, slots: Sequence[int]) -> dict[int, Said]:
        now = self._monotonic()
        if now - self._verified.get(name, float("-inf")) >= _VERIFY_S:
            self._verified[name] = now
            self._settled[name] = {}
        self._settled[name] = {slot: self._settled[name][slot] for slot in slots if slot in self._settled[name]}
        return self._settled[name]

    def _wanted(self, slots: Sequence[int], points: Sequence[RegisteredPoint]) -> dict[int, Said]:
        if not slots or not points:
            return {}
        begin, end = quarter_of(slots[0]), quarter_of(slots[-1]) + QUARTER_S
        units = sorted({mastr_nr for point in points for mastr_nr in point.point.units})
        profiles = sorted({load.profile for point in points for load in point.point.loads})
        found = latest(self._repository.blocks_of(units, profiles, begin, end), begin, end)
        withdrawn = {quarter for span in self._repository.withdrawn(begin, end) for quarter in span}
        wanted: dict[int, Said] = {}
        for slot in slots:
            quarter = quarter_of(slot)
            forecasts = {key: by_slot[quarter] for key, by_slot in found.items() if quarter in by_slot}
            expected = ((point, expectation(point, forecasts)) for point in points)
            if quarter in withdrawn:
                expected = ((point, one or PointRecord(point.id, 0, ())) for point, one in expected)
            wanted[slot] = tuple(one for _, one in expected if one is not None)
        return {slot: said for slot, said in wanted.items() if said}

    def _push(self, batches: Sequence[Sequence[Recording]]) -> set[int]:
        """The slots of which something was refused."""
        refused: set[int] = set()
        for batch in batches:
            refused |= self._push_batch(batch)
        return refused

    def _push_batch(self, batch: Sequence[Recording]) -> set[int]:
        """Together; and one by one when one of them is refused, so that none blocks the others."""
        actions = [recording.as_json() for recording in batch]
        digest = hashlib.sha256(json.dumps(actions, sort_keys=True).encode()).hexdigest()
        # the same key until its outcome is known; a new one then: the same figures may be due again after others
        key = self._open_keys.setdefault(digest, f"forecast-{secrets.token_hex(16)}")
        try:
            block = self._connector.transact(actions, key)
        except ConnectorRefused as refusal:
            del self._open_keys[digest]
            if len(batch) > 1:
                return set().union(*(self._push_batch([recording]) for recording in batch))
            self._note(batch[0], refusal)
            return {batch[0].slot}
        del self._open_keys[digest]
        self.figures.recorded += len(batch)
        _log.info("%s: slots %s, in block %d", batch[0].market, _named(batch), block)
        return set()

    def _note(self, recording: Recording, refusal: ConnectorRefused) -> None:
        self.figures.refused += 1
        self.figures.last_refusal = f"{recording.market}, slot {recording.slot}: {refusal}"
        level = logging.INFO if refusal.rule in _NORMAL else logging.WARNING
        _log.log(level, "%s", self.figures.last_refusal)


def _batches(recordings: Sequence[Recording]) -> list[list[Recording]]:
    batches: list[list[Recording]] = []
    points = _POINTS
    for recording in recordings:
        if points + len(recording.points) > _POINTS or len(batches[-1]) == _ACTIONS:
            batches.append([])
            points = 0
        batches[-1].append(recording)
        points += len(recording.points)
    return batches


def _named(batch: Sequence[Recording]) -> str:
    slots = sorted({recording.slot for recording in batch})
    return str(slots[0]) if len(slots) == 1 else f"{slots[0]} to {slots[-1]}"

"""tbiclsbox's rows: who takes part, and events addressed to boxes."""

from __future__ import annotations

from dataclasses import dataclass

from market.values import slot_key


@dataclass(frozen=True, slots=True)
class Participant:
    id: int
    account: str
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Box:
    box: str
    key: str
    since: int


@dataclass(frozen=True, slots=True)
class Key:
    id: int
    box: str
    key: str
    since: int


@dataclass(frozen=True, slots=True)
class Point:
    id: int
    hash: str
    participant: int
    account: str
    box: str
    group: str
    since: int
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    id: int
    hash: str
    point: int
    since: int


@dataclass(frozen=True, slots=True)
class Counters:
    id: int
    participants: int
    points: int
    units: int
    keys: int
    event_slot: int
    event_point: int


@dataclass(frozen=True, slots=True)
class BoxPoint:
    id: int
    market: str
    point: int
    slot_s: int


@dataclass(frozen=True, slots=True)
class BoxEvent:
    id: int
    market: str
    kind: str
    point: int
    slot: int
    energy_wh: int
    buyer: str
    raised_at: int
    by_hand: bool

    @property
    def due(self) -> int:
        return slot_key(self.slot, self.point)


@dataclass(frozen=True, slots=True)
class BoxState:
    id: int
    next_event: int
    next_point: int

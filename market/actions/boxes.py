"""Boxes, points, units, and events for boxes (tbiclsbox)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegBox:
    market: str
    box: str
    key: str


@dataclass(frozen=True, slots=True)
class ReKey:
    market: str
    box: str
    key: str


@dataclass(frozen=True, slots=True)
class RegPoint:
    market: str
    account: str
    box: str
    group: str
    hash: str


@dataclass(frozen=True, slots=True)
class RegUnit:
    market: str
    point: int
    hash: str


@dataclass(frozen=True, slots=True)
class SendData:
    market: str
    limit: int


@dataclass(frozen=True, slots=True)
class Raise:
    market: str
    box: str
    kind: str
    point: int
    slot: int
    energy_wh: int
    buyer: str


@dataclass(frozen=True, slots=True)
class Expire:
    market: str
    box: str
    limit: int

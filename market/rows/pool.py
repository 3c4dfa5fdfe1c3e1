"""tbipool's rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    group: str


@dataclass(frozen=True, slots=True)
class Figures:
    key: int
    forecast_generation_wh: int = 0
    forecast_consumption_wh: int = 0
    fed_in_wh: int = 0
    consumed_wh: int = 0
    traded_wh: int = 0
    residual_wh: int = 0

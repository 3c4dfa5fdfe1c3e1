"""Which columns of a table tell the time."""

from __future__ import annotations

from dataclasses import dataclass

from services.forecast_connector.workbook import words
from services.forecast_connector.workbook.frame import Row


@dataclass(frozen=True)
class TimeColumns:
    """Which columns tell the time: one of moments or times of day, perhaps one of days. `idle` say nothing new."""

    time: int
    day: int | None
    are_ends: bool
    idle: frozenset[int]

    @classmethod
    def among(cls, heads: Row) -> TimeColumns | None:
        named = {column: words.word(head) for column, head in enumerate(heads)}
        days = [column for column, name in named.items() if name in words.DAY_WORDS]
        starts = [column for column, name in named.items() if name in words.START_WORDS]
        ends = [column for column, name in named.items() if name in words.END_WORDS]
        idle = frozenset(column for column, name in named.items() if name in words.IDLE_WORDS)
        if starts:
            day = days[0] if days else None
            return cls(starts[0], day, False, idle | frozenset(days[1:] + starts[1:] + ends))
        if ends:
            return cls(ends[0], days[0] if days else None, True, idle | frozenset(days[1:] + ends[1:]))
        return cls(days[0], None, False, idle | frozenset(days[1:])) if days else None

    @property
    def all(self) -> frozenset[int]:
        return self.idle | {self.time} | ({self.day} if self.day is not None else set())

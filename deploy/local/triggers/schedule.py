"""AWS's schedule expressions: cron(...), rate(...), at(...), in a time zone.

Source: the user guide of Amazon EventBridge Scheduler, "Schedule types". Of a doubled local time the first counts; a
local time that a change of the clocks leaves out falls due as much later as the clocks moved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter

_CRON = re.compile(r"cron\((.+)\)")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


class ScheduleError(ValueError):
    """An expression that AWS would refuse. One sentence."""


@dataclass(frozen=True)
class Schedule:
    """`expression` as AWS writes it; `zone`: an IANA name, for cron and at. Raises ScheduleError when it is none."""

    expression: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
            self.next_after(datetime(2026, 1, 1, tzinfo=UTC))
        except ScheduleError:
            raise
        except Exception as error:  # the library's errors have no common base
            raise ScheduleError(f"{self.expression} in {self.zone}: {error}") from error

    def next_after(self, moment: datetime) -> datetime | None:
        """When it first falls due after `moment` (both with an offset), in UTC; None when it never does again."""
        if found := _RATE.fullmatch(self.expression):
            return moment.astimezone(UTC) + self._rate(int(found[1]), found[2], bool(found[3]))
        if found := _AT.fullmatch(self.expression):
            due = self._utc(datetime.fromisoformat(found[1]))
            return due if due > moment else None
        if found := _CRON.fullmatch(self.expression):
            return self._next_cron(AwsCroniter(found[1]), moment)
        raise ScheduleError(f"{self.expression} is none of cron(...), rate(...), at(...)")

    def _rate(self, number: int, unit: str, plural: bool) -> timedelta:
        if number < 1 or plural != (number > 1):
            raise ScheduleError(
                f"{self.expression}: a number from 1 on, and the unit in its number (1 minute, 2 minutes)"
            )
        return timedelta(**{f"{unit}s": number})

    def _next_cron(self, cron: AwsCroniter, moment: datetime) -> datetime | None:
        # the library knows UTC alone: it is given local time under that name
        local = moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=UTC, fold=0) - timedelta(hours=1)
        while (local := cron.get_next(local)[0]) is not None:
            if (due := self._utc(local)) > moment:
                return due
        return None

    def _utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=ZoneInfo(self.zone), fold=0).astimezone(UTC)

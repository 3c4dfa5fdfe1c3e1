"""Whose units are where, and how much is consumed behind them: the participant records.

The records belong to the Background-Manager-Logic. `Participants` is all that is asked of it here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from clients import background_manager_logic
from clients.background_manager_logic import BackgroundManagerLogicApi
from clients.background_manager_logic import Participant as Record
from clients.background_manager_logic import Participants as Page
from services.forecast_connector.domain.maximum import Load, Point
from services.forecast_connector.errors import ForecastError
from services.shared.clients import Header, Neighbour, NeighbourError

_log = logging.getLogger(__name__)

FRESH_S: Final = 5.0
"""So long records count as current."""

_PAUSE_S: Final = 1.0
"""After a try that failed."""

_PAGE: Final = 1000
_TIMEOUT_S: Final = (1.0, 10.0)


class RecordsAway(ForecastError):  # noqa: N818 - it says what is
    """The participant records cannot be had, and were never had before."""


@dataclass(frozen=True, slots=True)
class MeteringPoint:
    """A participant's connection to the grid.

    `salt` (hex) is that of the hashes under which it stands on the chain; empty where it stands on none.
    """

    serial_number: str
    point: Point
    salt: str


@dataclass(frozen=True, slots=True)
class Participant:
    """`sub` names him in tokens; it is empty for one who never signs in."""

    sub: str
    points: tuple[MeteringPoint, ...]
    disabled: bool = False


class Participants(Protocol):
    """Raises ForecastError where the records cannot be had."""

    def all(self, max_age_s: float = FRESH_S) -> Sequence[Participant]:
        """Every participant, as known at most so long ago; while the records are away, as known last."""


class ManagedParticipants:
    """The Background-Manager-Logic's records. Safe for several threads: one asks, the others take what is known."""

    def __init__(
        self,
        base_url: str,
        header: Header,
        household_profile: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager = Neighbour(
            background_manager_logic, BackgroundManagerLogicApi, base_url, header=header, timeout_s=_TIMEOUT_S
        )
        self._profile = household_profile
        self._clock = clock
        self._asking = threading.Lock()
        self._known: tuple[Participant, ...] | None = None
        self._read_at = self._failed_at = float("-inf")
        self._away = ""

    def all(self, max_age_s: float = FRESH_S) -> Sequence[Participant]:
        """Raises RecordsAway."""
        known = self._known
        if known is not None and self._clock() - self._read_at <= max_age_s:
            return known
        if self._asking.acquire(blocking=known is None):
            try:
                self._refresh(max_age_s)
            finally:
                self._asking.release()
        if self._known is None:
            raise RecordsAway(f"the participant records cannot be had: {self._away}; see the background-manager-logic")
        return self._known

    def close(self) -> None:
        """Lets go of the connections."""
        self._manager.close()

    def _refresh(self, max_age_s: float) -> None:
        now = self._clock()
        if now - self._failed_at < _PAUSE_S or now - self._read_at <= max_age_s:
            return  # another thread has just tried
        try:
            self._known = tuple(_participant(record, self._profile) for record in self._records())
            self._read_at = now
            self._away = ""
        except NeighbourError as error:
            if not self._away:
                _log.warning("the participant records are away: %s", error)
            self._away, self._failed_at = str(error), self._clock()

    def _records(self) -> Iterator[Record]:
        cursor: str | None = None
        while True:
            page = self._page(cursor)
            yield from page.items
            cursor = page.next_cursor
            if not cursor:
                return

    def _page(self, cursor: str | None) -> Page:
        return self._manager.call(lambda api, how: api.get_participants(limit=_PAGE, cursor=cursor, **how))


def points_of(participants: Participants, max_age_s: float = FRESH_S) -> Iterator[tuple[Participant, MeteringPoint]]:
    """All metering points with whose they are."""
    for participant in participants.all(max_age_s):
        for point in participant.points:
            yield participant, point


def _participant(record: Record, profile: str) -> Participant:
    points = tuple(
        MeteringPoint(
            point.serial_number,
            Point(
                tuple(point.unit_mastr_nrs),
                (Load(profile, _consumption(point.kwh_annum, record.kwh_annum)),),
            ),
            record.salt or "",
        )
        for point in record.metering_points
    )
    return Participant(record.sub, points, record.disabled)


def _consumption(of_point: int | None, of_participant: int | None) -> int:
    """A metering point's own figure goes before the participant's; who says none consumes none."""
    return next((kwh for kwh in (of_point, of_participant) if kwh is not None), 0)

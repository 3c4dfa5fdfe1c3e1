"""Whose units are where, and how much is consumed behind them: the participant records.

The records belong to the Background-Manager-Logic. `Participants` is all that is asked of it here; FileParticipants
answers from a file that whoever provisions participants writes. An adapter over HTTP takes its place without a change
to anything else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from market.values import MastrNumber
from services.forecast_connector.domain.maximum import Load, Point
from services.forecast_connector.errors import ForecastError


class RecordsUnreadable(ForecastError):  # noqa: N818 - it says what is
    """The participant records cannot be read."""


@dataclass(frozen=True, slots=True)
class MeteringPoint:
    """A participant's connection to the grid. `salt` (hex) is that of the hashes under which it stands on the chain."""

    serial_number: str
    point: Point
    salt: str


@dataclass(frozen=True, slots=True)
class Participant:
    """`sub` names him in tokens; it is empty for one who never signs in."""

    sub: str
    points: tuple[MeteringPoint, ...]


class Participants(Protocol):
    """Raises ForecastError where the records cannot be read."""

    def all(self) -> Sequence[Participant]:
        """Every participant."""


class NoParticipants:
    """Nobody is known: an administrator or service says what a unit's household consumes."""

    def all(self) -> Sequence[Participant]:
        return ()


class FileParticipants:
    """Records in a JSON file, read again when it changes.

    `[{"sub"?, "kwh_annum", "salt", "points": [{"serial_number", "kwh_annum"?, "unit_mastr_nrs": [...],
    "loads"?: [{"profile", "kwh_annum"}]}]}]`. A point's own `kwh_annum` goes before the participant's.
    """

    def __init__(self, file: Path, household_profile: str) -> None:
        self._file = file
        self._profile = household_profile
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._known: tuple[Participant, ...] = ()

    def all(self) -> Sequence[Participant]:
        """Raises RecordsUnreadable."""
        with self._lock:
            try:
                state = self._file.stat()
                stamp = (state.st_mtime_ns, state.st_size)
                if stamp != self._stamp:
                    told = json.loads(self._file.read_text(encoding="utf-8"))
                    self._known = tuple(_participant(record, self._profile) for record in told)
                    self._stamp = stamp
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise RecordsUnreadable(
                    f"the participant records cannot be read ({type(error).__name__}); see TBI_PARTICIPANTS_FILE"
                ) from error
            return self._known


def points_of(participants: Participants) -> Iterator[tuple[Participant, MeteringPoint]]:
    """All metering points with whose they are."""
    for participant in participants.all():
        for point in participant.points:
            yield participant, point


def _participant(record: dict[str, Any], profile: str) -> Participant:
    salt = record["salt"]
    bytes.fromhex(salt)
    points = tuple(
        MeteringPoint(str(point["serial_number"]), _point(point, record.get("kwh_annum", 0), profile), salt)
        for point in record["points"]
    )
    return Participant(str(record.get("sub", "")), points)


def _point(point: dict[str, Any], kwh_annum: int, profile: str) -> Point:
    household = Load(profile, _whole(point.get("kwh_annum", kwh_annum)))
    others = tuple(Load(str(load["profile"]), _whole(load["kwh_annum"])) for load in point.get("loads", ()))
    units = tuple(str(MastrNumber(number)) for number in point.get("unit_mastr_nrs", ()))
    return Point(units, (household, *others))


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a yearly consumption is a whole number of kWh, at least 0")
    return value

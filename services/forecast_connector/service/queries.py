"""What is forecast, slot by slot, page by page; and how much of it a unit may offer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.forecast_connector.domain.maximum import Load, NotCovered, Point, PointMaximum, UnitMaximum, point_maximum
from services.forecast_connector.domain.series import Forecast, SeriesKey, latest
from services.forecast_connector.domain.times import MAX_EPOCH, QUARTER_S, iso
from services.forecast_connector.errors import NotGiven, NotOwner
from services.forecast_connector.participants import FRESH_S, MeteringPoint, Participant, Participants, points_of
from services.forecast_connector.repository import Repository, Selection

Order = tuple[int, str, str, str, bool]
_WINDOW_S = 7200
_JUST_NOW_S = 0.5


@dataclass(frozen=True, slots=True)
class Range:
    """Quarter hours that begin from `begin` until before `end`, in seconds since the epoch."""

    begin: int = 0
    end: int = MAX_EPOCH


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a maximum: a participant by his `sub`, or (None) somebody who may speak for all."""

    sub: str | None


class Queries:
    """Raises PyMongoError."""

    def __init__(self, repository: Repository, participants: Participants, household_profile: str) -> None:
        self._repository = repository
        self._participants = participants
        self._profile = household_profile

    def forecasts(
        self, slots: Range, selection: Selection, limit: int, after: Order | None
    ) -> tuple[list[Forecast], Order | None]:
        """At most `limit` forecasts after the one of that order, and the last one's order if there are more."""
        begin = slots.begin if after is None else max(slots.begin, after[0])
        found: list[Forecast] = []
        for slot in self._slots(Range(begin, slots.end), selection):
            found += [one for one in slot if after is None or one.order > after]
            if len(found) > limit:
                return found[:limit], found[limit - 1].order
        return found, None

    def timeslots(
        self, slots: Range, selection: Selection, limit: int
    ) -> tuple[list[tuple[int, list[Forecast]]], int | None]:
        """At most `limit` slots with their forecasts, and where the next one begins if there are more."""
        found: list[tuple[int, list[Forecast]]] = []
        for slot in self._slots(slots, selection):
            if len(found) == limit:
                return found, slot[0].slot
            found.append((slot[0].slot, slot))
        return found, None

    def max_offer(
        self, asker: Asker, mastr_nr: str, slot: int, kwh_annum: int | None, beside: Sequence[str] = ()
    ) -> tuple[UnitMaximum, PointMaximum]:
        """The most that the unit may offer in the quarter hour that begins at `slot`.

        Raises NotOwner, NotGiven, and NotCovered where no forecast covers the slot.
        """
        point = self._point(asker, mastr_nr, kwh_annum, beside)
        profiles = [load.profile for load in point.loads if load.kwh_annum]
        blocks = self._repository.blocks_of(point.units, profiles, slot, slot + QUARTER_S)
        known = {key: slots[slot] for key, slots in latest(blocks, slot, slot + QUARTER_S).items() if slot in slots}
        try:
            whole = point_maximum(point, known)
            return whole.of(mastr_nr), whole
        except NotCovered as missing:
            raise NotCovered(
                f"{missing} covers the slot {iso(slot)}; it appears with the utility's next workbook"
            ) from (missing)

    def check_own(self, asker: Asker, mastr_nr: str) -> None:
        """Raises NotOwner where a participant asks for what is not his."""
        if asker.sub is not None:
            self._own_point(asker.sub, mastr_nr)

    def _slots(self, slots: Range, selection: Selection) -> Iterator[list[Forecast]]:
        """The forecasts of each slot that has any, in order; some of them are read at a time."""
        at = self._repository.next_start(slots.begin, selection)
        while at is not None and at < slots.end:
            end = min(at + _WINDOW_S, slots.end)
            by_slot = _by_slot(latest(self._repository.blocks(at, end, selection), at, end))
            for slot in sorted(by_slot):
                yield sorted(by_slot[slot], key=lambda one: one.order)
            at = self._repository.next_start(end, selection)

    def _point(self, asker: Asker, mastr_nr: str, kwh_annum: int | None, beside: Sequence[str]) -> Point:
        if asker.sub is not None:
            if kwh_annum is not None or beside:
                raise NotOwner("What your household consumes stands in your participant record; leave it out.")
            return self._own_point(asker.sub, mastr_nr)
        found = self._record_of(mastr_nr)
        if kwh_annum is None:
            if found is None:
                raise NotGiven("kwh_annum", f"is missing: no participant record knows {mastr_nr}")
            return found[1].point
        units = found[1].point.units if found is not None and not beside else (mastr_nr, *beside)
        return Point(units, (Load(self._profile, kwh_annum),))

    def _own_point(self, sub: str, mastr_nr: str) -> Point:
        found = self._record_of(mastr_nr)
        if found is None or found[0].sub != sub:
            raise NotOwner(f"{mastr_nr} is not a unit of yours; ask for one of your own.")
        if found[0].disabled:
            raise NotOwner("Your participant record is disabled; ask the administrator.")
        return found[1].point

    def _record_of(self, mastr_nr: str) -> tuple[Participant, MeteringPoint] | None:
        for age_s in (FRESH_S, _JUST_NOW_S):  # who has just been added is found, too
            for record in points_of(self._participants, age_s):
                if mastr_nr in record[1].point.units:
                    return record
        return None


def _by_slot(found: dict[SeriesKey, dict[int, Forecast]]) -> dict[int, list[Forecast]]:
    by_slot: dict[int, list[Forecast]] = {}
    for slots in found.values():
        for slot, forecast in slots.items():
            by_slot.setdefault(slot, []).append(forecast)
    return by_slot

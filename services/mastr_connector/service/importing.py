"""The import of a whole export into a new generation, switched to when it is complete."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from services.mastr_connector.bulk import Export
from services.mastr_connector.catalogue import ACTORS, GONE_UNITS, KINDS, Kind
from services.mastr_connector.domain import (
    Progress,
    Region,
    Unit,
    actor_of,
    has_valid_number,
    is_gone,
    local_stamp,
    moment,
    unit_of,
)
from services.mastr_connector.elements import KNOWN
from services.mastr_connector.errors import BadExport
from services.mastr_connector.repository import Building, Repository
from services.mastr_connector.source import Sources

T = TypeVar("T")

_BATCH: Final = 2000
_TABLES: Final = frozenset({*(kind.table for kind in KINDS), ACTORS[0], GONE_UNITS[0]})
_EARLIER: Final = timedelta(days=1)
"""An export is no snapshot: its files are written over more than an hour, in the night of its day."""

_log = logging.getLogger(__name__)


@dataclass
class _Tally:
    """What happened to the records; progress in bytes of the files."""

    total: int
    tell: Progress
    check: Callable[[], None]
    seen: Counter[str] = field(default_factory=Counter)
    done: int = 0

    def read(self, count: int) -> None:
        self.done = min(self.total, self.done + count)

    def went_on(self) -> None:
        """After each batch. Raises what ends the job."""
        self.check()
        self.tell(self.done, self.total, "bytes")


class Importing:
    """POST /init."""

    def __init__(self, repository: Repository, sources: Sources, clock: Callable[[], datetime]) -> None:
        self._repository = repository
        self._sources = sources
        self._clock = clock

    def run(self, source: str, region: Region, progress: Progress) -> dict[str, Any]:
        """Import the export; gives what it held. The same export again changes nothing. Raises JobError."""
        with self._sources.opened(source, progress) as path, Export(path) as export, self._repository.alone() as check:
            fingerprint = _fingerprint(export, region)
            live = self._repository.live()
            if live is not None and live["init"]["fingerprint"] == fingerprint:
                return {"unchanged": True, **_shown(live["init"]), "counts": live["counts"]}
            tally = _Tally(export.size(_TABLES), progress, check)
            building = self._repository.build()
            self._fill(building, export, region, tally)
            counts = building.finish()
            _refuse_losses(export, counts, live)
            init = self._record(source, export, region, fingerprint, tally.seen)
            check()
            self._repository.switch(building, init, counts)
            progress(tally.total, tally.total, "bytes")
            _log.info("imported %s: %s, %s", source, counts, dict(tally.seen))
            return {"unchanged": False, **_shown(init), "counts": counts}

    def _fill(self, building: Building, export: Export, region: Region, tally: _Tally) -> None:
        operators = _fill_units(building, export, region, tally)
        _remove_gone(building, export, tally)
        _fill_actors(building, export, None if region.is_everywhere else operators, tally)

    def _record(
        self, source: str, export: Export, region: Region, fingerprint: str, seen: Mapping[str, int]
    ) -> dict[str, Any]:
        now = self._clock()
        day = _midnight(export.day)
        begun = min(now, day) if day is not None else now
        return {
            "at": now,
            "source": source,
            "export_day": export.day,
            "filter": region.as_json(),
            "fingerprint": fingerprint,
            "seen": dict(seen),
            "repaired": sorted(export.repaired),
            "update_from": local_stamp(begun - _EARLIER),
        }


def _fill_units(building: Building, export: Export, region: Region, tally: _Tally) -> frozenset[str]:
    """All units of the region; gives their operators when it is not everywhere."""
    if not any(export.has(kind.table) for kind in KINDS):
        raise BadExport("the export holds no file of units, such as EinheitenSolar.xml; give one of the register's")
    operators: set[str] = set()
    for kind in KINDS:
        records = export.records(kind.table, kind.record, tally.read)
        for batch in _batches(_units(kind, records, region, tally)):
            tally.seen["twice"] += building.add_units(batch)
            if not region.is_everywhere:
                operators.update(unit.operator_mastr_nr for unit in batch if unit.operator_mastr_nr)
            tally.went_on()
    return frozenset(operators)


def _units(kind: Kind, records: Iterable[Mapping[str, str]], region: Region, tally: _Tally) -> Iterator[Unit]:
    """The records' units, as far as they are to be kept; the rest is counted."""
    for index, record in enumerate(records, 1):
        if index % _BATCH == 0:
            tally.went_on()
        tally.seen["records"] += 1
        if not region.covers(record.get("Postleitzahl"), record.get("Gemeindeschluessel")):
            tally.seen["elsewhere"] += 1
            continue
        unit = unit_of(kind, record, KNOWN)
        if unit is None:
            tally.seen["without_number"] += 1
        elif is_gone(record):
            tally.seen["gone"] += 1
        else:
            tally.seen["odd_number"] += not has_valid_number(unit.mastr_nr)
            tally.seen["new_elements"] += bool(unit.more)
            yield unit


def _remove_gone(building: Building, export: Export, tally: _Tally) -> None:
    """Units that were deleted or deactivated while the export was written stand in both files."""
    records = export.records(*GONE_UNITS, tally.read)
    for batch in _batches(record.get("EinheitMastrNummer", "") for record in records):
        tally.seen["gone"] += building.remove_units(batch)
        tally.went_on()


def _fill_actors(building: Building, export: Export, wanted: frozenset[str] | None, tally: _Tally) -> None:
    """All market actors, or the wanted ones."""
    read = (actor_of(record) for record in export.records(*ACTORS, tally.read))
    for batch in _batches(read):
        building.add_actors(
            [actor for actor in batch if actor is not None and (wanted is None or actor.mastr_nr in wanted)]
        )
        tally.went_on()


def _refuse_losses(export: Export, counts: Mapping[str, int], live: Mapping[str, Any] | None) -> None:
    """An export that lacks what the live copy has would take it away from the market."""
    if not counts:
        raise BadExport("not one unit of the export lies in the region; look at the filter's postcodes and keys")
    before = {} if live is None else live["counts"]
    missing = [kind.table for kind in KINDS if before.get(kind.unit_type) and not export.has(kind.table)]
    if missing:
        raise BadExport(f"the export lacks {', '.join(missing)}, of which the live copy has units; fetch it again")


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(things)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _fingerprint(export: Export, region: Region) -> str:
    content = json.dumps([export.fingerprint, region.as_json()])
    return hashlib.sha256(content.encode()).hexdigest()


def _midnight(day: str | None) -> datetime | None:
    return None if day is None else moment(f"{day}T00:00:00")


def _shown(init: Mapping[str, Any]) -> dict[str, Any]:
    """As the job's result has it."""
    return {name: init[name] for name in ("source", "export_day", "filter", "seen", "repaired")}

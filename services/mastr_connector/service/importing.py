"""The import of a whole export into a new generation, switched to when it is complete."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from services.mastr_connector.building import COLLECTIONS, Building
from services.mastr_connector.bulk import Export
from services.mastr_connector.catalogue import KINDS
from services.mastr_connector.comparing import dangling, distinct
from services.mastr_connector.domain import Progress, Region, local_stamp, moment
from services.mastr_connector.errors import BadExport
from services.mastr_connector.quick import Wanted
from services.mastr_connector.repository import Repository
from services.mastr_connector.service.crew import Crew, Hiring
from services.mastr_connector.source import Sources
from services.mastr_connector.tables import (
    ALL,
    EVERY_EXPORT,
    OPERATORS,
    REFERENCES,
    TABLES,
    UNITS,
    Table,
    Task,
    Told,
    region_wanted,
)

T = TypeVar("T")

_BATCH: Final = 2000
_NAMED_MOST: Final = 50
_STORED_AS: Final = 3
"""Another one when an import stores another thing than before: then the same export is no longer what is there."""

_SHOWN: Final = (*("source", "export_day", "filter", "seen", "stored", "dangling", "repaired", "renamed", "unknown"),)
_EARLIER: Final = timedelta(days=1)
"""An export is no snapshot: its files are written over more than an hour, in the night of its day."""

_log = logging.getLogger(__name__)


@dataclass
class _Tally:
    """What happened to the records; progress in bytes of the files."""

    total: int
    files: int
    tell: Progress
    check: Callable[[], None]
    building: Building
    seen: Counter[str] = field(default_factory=Counter)
    keys: dict[str, set[str]] = field(default_factory=dict)
    ids: dict[str, array[int]] = field(default_factory=dict)
    references: dict[str, array[int]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    repaired: set[str] = field(default_factory=set)
    done: int = 0
    records: int = 0
    files_done: int = 0
    begun: float = field(default_factory=time.monotonic)

    def heard(self, task: Task, told: Told) -> None:
        """What a process told of its task."""
        self.building.expect(task.table.collection, told.added)
        self.seen.update(told.seen)
        for what, numbers in told.keys.items():
            self.keys.setdefault(what, set()).update(numbers)
        if told.ids:
            self.ids.setdefault(task.table.collection, array("q")).extend(told.ids)
        for name, hashes in told.references.items():
            self.references.setdefault(name, array("q")).extend(hashes)
        self.gone += told.gone
        self.repaired |= told.repaired
        self.done = min(self.total, self.done + told.read)
        self.records += told.records
        self.files_done += told.ended

    @property
    def stored(self) -> dict[str, int]:
        """How many things each collection has, each counted once."""
        beside = {each: distinct(self.ids.get(each, array("q"))) for each in COLLECTIONS if each != "units"}
        return {"units": self.building.units, **beside}

    @property
    def dangling(self) -> dict[str, int]:
        """How many units refer to what the export lacks."""
        nothing = array("q")
        return {
            name: dangling(self.references.get(name, nothing), self.ids.get(collection, nothing))
            for name, (_, collection) in REFERENCES.items()
        }

    def went_on(self) -> None:
        """A few times a second. Raises what ends the job."""
        self.check()
        passed = max(0.001, time.monotonic() - self.begun)
        more = {
            "files_done": self.files_done,
            "files_total": self.files,
            "records": self.records,
            "records_per_s": round(self.records / passed),
        }
        if self.done:
            more["seconds_left"] = round(passed * (self.total - self.done) / self.done)
        self.tell(self.done, self.total, "bytes", more)


class Importing:
    """POST /init."""

    def __init__(self, repository: Repository, sources: Sources, hiring: Hiring, clock: Callable[[], datetime]) -> None:
        self._repository = repository
        self._sources = sources
        self._hiring = hiring
        self._clock = clock

    def run(self, source: str, region: Region, progress: Progress) -> dict[str, Any]:
        """Import the export; gives what it held. The same export again changes nothing. Raises JobError."""
        with self._sources.opened(source, progress) as path, Export(path) as export, self._repository.alone() as check:
            fingerprint = _fingerprint(export, region)
            live = self._repository.live()
            if live is not None and live["init"]["fingerprint"] == fingerprint:
                return {"unchanged": True, **_shown(live["init"]), "counts": live["counts"]}
            building = self._repository.build()
            plan = [member for table in ALL.values() for member in export.members(table.name)]
            tally = _Tally(sum(member.size for member in plan), len(plan), progress, check, building)
            with self._hiring.crew(path, building.generation.name) as crew:
                _fill(crew, export, region, tally)
            for name in export.unknown:
                export.test(name, tally.went_on)
            counts = building.finish()
            _refuse_losses(export, counts, live)
            init = self._record(source, export, region, fingerprint, tally)
            check()
            self._repository.switch(building, init, counts)
            progress(tally.total, tally.total, "bytes")
            _log.info("imported %s: %s, %s", source, counts, dict(tally.seen))
            return {"unchanged": False, **_shown(init), "counts": counts}

    def _record(self, source: str, export: Export, region: Region, fingerprint: str, tally: _Tally) -> dict[str, Any]:
        now = self._clock()
        day = _midnight(export.day)
        begun = min(now, day) if day is not None else now
        return {
            "at": now,
            "source": source,
            "export_day": export.day,
            "filter": region.as_json(),
            "fingerprint": fingerprint,
            "seen": dict(tally.seen),
            "stored": tally.stored,
            "dangling": tally.dangling,
            "repaired": sorted(tally.repaired),
            "renamed": export.renamed[:_NAMED_MOST],
            "unknown": export.unknown[:_NAMED_MOST],
            "update_from": local_stamp(begun - _EARLIER),
        }


def _fill(crew: Crew, export: Export, region: Region, tally: _Tally) -> None:
    """Everything at once; of a region the units first, as what else is wanted follows from them; actors last."""
    if not any(export.has(table.name) for table in UNITS):
        raise BadExport("the export holds no file of units, such as EinheitenSolar.xml; give one of the register's")
    refuse_incomplete(export)
    units = _tasks(export, UNITS, region, region_wanted(region))
    if region.is_everywhere:
        others = [task for table in TABLES for task in _tasks(export, [table], region, {})]
        crew.work([*units, *others], tally.heard, tally.went_on)
        _remove_gone(tally)
        return
    crew.work(units, tally.heard, tally.went_on)
    for last in (False, True):
        tables = [table for table in TABLES if last == any(what == OPERATORS for _, what in table.linked)]
        around = [task for table in tables for task in _tasks(export, [table], region, _linked(table, tally.keys))]
        crew.work(around, tally.heard, tally.went_on)
    _remove_gone(tally)


def refuse_incomplete(export: Export) -> None:
    """Every export has these tables, however few units there are. Raises BadExport before anything is written."""
    missing = [table.name for table in EVERY_EXPORT if not export.has(table.name)]
    if missing:
        raise BadExport(f"the export lacks {', '.join(missing)}, which every export has; fetch it again")


def _linked(table: Table, keys: Mapping[str, set[str]]) -> Wanted:
    """Which records of a table belong to the region."""
    return {element: frozenset(keys.get(what, ())) for element, what in table.linked}


def _tasks(export: Export, tables: Iterable[Table], region: Region, wanted: Wanted) -> list[Task]:
    return [Task(table, member, region, wanted) for table in tables for member in export.members(table.name)]


def _remove_gone(tally: _Tally) -> None:
    """Units that were deleted or deactivated while the export was written stand in both files."""
    for batch in _batches(tally.gone):
        tally.seen["gone"] += tally.building.remove_units(batch)
        tally.went_on()


def _refuse_losses(export: Export, counts: Mapping[str, int], live: Mapping[str, Any] | None) -> None:
    """An export that lacks what the live copy has would take it away from the market."""
    if not counts:
        raise BadExport("not one unit of the export lies in the region; look at the filter's postcodes and keys")
    before = {} if live is None else live["counts"]
    there = {table.kind for table in UNITS if export.has(table.name)}
    missing = [kind.table for kind in KINDS if before.get(kind.unit_type) and kind not in there]
    if missing:
        raise BadExport(f"the export lacks {', '.join(missing)}, of which the live copy has units; fetch it again")


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(things)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _fingerprint(export: Export, region: Region) -> str:
    content = json.dumps([_STORED_AS, export.fingerprint, region.as_json()])
    return hashlib.sha256(content.encode()).hexdigest()


def _midnight(day: str | None) -> datetime | None:
    return None if day is None else moment(f"{day}T00:00:00")


def _shown(init: Mapping[str, Any]) -> dict[str, Any]:
    """As the job's result has it."""
    return {name: init.get(name) for name in _SHOWN}

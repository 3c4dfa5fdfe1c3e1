"""Which files of an export make which collection, and how a record of them becomes a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from services.mastr_connector.building import document_of
from services.mastr_connector.bulk import Member
from services.mastr_connector.catalogue import ACTORS, KINDS, Kind
from services.mastr_connector.domain import Region, actor_of, has_valid_number, is_gone, unit_of
from services.mastr_connector.elements import KNOWN
from services.mastr_connector.quick import Record, Wanted

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the export: its name, its record, the collection it fills, and of which kind its units are."""

    name: str
    record: str
    collection: str
    kind: Kind | None = None


UNITS: Final = tuple(Table(kind.table, kind.record, "units", kind) for kind in KINDS)
TABLES: Final = (Table(*ACTORS, "actors"),)
"""The other ones."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read: which records are `wanted` (empty: all), and where units are kept."""

    table: Table
    member: Member
    region: Region
    wanted: Wanted


@dataclass(slots=True)
class Told:
    """What a process tells of its task since it told last; `added` documents are in the collection.

    `operators`: whose units were kept, when they are kept for a region only.
    """

    read: int = 0
    records: int = 0
    added: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    operators: set[str] = field(default_factory=set)
    repaired: set[str] = field(default_factory=set)
    ended: bool = False


def region_wanted(region: Region) -> Wanted:
    """Which units' records lie in the region."""
    named = {"Postleitzahl": region.postcodes, "Gemeindeschluessel": region.municipality_keys}
    return {name: values for name, values in named.items() if values}


def documents(task: Task, records: Iterable[Record | None], told: Callable[[], Told]) -> Iterable[Document | None]:
    """The records' documents, as far as they are to be kept, else None; the rest is counted."""
    if task.table.kind is not None:
        return _units(task.table.kind, task.region, records, told)
    return _actors(records, task.wanted.get("MastrNummer"))


def _units(
    kind: Kind, region: Region, records: Iterable[Record | None], told: Callable[[], Told]
) -> Iterable[Document | None]:
    everywhere = region.is_everywhere
    for record in records:
        seen = told().seen
        seen["records"] += 1
        if record is None or not (everywhere or _covers(region, record)):
            seen["elsewhere"] += 1
            yield None
            continue
        unit = unit_of(kind, record, KNOWN)
        if unit is None:
            seen["without_number"] += 1
            yield None
        elif is_gone(record):
            seen["gone"] += 1
            yield None
        else:
            seen["odd_number"] += not has_valid_number(unit.mastr_nr)
            seen["new_elements"] += bool(unit.more)
            if not everywhere and unit.operator_mastr_nr:
                told().operators.add(unit.operator_mastr_nr)
            yield document_of(unit)


def _covers(region: Region, record: Record) -> bool:
    return region.covers(record.get("Postleitzahl"), record.get("Gemeindeschluessel"))


def _actors(records: Iterable[Record | None], wanted: frozenset[str] | None) -> Iterable[Document | None]:
    for record in records:
        actor = None if record is None else actor_of(record)
        if actor is None or (wanted is not None and actor.mastr_nr not in wanted):
            yield None
        else:
            yield document_of(actor)

"""Which files of an export make which collection, and how a record of them becomes a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.mastr_connector.bulk import Member
from services.mastr_connector.catalogue import ACTORS, KINDS, Kind
from services.mastr_connector.domain import (
    Document,
    Region,
    actor_of,
    has_valid_number,
    is_gone,
    unit_of,
)
from services.mastr_connector.elements import KNOWN, READ
from services.mastr_connector.grid import area_document, connection_document, grid_document, location_document
from services.mastr_connector.quick import Record, Wanted


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the export: its name, its record, the collection it fills, and of which kind its units are."""

    name: str
    record: str
    collection: str
    kind: Kind | None = None
    skipped: frozenset[str] = frozenset()
    """Elements that are known and not kept."""


UNITS: Final = tuple(Table(kind.table, kind.record, "units", kind, KNOWN - READ - {kind.name_field}) for kind in KINDS)
GRID: Final = (
    Table("Lokationen", "Lokation", "locations"),
    Table("Netzanschlusspunkte", "Netzanschlusspunkt", "connections"),
    Table("Netze", "Netz", "grids"),
    Table("Bilanzierungsgebiete", "Bilanzierungsgebiet", "areas"),
)
ACTOR_TABLE: Final = Table(*ACTORS, "actors")
TABLES: Final = (*GRID, ACTOR_TABLE)
"""The tables beside those of units."""

_DOCUMENT: Final[Mapping[str, Callable[[Record], Document | None]]] = {
    "locations": location_document,
    "connections": connection_document,
    "grids": grid_document,
    "areas": area_document,
    "actors": actor_of,
}


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

    `operators`, `locations`: to which the kept things belong, when only those of a region are kept.
    """

    read: int = 0
    records: int = 0
    added: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    operators: set[str] = field(default_factory=set)
    locations: set[str] = field(default_factory=set)
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
    return _others(task, records, told)


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
            seen["odd_number"] += not has_valid_number(unit["_id"])
            seen["new_elements"] += "more" in unit
            if not everywhere:
                _remember(told(), unit.get("operator_mastr_nr"), unit.get("location_mastr_nr"))
            yield unit


def _covers(region: Region, record: Record) -> bool:
    return region.covers(record.get("Postleitzahl"), record.get("Gemeindeschluessel"))


def _others(task: Task, records: Iterable[Record | None], told: Callable[[], Told]) -> Iterable[Document | None]:
    make, wanted = _DOCUMENT[task.table.collection], task.wanted
    for record in records:
        if record is None or (wanted and not any(record.get(name) in values for name, values in wanted.items())):
            yield None
            continue
        document = make(record)
        if document is not None and wanted:
            _remember(told(), document.get("grid_operator_mastr_nr"), None)
        yield document


def _remember(told: Told, operator: str | None, location: str | None) -> None:
    if operator:
        told.operators.add(operator)
    if location:
        told.locations.add(location)

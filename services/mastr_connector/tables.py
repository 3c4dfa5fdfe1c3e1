"""Which files of an export make which collection, and how a record of them becomes a document."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.mastr_connector import beside
from services.mastr_connector.catalogue import ACTORS, GONE_UNITS, KINDS, Kind
from services.mastr_connector.domain import (
    Document,
    Region,
    actor_of,
    has_check_digit,
    is_gone,
    unit_of,
)
from services.mastr_connector.elements import KNOWN, READ
from services.mastr_connector.grid import area_document, connection_document, grid_document, location_document
from services.mastr_connector.quick import Record, Wanted, is_wanted
from services.mastr_connector.streams import Member

OPERATORS, LOCATIONS, NUMBERS, PLANTS = "operators", "locations", "units", "plants"
"""What the things of a region belong to, or are: sets of numbers."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the export: its root element and record, the collection it fills, and of which kind its units are."""

    name: str
    record: str
    collection: str
    kind: Kind | None = None
    skipped: frozenset[str] = frozenset()
    """Elements that are known and not kept."""
    linked: tuple[tuple[str, str], ...] = ()
    """Of a region those records are kept one of whose elements has a number of that set; none: all records."""


def _table(name: str, record: str, collection: str, *linked: tuple[str, str]) -> Table:
    return Table(name, record, collection, linked=linked)


def _plants(name: str, number: str) -> Table:
    record = name.replace("Anlagen", "Anlage", 1)
    return _table(name, record, "plants", (number, PLANTS), ("VerknuepfteEinheitenMaStRNummern", NUMBERS))


def _units_table(kind: Kind, name: str = "", record: str = "") -> Table:
    return Table(name or kind.table, record or kind.record, "units", kind, KNOWN - READ - {kind.name_field})


_GEOTHERMAL: Final = next(kind for kind in KINDS if kind.unit_type == "geothermal")
_UNTIL_2023: Final = "GeoSolarthermieGrubenKlaerschlammDruckentspannung"
UNITS: Final = (
    *(_units_table(kind) for kind in KINDS),
    _units_table(_GEOTHERMAL, f"Einheiten{_UNTIL_2023}", f"Einheit{_UNTIL_2023}"),
)
_ACTOR: Final = "MarktakteurMastrNummer"
GONE_TABLE: Final = _table(*GONE_UNITS, "gone_units", ("EinheitMastrNummer", NUMBERS))
EVERY_EXPORT: Final = (
    _table("Lokationen", "Lokation", "locations", ("MastrNummer", LOCATIONS)),
    _table("Netzanschlusspunkte", "Netzanschlusspunkt", "connections", ("LokationMaStRNummer", LOCATIONS)),
    _table("Netze", "Netz", "grids"),
    _table("Bilanzierungsgebiete", "Bilanzierungsgebiet", "areas"),
    _table(*ACTORS, "actors", ("MastrNummer", OPERATORS)),
)
"""Tables without which an export is none."""

_EEG_KINDS: Final = {
    "Solar": "eeg_solar",
    "Wind": "eeg_wind",
    "Biomasse": "eeg_biomass",
    "Wasser": "eeg_hydro",
    "Speicher": "eeg_storage",
    "GeothermieGrubengasDruckentspannung": "eeg_geothermal",
}
_LISTS: Final = {
    "Katalogkategorien": "Katalogkategorie",
    "Katalogwerte": "Katalogwert",
    "Einheitentypen": "Einheitentyp",
    "Lokationstypen": "Lokationstyp",
    "Marktfunktionen": "Marktfunktion",
    "Marktrollen": "Marktrolle",
}
TABLES: Final = (
    *EVERY_EXPORT,
    *(_plants(f"AnlagenEeg{each}", "EegMaStRNummer") for each in _EEG_KINDS),
    _plants("AnlagenKwk", "KwkMastrNummer"),
    _plants("AnlagenStromSpeicher", "MaStRNummer"),
    _plants("AnlagenGasSpeicher", "MaStRNummer"),
    _table(
        *("EinheitenGenehmigung", "EinheitGenehmigung", "permits"),
        *(("GenMastrNummer", PLANTS), ("VerknuepfteEinheitenMaStRNummern", NUMBERS)),
    ),
    _table("Ertuechtigungen", "Ertuechtigung", "upgrades", ("EegMastrNummer", PLANTS)),
    _table(
        *("EinheitenAenderungNetzbetreiberzuordnungen", "EinheitenAenderungNetzbetreiberzuordnung", "operator_changes"),
        ("EinheitMastrNummer", NUMBERS),
    ),
    _table("MarktakteureUndRollen", "MarktakteurUndRolle", "roles", (_ACTOR, OPERATORS)),
    GONE_TABLE,
    _table(
        *("GeloeschteUndDeaktivierteMarktakteure", "GeloeschterUndDeaktivierterMarktakteur", "gone_actors"),
        (_ACTOR, OPERATORS),
    ),
    *(_table(name, record, "catalogue") for name, record in _LISTS.items()),
)
"""The tables beside those of units."""

ALL: Final = {table.name: table for table in (*UNITS, *TABLES)}

_MAKERS: Final[Mapping[str, beside.Maker]] = {
    "Lokationen": location_document,
    "Netzanschlusspunkte": connection_document,
    "Netze": grid_document,
    "Bilanzierungsgebiete": area_document,
    "Marktakteure": actor_of,
    **{f"AnlagenEeg{each}": beside.maker(beside.EEG, kind=kind) for each, kind in _EEG_KINDS.items()},
    "AnlagenKwk": beside.maker(beside.KWK, kind="chp"),
    "AnlagenStromSpeicher": beside.maker(beside.STORAGE, kind="storage"),
    "AnlagenGasSpeicher": beside.maker(beside.STORAGE, kind="gas_storage"),
    "EinheitenGenehmigung": beside.maker(beside.PERMIT),
    "Ertuechtigungen": beside.maker(beside.UPGRADE),
    "EinheitenAenderungNetzbetreiberzuordnungen": beside.operator_change,
    "MarktakteureUndRollen": beside.maker(beside.ROLE),
    "GeloeschteUndDeaktivierteEinheiten": beside.maker(beside.GONE_UNIT),
    "GeloeschteUndDeaktivierteMarktakteure": beside.maker(beside.GONE_ACTOR),
    **{name: beside.catalogue_maker(name) for name in _LISTS},
}
REFERENCES: Final[Mapping[str, tuple[str, str]]] = {
    "operator": ("operator_mastr_nr", "actors"),
    "location": ("location_mastr_nr", "locations"),
    "eeg_plant": ("eeg_mastr_nr", "plants"),
}
"""What a unit refers to: its field, and the collection where that should be."""


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

    `keys`: to which the kept things belong, when only those of a region are kept. `ids`, `references`: the hashes of
    the rows' numbers, and of what the units refer to. `gone`: units that are no more.
    """

    read: int = 0
    records: int = 0
    added: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    keys: dict[str, set[str]] = field(default_factory=dict)
    ids: array[int] = field(default_factory=lambda: array("q"))
    references: dict[str, array[int]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    repaired: set[str] = field(default_factory=set)
    ended: bool = False

    def clear(self) -> None:
        """All of it was told."""
        self.read = self.records = self.added = 0
        self.ended = False
        self.ids = array("q")
        for each in (self.seen, self.keys, self.references, self.gone, self.repaired):
            each.clear()


def region_wanted(region: Region) -> Wanted:
    """Which units' records lie in the region."""
    named = {"Postleitzahl": region.postcodes, "Gemeindeschluessel": region.municipality_keys}
    return {name: values for name, values in named.items() if values}


def documents(task: Task, records: Iterable[Record | None], told: Told) -> Iterable[Document | None]:
    """The records' documents, as far as they are to be kept, else None; the rest is counted."""
    if task.table.kind is not None:
        return _units(task.table.kind, task.region, records, told)
    return _others(task, records, told)


def _units(kind: Kind, region: Region, records: Iterable[Record | None], told: Told) -> Iterable[Document | None]:
    everywhere, seen = region.is_everywhere, told.seen
    seen.update({"odd_number": 0, "new_elements": 0})
    for record in records:
        if record is None or not (everywhere or _covers(region, record)):
            seen["elsewhere"] += 1
            yield None
            continue
        unit = unit_of(kind, record, KNOWN)
        if unit is None:
            seen["without_number"] += 1
        elif is_gone(record):
            seen["gone"] += 1
            unit = None
        else:
            if not has_check_digit(unit["_id"]):
                seen["odd_number"] += 1
            if "more" in unit:
                seen["new_elements"] += 1
            if not everywhere:
                _remember_unit(told, unit, record)
        yield unit


def _covers(region: Region, record: Record) -> bool:
    return region.covers(record.get("Postleitzahl"), record.get("Gemeindeschluessel"))


def _others(task: Task, records: Iterable[Record | None], told: Told) -> Iterable[Document | None]:
    make, wanted = _MAKERS[task.table.name], task.wanted
    units_gone = task.table.collection == GONE_TABLE.collection
    for record in records:
        if record is None or (wanted and not is_wanted(record, wanted)):
            yield None
            continue
        document = make(record)
        if document is None:
            told.seen["without_number"] += 1
        else:
            if wanted:
                _remember(told, OPERATORS, document.get("grid_operator_mastr_nr"))
            if units_gone:
                told.gone.append(document["_id"])
        yield document


_PLANT_ELEMENTS: Final = ("EegMaStRNummer", "KwkMaStRNummer", "SpeMastrNummer", "SpeicherMaStRNummer", "GenMastrNummer")


def _remember_unit(told: Told, unit: Document, record: Record) -> None:
    _remember(told, NUMBERS, unit["_id"])
    _remember(told, OPERATORS, unit.get("operator_mastr_nr"))
    _remember(told, LOCATIONS, unit.get("location_mastr_nr"))
    for element in _PLANT_ELEMENTS:
        _remember(told, PLANTS, record.get(element))


def _remember(told: Told, what: str, number: str | None) -> None:
    if number:
        told.keys.setdefault(what, set()).add(number)

"""All files of an export that a register fills: their names, their records, in the order of the register's own list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulators.mastr import plants
from simulators.mastr.catalogue import CATALOGUE, LOCATION_TYPES, MARKET_FUNCTIONS, MARKET_ROLES, UNIT_TYPES
from simulators.mastr.kinds import KINDS
from simulators.mastr.numbers import generated_number, mastr_number
from simulators.mastr.register import Record, Register

GRID_OPERATOR: Final = mastr_number("SNB", 901)
GRID: Final = mastr_number("SNE", 901)


@dataclass(frozen=True)
class Table:
    """One kind of file: `root` is its name and root element, `record` the element of each record."""

    root: str
    record: str
    records: Iterator[Record]


def tables(register: Register) -> Iterator[Table]:
    """The export's tables, one after the other."""
    for kind in KINDS:
        yield Table(kind.table, kind.record, register.units(kind))
    for root, record, found in plants.tables(register):
        yield Table(root, record, found)
    yield Table("Lokationen", "Lokation", _locations(register))
    yield Table("Netzanschlusspunkte", "Netzanschlusspunkt", _connections(register))
    yield Table("Netze", "Netz", iter([_grid()]))
    yield Table("Bilanzierungsgebiete", "Bilanzierungsgebiet", iter([_balancing_area()]))
    yield Table("Marktakteure", "Marktakteur", register.operators())
    yield Table("MarktakteureUndRollen", "MarktakteurUndRolle", iter([_role()]))
    yield Table("GeloeschteUndDeaktivierteEinheiten", "GeloeschteUndDeaktivierteEinheit", register.deleted())
    yield Table(
        "GeloeschteUndDeaktivierteMarktakteure", "GeloeschterUndDeaktivierterMarktakteur", _gone_actors(register)
    )
    yield from _lookups()


def _lookups() -> Iterator[Table]:
    categories = [{"Id": str(number), "Name": name} for number, name in enumerate(CATALOGUE, 1)]
    values = [
        {"Id": identity, "Wert": value, "KatalogKategorieId": str(number)}
        for number, entries in enumerate(CATALOGUE.values(), 1)
        for identity, (value, _) in entries.items()
    ]
    yield Table("Katalogkategorien", "Katalogkategorie", iter(categories))
    yield Table("Katalogwerte", "Katalogwert", iter(values))
    unit_types = {identity: value for identity, (value, _) in UNIT_TYPES.items()}
    for root, record, known in (
        ("Einheitentypen", "Einheitentyp", unit_types),
        ("Lokationstypen", "Lokationstyp", LOCATION_TYPES),
        ("Marktfunktionen", "Marktfunktion", MARKET_FUNCTIONS),
        ("Marktrollen", "Marktrolle", MARKET_ROLES),
    ):
        yield Table(root, record, iter([{"Id": identity, "Wert": value} for identity, value in known.items()]))


def _connection_number(location: str) -> str:
    return mastr_number("SAN", int(location[4:14]))


def _locations(register: Register) -> Iterator[Record]:
    for kind in KINDS:
        for unit, location in register.places(kind):
            yield {
                "MastrNummer": location,
                "Lokationtyp": "1" if kind.generates else "2",
                "VerknuepfteEinheitenMaStRNummern": unit,
                "NetzanschlusspunkteMaStRNummern": _connection_number(location),
            }


def _connections(register: Register) -> Iterator[Record]:
    for kind in KINDS:
        for _, location in register.places(kind):
            yield {
                "NetzanschlusspunktMastrNummer": _connection_number(location),
                "LokationMaStRNummer": location,
                "Lokationtyp": "1" if kind.generates else "2",
                "Spannungsebene": "354",
                "BilanzierungsgebietNetzanschlusspunktId": "901",
                "RegelzoneNetzanschlusspunkt": "1000010",
                "NetzMaStRNummer": GRID,
                "NochInPlanung": "0",
                "NetzbetreiberMaStRNummer": GRID_OPERATOR,
            }


def _grid() -> Record:
    # two states in one field: the register does the same
    return {"MastrNummer": GRID, "Sparte": "20", "Bezeichnung": "Netz Trier", "Bundesland": "342, 340"}


def _balancing_area() -> Record:
    return {
        "Id": "901",
        "Yeic": "11Y0-0000-0901-X",
        "BilanzierungsgebietNetzanschlusspunkt": "Trier",
        "RegelzoneNetzanschlusspunkt": "1000010",
    }


def _role() -> Record:
    return {
        "MarktakteurMastrNummer": GRID_OPERATOR,
        "MastrNummer": f"{GRID_OPERATOR}AN",
        "Marktrolle": "Anschlussnetzbetreiber",
    }


def _gone_actors(register: Register) -> Iterator[Record]:
    for index in range(max(1, register.size // 500)):
        yield {
            "MarktakteurMastrNummer": generated_number("ABR", 10**9 + index, register.seed),
            "MarktakteurStatus": "473",
            "DatumLetzteAktualisierung": f"{register.day.isoformat()}T01:02:03.0000000",
        }

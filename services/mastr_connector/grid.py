"""Where a unit is connected: location, connection point, grid, balancing area; as documents and as routes give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from services.mastr_connector.catalogue import NONE, word
from services.mastr_connector.quick import Record

Document = dict[str, Any]

LOCATION_KIND: Final = {
    "1": "electricity_generation",
    "2": "electricity_consumption",
    "3": "gas_production",
    "4": "gas_consumption",
}
"""Lokationtyp: a list of its own, whose ids mean something else in the catalogue."""

VOLTAGE_LEVEL: Final = {
    "348": "extra_high",
    "349": "extra_high_to_high",
    "350": "high",
    "351": "high_to_medium",
    "352": "medium",
    "353": "medium_to_low",
    "354": "low",
}
CONTROL_AREA: Final = {"1000001": "50Hertz", "1000010": "Amprion", "1001564": "TenneT", "1001572": "TransnetBW"}

_NUMBER: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_ID_MOST: Final = 20

Fields = Mapping[str, tuple[str, Callable[[str], Any] | None]]
"""An element of the export -> the field's name here, and what makes its value of the text when that is another."""


def _numbers(text: str) -> list[str] | None:
    return _NUMBER.findall(text) or None


_LOCATION: Final[Fields] = {
    "MastrNummer": ("_id", str.strip),
    "DatumLetzteAktualisierung": ("stamp", None),
    "NameDerTechnischenLokation": ("name", None),
    "Lokationtyp": ("kind", partial(word, LOCATION_KIND)),
    "NetzanschlusspunkteMaStRNummern": ("connections", _numbers),
}
_CONNECTION: Final[Fields] = {
    "NetzanschlusspunktMastrNummer": ("_id", str.strip),
    "LetzteAenderung": ("stamp", None),
    "NetzanschlusspunktBezeichnung": ("name", None),
    "LokationMaStRNummer": ("location_mastr_nr", None),
    "Spannungsebene": ("voltage_level", partial(word, VOLTAGE_LEVEL)),
    "Messlokation": ("metering_location", None),
    "NochInPlanung": ("planned", "1".__eq__),
    "RegelzoneNetzanschlusspunkt": ("control_area", partial(word, CONTROL_AREA)),
    "BilanzierungsgebietNetzanschlusspunktId": ("area", None),
    "NetzMaStRNummer": ("grid_mastr_nr", None),
    "NetzbetreiberMaStRNummer": ("grid_operator_mastr_nr", None),
}
_GRID: Final[Fields] = {
    "MastrNummer": ("_id", str.strip),
    "DatumLetzteAktualisierung": ("stamp", None),
    "Bezeichnung": ("name", None),
}
_AREA: Final[Fields] = {
    "Id": ("_id", str.strip),
    "Yeic": ("y_eic", None),
    "BilanzierungsgebietNetzanschlusspunkt": ("name", None),
    "RegelzoneNetzanschlusspunkt": ("control_area", partial(word, CONTROL_AREA)),
}


def location_document(record: Record) -> Document | None:
    """A location; None without a number."""
    return _numbered(_read(record, _LOCATION))


def connection_document(record: Record) -> Document | None:
    """A connection point; None without a number."""
    return _numbered(_read(record, _CONNECTION))


def grid_document(record: Record) -> Document | None:
    """A grid; None without a number."""
    return _numbered(_read(record, _GRID))


def area_document(record: Record) -> Document | None:
    """A balancing area by its id, which is no MaStR number; None without one."""
    document = _read(record, _AREA)
    return document if 0 < len(document.get("_id", "")) <= _ID_MOST else None


def location_view(number: str, location: Mapping[str, Any]) -> dict[str, Any]:
    """A location as the routes give it; what the copy lacks is null."""
    return {"mastr_nr": number, "name": location.get("name"), "kind": location.get("kind")}


def connection_view(
    connection: Mapping[str, Any],
    grids: Mapping[str, Mapping[str, Any]],
    actors: Mapping[str, Mapping[str, Any]],
    areas: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """A connection point with what it leads to, each by its id; a reference that leads nowhere keeps its number."""
    grid, operator = connection.get("grid_mastr_nr"), connection.get("grid_operator_mastr_nr")
    area = areas.get(connection.get("area", ""))
    operator_name = actors.get(operator or "", {}).get("name")
    return {
        "mastr_nr": connection["_id"],
        "name": connection.get("name"),
        "voltage_level": connection.get("voltage_level"),
        "metering_location": connection.get("metering_location"),
        "planned": connection.get("planned"),
        "grid": None if grid is None else {"mastr_nr": grid, "name": grids.get(grid, {}).get("name")},
        "grid_operator": None if operator is None else {"mastr_nr": operator, "name": operator_name},
        "balancing_area": None
        if area is None
        else {
            "y_eic": area.get("y_eic"),
            "name": area.get("name"),
            "control_area": area.get("control_area") or connection.get("control_area"),
        },
    }


def named(documents: Iterable[Document], field: str) -> list[str]:
    """The values of a field, each once."""
    return sorted({document[field] for document in documents if document.get(field)})


def _read(record: Record, fields: Fields) -> Document:
    """What is kept of a record and not empty."""
    document: Document = {}
    for element, text in record.items():
        known = fields.get(element)
        if known is not None:
            name, made = known
            value = text if made is None else made(text)
            if value is not None and value != NONE:
                document[name] = value
    return document


def _numbered(document: Document) -> Document | None:
    return document if _NUMBER.fullmatch(document.get("_id", "")) else None

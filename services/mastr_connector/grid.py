"""Where a unit is connected: location, connection point, grid, balancing area; as documents and as routes give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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


def location_document(record: Record) -> Document | None:
    """A location; None without a number."""
    return _kept(
        record.get("MastrNummer"),
        stamp=record.get("DatumLetzteAktualisierung"),
        name=record.get("NameDerTechnischenLokation"),
        kind=word(LOCATION_KIND, record.get("Lokationtyp")),
        connections=_NUMBER.findall(record.get("NetzanschlusspunkteMaStRNummern", "")) or None,
    )


def connection_document(record: Record) -> Document | None:
    """A connection point; None without a number."""
    planned = record.get("NochInPlanung")
    return _kept(
        record.get("NetzanschlusspunktMastrNummer"),
        stamp=record.get("LetzteAenderung"),
        name=record.get("NetzanschlusspunktBezeichnung"),
        location_mastr_nr=record.get("LokationMaStRNummer"),
        voltage_level=word(VOLTAGE_LEVEL, record.get("Spannungsebene")),
        metering_location=record.get("Messlokation"),
        planned=None if planned is None else planned == "1",
        control_area=word(CONTROL_AREA, record.get("RegelzoneNetzanschlusspunkt")),
        area=record.get("BilanzierungsgebietNetzanschlusspunktId"),
        grid_mastr_nr=record.get("NetzMaStRNummer"),
        grid_operator_mastr_nr=record.get("NetzbetreiberMaStRNummer"),
    )


def grid_document(record: Record) -> Document | None:
    """A grid; None without a number."""
    return _kept(
        record.get("MastrNummer"), stamp=record.get("DatumLetzteAktualisierung"), name=record.get("Bezeichnung")
    )


def area_document(record: Record) -> Document | None:
    """A balancing area by its id, which is no MaStR number; None without one."""
    identity = record.get("Id", "").strip()
    if not identity or len(identity) > 20:
        return None
    return _filled(
        {
            "_id": identity,
            "y_eic": record.get("Yeic"),
            "name": record.get("BilanzierungsgebietNetzanschlusspunkt"),
            "control_area": word(CONTROL_AREA, record.get("RegelzoneNetzanschlusspunkt")),
        }
    )


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


def _kept(number: str | None, **fields: Any) -> Document | None:
    identity = (number or "").strip()
    return _filled({"_id": identity, **fields}) if _NUMBER.fullmatch(identity) else None


def _filled(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None and value != NONE}

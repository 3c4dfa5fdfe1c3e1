"""The bodies of the MaStR-Connector, as its document shows them and its routes check them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.mastr_connector.catalogue import UNIT_TYPES
from services.mastr_connector.domain import ACTOR_NUMBER, EXTRA_TYPES, UNIT_NUMBER
from services.mastr_connector.plants import CAPACITY, CHANGE, PERMIT, PLANT, ROLE
from services.shared.web import Namespace
from services.shared.web.restx import Model

_POSTCODE = {"type": "string", "pattern": "^[0-9]{5}$", "example": "54290"}
_KEY = {"type": "string", "pattern": "^[0-9]{8}$", "example": "07211000"}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_MAYBE = {"type": ["string", "null"]}
_POWER = {"type": "number", "minimum": 0, "maximum": 1e6}
_DEGREES = {"type": ["number", "null"], "description": "WGS 84; null where the register publishes none"}
_SOURCE = {**_TEXT, "description": "Whose data these are, as their licence asks to be said"}
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}
_NAMED = {
    "type": ["object", "null"],
    "required": ["mastr_nr", "name"],
    "properties": {"mastr_nr": _TEXT, "name": {**_MAYBE, "description": "null when the copy lacks it"}},
}
_CONNECTION = {
    "type": "object",
    "required": [
        "mastr_nr",
        "name",
        "voltage_level",
        "metering_location",
        "planned",
        "grid",
        "grid_operator",
        "balancing_area",
    ],
    "properties": {
        "mastr_nr": _TEXT,
        "name": _MAYBE,
        "voltage_level": {
            **_MAYBE,
            "description": "extra_high, extra_high_to_high, high, high_to_medium, medium, medium_to_low, low; "
            "else as the register says",
        },
        "metering_location": {**_MAYBE, "description": "Messlokation"},
        "planned": {"type": ["boolean", "null"]},
        "grid": _NAMED,
        "grid_operator": _NAMED,
        "balancing_area": {
            "type": ["object", "null"],
            "required": ["y_eic", "name", "control_area"],
            "properties": {"y_eic": {**_MAYBE, "description": "EIC of type Y"}, "name": _MAYBE, "control_area": _MAYBE},
        },
    },
}
_FILTER = {
    "type": "object",
    "description": "Units with one of the postcodes or in one of the municipalities; all units when left out",
    "properties": {
        "postcodes": {"type": "array", "items": _POSTCODE, "maxItems": 10_000},
        "municipality_keys": {"type": "array", "items": _KEY, "maxItems": 12_000},
    },
}


@dataclass(frozen=True)
class Models:
    """Each body by the name it has in the document."""

    init: Model
    job_id: Model
    job: Model
    new_unit: Model
    unit: Model
    units: Model
    found: Model
    map: Model
    changes: Model
    actor: Model
    actors: Model
    actor_in_full: Model
    grid: Model
    plants: Model
    status: Model


def models(v1: Namespace) -> Models:
    """All bodies, in `v1`."""

    def shape(title: str, required: list[str], /, **properties: Any) -> Model:
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        return v1.schema_model(title, {**schema, "required": required} if required else schema)

    unit = shape(
        "Unit",
        ["mastr_nr", "unit_type"],
        mastr_nr={"type": "string", "pattern": UNIT_NUMBER},
        last_updated={"type": ["string", "null"], "format": "date-time"},
        name=_MAYBE,
        unit_type={"type": "string", "enum": [*UNIT_TYPES, *EXTRA_TYPES]},
        postcode=_MAYBE,
        town=_MAYBE,
        gross_power_kw={"type": ["number", "null"]},
        operating_status={
            **_MAYBE,
            "description": "planned, in_operation, temporarily_shut_down, decommissioned; else as the register says",
        },
        operator_mastr_nr=_MAYBE,
        municipality_key={**_MAYBE, "description": "Amtlicher Gemeindeschlüssel"},
        longitude=_DEGREES,
        latitude=_DEGREES,
    )
    about = {
        "mastr_nr": _TEXT,
        "name": {**_MAYBE, "description": "null: a natural person"},
        "postcode": _MAYBE,
        "town": _MAYBE,
    }
    actor = shape("Marktakteur", ["mastr_nr"], **about)
    units = {"type": "array", "items": {"$ref": "#/definitions/Unit"}}
    return Models(
        init=shape(
            "NewInit",
            ["source"],
            source={
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "description": "A zip or folder within the folder of exports, or the address of a zip",
                "example": "Gesamtdatenexport_20260911_26.1.zip",
            },
            filter=_FILTER,
        ),
        job_id=shape("JobId", ["job_id"], job_id=_TEXT),
        job=shape(
            "Job",
            ["job_id", "status", "progress"],
            job_id=_TEXT,
            status={"type": "string", "enum": ["queued", "started", "finished", "failed"]},
            progress={
                "type": "object",
                "required": ["done", "total", "unit"],
                "properties": {
                    "done": {"type": "integer"},
                    "total": {"type": "integer", "description": "0 while unknown"},
                    "unit": _TEXT,
                    "files_done": {"type": "integer"},
                    "files_total": {"type": "integer"},
                    "records": {"type": "integer", "description": "Records read so far, of an import"},
                    "records_per_s": {"type": "integer"},
                    "seconds_left": {"type": "integer", "description": "At the rate so far"},
                },
            },
            result={"type": "object", "additionalProperties": True},
            error={"type": "string", "description": "Why it failed; a failed job may be started again"},
        ),
        new_unit=shape(
            "NewUnit",
            ["unit_type", "name"],
            unit_type={"type": "string", "enum": list(EXTRA_TYPES), "description": "household, heat pump, wallbox"},
            name=_NAME,
            postcode=_POSTCODE,
            town=_NAME,
            gross_power_kw=_POWER,
            operator_mastr_nr={"type": "string", "pattern": ACTOR_NUMBER},
        ),
        unit=unit,
        units=shape(
            "Units",
            ["items", "next_cursor"],
            items=units,
            next_cursor=_MAYBE,
        ),
        found=shape("FoundUnits", ["items", "next_cursor", "source"], items=units, next_cursor=_MAYBE, source=_SOURCE),
        map=shape(
            "UnitMap",
            ["type", "features", "next_cursor", "source"],
            type={"type": "string", "enum": ["FeatureCollection"]},
            features={
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["type", "id", "geometry", "properties"],
                    "properties": {
                        "type": {"type": "string", "enum": ["Feature"]},
                        "id": _TEXT,
                        "geometry": {
                            "type": "object",
                            "required": ["type", "coordinates"],
                            "properties": {
                                "type": {"type": "string", "enum": ["Point"]},
                                "coordinates": {
                                    "type": "array",
                                    "items": {"type": "number"},
                                    "minItems": 2,
                                    "maxItems": 2,
                                    "description": "longitude, latitude",
                                },
                            },
                        },
                        "properties": {"$ref": "#/definitions/Unit"},
                    },
                },
            },
            next_cursor=_MAYBE,
            source=_SOURCE,
        ),
        changes=shape(
            "Changes",
            ["items", "removed", "next_cursor", "source"],
            items=units,
            removed={
                "type": "array",
                "description": "On the first page: units that the register took back since, as updates told; "
                "at most 10,000",
                "items": {
                    "type": "object",
                    "required": ["mastr_nr", "at"],
                    "properties": {"mastr_nr": _TEXT, "at": {"type": "string", "format": "date-time"}},
                },
            },
            next_cursor=_MAYBE,
            source=_SOURCE,
        ),
        actor=actor,
        actors=shape(
            "Marktakteure",
            ["items", "next_cursor", "source"],
            items={"type": "array", "items": {"$ref": "#/definitions/Marktakteur"}},
            next_cursor=_MAYBE,
            source=_SOURCE,
        ),
        actor_in_full=shape(
            "MarktakteurWithRoles", ["mastr_nr", "roles"], **about, roles={"type": "array", "items": ROLE}
        ),
        plants=shape(
            "UnitWithPlants",
            ["unit", "operator", "plants", "capacity_kwh", "permits", "grid_operator_changes", "source"],
            unit={"$ref": "#/definitions/Unit"},
            operator={"type": ["object", "null"], "required": ["mastr_nr"], "properties": about},
            plants={"type": "array", "items": PLANT},
            capacity_kwh=CAPACITY,
            permits={"type": "array", "items": PERMIT},
            grid_operator_changes={"type": "array", "items": CHANGE},
            source=_SOURCE,
        ),
        grid=shape(
            "UnitInTheGrid",
            ["unit", "location", "connections", "source"],
            unit={"$ref": "#/definitions/Unit"},
            location={
                "type": ["object", "null"],
                "required": ["mastr_nr", "name", "kind"],
                "properties": {"mastr_nr": _TEXT, "name": _MAYBE, "kind": _MAYBE},
            },
            connections={"type": "array", "items": _CONNECTION},
            source=_SOURCE,
        ),
        status=shape(
            "Status",
            ["last_init", "last_update", "counts", "quota"],
            last_init={"type": ["object", "null"], "additionalProperties": True},
            last_update={"type": ["object", "null"], "additionalProperties": True},
            counts={**_COUNTS, "description": "Units of each type, the extra ones among them"},
            quota={"type": ["object", "null"], "additionalProperties": True},
        ),
    )

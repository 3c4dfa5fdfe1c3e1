"""What belongs to a unit beside the grid: its plants (EEG, KWK, storage), permits; and the roles of a market actor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Row = Mapping[str, Any]

_PLANT: Final = (
    *("kind", "name", "operating_status", "commissioned", "registered", "installed_kw", "thermal_kw", "capacity_kwh"),
    *("eeg_key", "tender_number"),
)
_UPGRADE: Final = ("kind", "needs_permit", "power_increase", "recommissioned")
_PERMIT: Final = ("kind", "authority", "file_number", "issued", "until", "registered")
_CHANGE: Final = ("at", "grid_operator_before", "grid_operator_mastr_nr")

_MAYBE: Final = {"type": ["string", "null"]}
_AMOUNT: Final = {"type": ["number", "null"], "minimum": 0}
_UNITS: Final = {"type": "array", "items": {"type": "string"}, "description": "All units that the register links to it"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


PLANT: Final = _object(
    mastr_nr={"type": "string"},
    **dict.fromkeys(_PLANT, _MAYBE) | dict.fromkeys(("installed_kw", "thermal_kw"), _AMOUNT),
    units=_UNITS,
    upgrades={
        "type": "array",
        "description": "Ertüchtigungen of an EEG plant",
        "items": _object(**dict.fromkeys(_UPGRADE, _MAYBE) | {"needs_permit": {"type": ["boolean", "null"]}}),
    },
)
PLANT["properties"]["kind"] = {
    "type": "string",
    "description": "eeg_solar, eeg_wind, eeg_biomass, eeg_hydro, eeg_storage, eeg_geothermal, chp, storage, "
    "gas_storage",
}
PLANT["properties"]["capacity_kwh"] = {**_AMOUNT, "description": "NutzbareSpeicherkapazitaet of a storage plant"}
PERMIT: Final = _object(mastr_nr={"type": "string"}, **dict.fromkeys(_PERMIT, _MAYBE), units=_UNITS)
CHANGE: Final = _object(**dict.fromkeys(_CHANGE, _MAYBE))
ROLE: Final = _object(
    mastr_nr={"type": "string", "description": "The actor's number and the role's letters"},
    role={**_MAYBE, "description": "Marktrolle, as the register calls it"},
    market_partner_id={**_MAYBE, "description": "Marktpartneridentifikationsnummer"},
    bnetza_number={**_MAYBE, "description": "BundesnetzagenturBetriebsnummer"},
)
CAPACITY: Final = {
    **_AMOUNT,
    "description": "Of all its electricity storage plants together; null when the register says none",
}


def plant_view(plant: Row, upgrades: Iterable[Row]) -> dict[str, Any]:
    """A plant as the routes give it; what the copy lacks is null."""
    own = [each for each in upgrades if each.get("eeg_mastr_nr") == plant["_id"]]
    return {
        "mastr_nr": plant["_id"],
        **_some(plant, _PLANT),
        "units": plant.get("units", []),
        "upgrades": [_some(each, _UPGRADE) for each in own],
    }


def permit_view(permit: Row) -> dict[str, Any]:
    """A permit as the routes give it."""
    return {"mastr_nr": permit["_id"], **_some(permit, _PERMIT), "units": permit.get("units", [])}


def change_views(changes: Iterable[Row]) -> list[dict[str, Any]]:
    """Changes of a unit's grid operator, the earliest first."""
    return sorted((_some(each, _CHANGE) for each in changes), key=lambda change: change["at"] or "")


def capacity_kwh(plants: Sequence[Row]) -> float | None:
    """Of all electricity storage among the plants."""
    told = [plant["capacity_kwh"] for plant in plants if plant["kind"] == "storage" and "capacity_kwh" in plant]
    return sum(told) if told else None


def role_views(roles: Iterable[Row], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Roles of a market actor; `names`: what the catalogue calls those that the export only numbers."""
    return [
        {
            "mastr_nr": role["_id"],
            "role": names.get(role.get("role", ""), role.get("role")),
            **_some(role, ("market_partner_id", "bnetza_number")),
        }
        for role in roles
    ]


def _some(row: Row, fields: Iterable[str]) -> dict[str, Any]:
    return {name: row.get(name) for name in fields}

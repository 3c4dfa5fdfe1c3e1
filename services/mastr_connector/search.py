"""What is looked for among the units, as MongoDB's query. Operators that Amazon DocumentDB lacks are not used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.mastr_connector.catalogue import UNIT_TYPES
from services.mastr_connector.domain import EXTRA_TYPES
from services.mastr_connector.words import words

SORTS: Final[Mapping[str, tuple[str, bool]]] = {
    "mastr_nr": ("_id", False),
    "last_updated": ("last_updated", False),
    "-last_updated": ("last_updated", True),
    "gross_power_kw": ("gross_power_kw", False),
    "-gross_power_kw": ("gross_power_kw", True),
}
"""Name of an order -> the field, and whether descending. Units without that field are not in such a list."""


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees, WGS 84 (EPSG:4326): west <= east, south <= north. Raises ValueError with what is wrong."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-180 <= self.west <= self.east <= 180 and -90 <= self.south <= self.north <= 90):
            raise ValueError("must be west,south,east,north in degrees, with west <= east and south <= north")


@dataclass(frozen=True, slots=True)
class Search:
    """All that is given must fit. `name`: each of its words begins a word of the unit's name."""

    postcode: str | None = None
    municipality_key: str | None = None
    unit_type: str | None = None
    operating_status: str | None = None
    operator_mastr_nr: str | None = None
    min_kw: float | None = None
    max_kw: float | None = None
    box: Box | None = None
    name: str | None = None
    since: datetime | None = None
    placed: bool = False

    def query(self, field: str = "_id") -> dict[str, Any]:
        """The query, for a list ordered by `field`."""
        equal = ("postcode", "municipality_key", "unit_type", "operating_status", "operator_mastr_nr")
        found: dict[str, Any] = {name: value for name in equal if (value := getattr(self, name)) is not None}
        power = _between(self.min_kw, self.max_kw)
        if power:
            found["gross_power_kw"] = power
        if self.box is not None:
            found["latitude"] = _between(self.box.south, self.box.north)
            found["longitude"] = _between(self.box.west, self.box.east)
        elif self.placed:
            found["latitude"] = {"$exists": True}
        if self.since is not None:
            found["last_updated"] = {"$gte": self.since}
        if field != "_id":
            found.setdefault(field, {"$exists": True})
        if "gross_power_kw" in found or "last_updated" in found:
            # these have no index of their own, but one of each type
            found.setdefault("unit_type", {"$in": [*UNIT_TYPES, *EXTRA_TYPES]})
        return {**found, **named(self.name)} if self.name is not None else found


def named(text: str) -> dict[str, Any]:
    """The query for names in which each word of `text` begins a word; nothing has a name without words."""
    parts = words(text)
    if not parts:
        return {"words": {"$in": []}}
    return {"$and": [{"words": {"$regex": f"^{part}"}} for part in parts]}


def _between(low: float | None, high: float | None) -> dict[str, float]:
    return {name: value for name, value in (("$gte", low), ("$lte", high)) if value is not None}

"""What is asked of the copy."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from services.mastr_connector.copy import Copy
from services.mastr_connector.domain import actor_view, feature, has_valid_number, is_extra, view
from services.mastr_connector.errors import Unknown
from services.mastr_connector.grid import connection_view, location_view, named
from services.mastr_connector.plants import capacity_kwh, change_views, permit_view, plant_view, role_views
from services.mastr_connector.search import Search
from services.mastr_connector.search import named as named_so

SOURCE: Final = "Bundesnetzagentur, Marktstammdatenregister, DL-DE-BY-2.0 (https://www.govdata.de/dl-de/by-2-0)"
_MOST_REMOVED: Final = 10_000


class Reading:
    """The use cases of one call, all of one generation of the copy. Calls may raise PyMongoError, lists TooWide."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy

    def tag(self, *, extra: bool) -> str | None:
        """Of an answer; it stays as long as the answer cannot be another. `extra`: extra units are in it."""
        return self._copy.tag(extra=extra)

    def unit(self, number: str) -> dict[str, Any]:
        """A unit of the register or an extra one. Raises Unknown."""
        return view(self._unit(number))

    def grid(self, number: str) -> dict[str, Any]:
        """A unit with its location and that one's connection points, grids and balancing areas. Raises Unknown."""
        unit = self._unit(number)
        place = unit.get("location_mastr_nr")
        location = next(iter(self._copy.found("locations", [place])), {}) if place else {}
        connections = self._copy.found("connections", location.get("connections", ()))

        def by_id(collection: str, reference: str) -> dict[str, dict[str, Any]]:
            return {each["_id"]: each for each in self._copy.found(collection, named(connections, reference))}

        grids, areas = by_id("grids", "grid_mastr_nr"), by_id("areas", "area")
        actors = by_id("actors", "grid_operator_mastr_nr")
        return {
            "unit": view(unit),
            "location": location_view(place, location) if place else None,
            "connections": [connection_view(each, grids, actors, areas) for each in connections],
            "source": SOURCE,
        }

    def plants(self, number: str) -> dict[str, Any]:
        """A unit with its operator, plants, permits and changes of its grid operator. Raises Unknown."""
        unit = self._unit(number)
        operator = unit.get("operator_mastr_nr")
        plants = self._copy.found("plants", [number], "units")
        upgrades = self._copy.found("upgrades", [plant["_id"] for plant in plants], "eeg_mastr_nr")
        return {
            "unit": view(unit),
            "operator": None if operator is None else self._actor(operator) or actor_view({"_id": operator}),
            "plants": [plant_view(plant, upgrades) for plant in plants],
            "capacity_kwh": capacity_kwh(plants),
            "permits": [permit_view(each) for each in self._copy.found("permits", [number], "units")],
            "grid_operator_changes": change_views(self._copy.found("operator_changes", [number], "unit_mastr_nr")),
            "source": SOURCE,
        }

    def _actor(self, number: str) -> dict[str, Any] | None:
        found = self._copy.found("actors", [number])
        return actor_view(found[0]) if found else None

    def _unit(self, number: str) -> dict[str, Any]:
        found = self._copy.extra_unit(number) if is_extra(number) else self._copy.unit(number)
        if found is None:
            raise Unknown(f"there is no unit {number} in the copy of the register; {_why(number)}")
        return found

    def search(self, search: Search, sort: str, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of the units that fit, in an order of SORTS. Raises BadCursor."""
        found = self._copy.search(search, sort, limit, cursor)
        return {"items": [view(unit) for unit in found.items], "next_cursor": found.next_cursor, "source": SOURCE}

    def map(self, search: Search, limit: int, cursor: str | None) -> dict[str, Any]:
        """The same as a GeoJSON FeatureCollection, by number. Raises BadCursor."""
        found = self._copy.search(search, "mastr_nr", limit, cursor)
        features = [feature(unit) for unit in found.items]
        return {
            **{"type": "FeatureCollection", "features": features},
            **{"next_cursor": found.next_cursor, "source": SOURCE},
        }

    def changes(self, since: datetime, limit: int, cursor: str | None) -> dict[str, Any]:
        """Units changed since, the earliest change first; on the first page also those taken back. Raises BadCursor."""
        told = self.search(Search(since=since), "last_updated", limit, cursor)
        removed = [] if cursor is not None else self._copy.removed_since(since, _MOST_REMOVED)
        return {**told, "removed": [{"mastr_nr": each["_id"], "at": iso(each["at"])} for each in removed]}

    def actors(self, name: str | None, postcode: str | None, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of the market actors that fit, by number. Raises BadCursor."""
        query = {**({} if postcode is None else {"postcode": postcode}), **({} if name is None else named_so(name))}
        found = self._copy.actors(query, limit, cursor)
        return {"items": [actor_view(each) for each in found.items], "next_cursor": found.next_cursor, "source": SOURCE}

    def actor(self, number: str) -> dict[str, Any]:
        """A market actor with his roles; one that only they name is known by them. Raises Unknown."""
        found, roles = self._actor(number), self._copy.found("roles", [number], "actor_mastr_nr")
        if found is None and not roles:
            raise Unknown(f"there is no market actor {number} in the copy of the register; {_why(number)}")
        named_roles = self._copy.found("catalogue", [f"Marktrollen/{role['role']}" for role in roles if "role" in role])
        return {
            **(found or actor_view({"_id": number})),
            "roles": role_views(roles, {each["id"]: each["value"] for each in named_roles}),
        }

    def units_of(self, operator: str, limit: int, cursor: str | None) -> dict[str, Any]:
        """An operator's units by number. Raises Unknown and BadCursor."""
        found = self._copy.units_of(operator, limit, cursor)
        if not found.items and cursor is None and not self._copy.knows_actor(operator):
            raise Unknown(f"there is no market actor {operator} in the copy of the register, and no unit of his")
        return {"items": [view(unit) for unit in found.items], "next_cursor": found.next_cursor}


def _why(number: str) -> str:
    """Why a number may not be there."""
    if is_extra(number) or has_valid_number(number):
        return "perhaps it needs an update"
    return "the number's check digit is wrong, so it is mistyped somewhere"


def iso(at: datetime) -> str:
    """A time as the routes give it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

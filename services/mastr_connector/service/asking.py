"""What is asked of the copy, and the units that the register lacks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.mastr_connector.config import WorkerConfig
from services.mastr_connector.domain import (
    NewUnit,
    Region,
    actor_view,
    extra_number,
    feature,
    has_valid_number,
    is_extra,
    view,
)
from services.mastr_connector.errors import Conflict, NotAllowed, Unknown
from services.mastr_connector.grid import connection_view, location_view, named
from services.mastr_connector.repository import Repository
from services.mastr_connector.search import Search
from services.mastr_connector.search import named as named_so
from services.mastr_connector.source import Sources
from services.shared.data import Jobs, JobStatus

INIT = "services.mastr_connector.jobs.init"
UPDATE = "services.mastr_connector.jobs.update"
SOURCE = "Bundesnetzagentur, Marktstammdatenregister, DL-DE-BY-2.0 (https://www.govdata.de/dl-de/by-2-0)"
_TRIES = 5
_MOST_REMOVED = 10_000


class Asking:
    """The routes' use cases. Calls may raise PyMongoError and RedisError."""

    def __init__(
        self, config: WorkerConfig, repository: Repository, sources: Sources, jobs: Jobs, clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._repository = repository
        self._sources = sources
        self._jobs = jobs
        self._clock = clock

    def source_fault(self, source: str) -> str | None:
        """Why an export may not come from there, or None."""
        return self._sources.fault(source)

    def init(self, source: str, region: Region, job_id: str | None) -> str:
        """The job that imports; `job_id` when the call has a key of its own."""
        return self._jobs.enqueue(INIT, {"source": source, **region.as_json()}, job_id)

    def update(self, job_id: str | None) -> str:
        """The job that updates. Raises Conflict."""
        if not self._config.can_update:
            raise Conflict("the web service is not configured: set MASTR_WSDL_URL, MASTR_API_KEY and MASTR_AKTEUR")
        if self._repository.live() is None:
            raise Conflict("nothing is imported yet; start with POST /init")
        return self._jobs.enqueue(UPDATE, {}, job_id)

    def job(self, job_id: str) -> JobStatus:
        """How a job stands. Raises Unknown."""
        status = self._jobs.status(job_id)
        if status is None:
            raise Unknown(f"there is no job {job_id}; jobs are forgotten 7 days after their end")
        return status

    def unit(self, number: str) -> dict[str, Any]:
        """A unit of the register or an extra one. Raises Unknown."""
        return view(self._unit(number))

    def grid(self, number: str) -> dict[str, Any]:
        """A unit with its location and that one's connection points, grids and balancing areas. Raises Unknown."""
        unit = self._unit(number)
        place = unit.get("location_mastr_nr")
        location = next(iter(self._repository.found("locations", [place])), {}) if place else {}
        connections = self._repository.found("connections", location.get("connections", ()))

        def by_id(collection: str, reference: str) -> dict[str, dict[str, Any]]:
            return {each["_id"]: each for each in self._repository.found(collection, named(connections, reference))}

        grids, areas = by_id("grids", "grid_mastr_nr"), by_id("areas", "area")
        actors = by_id("actors", "grid_operator_mastr_nr")
        return {
            "unit": view(unit),
            "location": location_view(place, location) if place else None,
            "connections": [connection_view(each, grids, actors, areas) for each in connections],
            "source": SOURCE,
        }

    def _unit(self, number: str) -> dict[str, Any]:
        found = self._repository.extra_unit(number) if is_extra(number) else self._repository.unit(number)
        if found is None:
            raise Unknown(f"there is no unit {number} in the copy of the register; {_why(number)}")
        return found

    def search(self, search: Search, sort: str, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of the units that fit, in an order of SORTS. Raises BadCursor."""
        found = self._repository.search(search, sort, limit, cursor)
        return {"items": [view(unit) for unit in found.items], "next_cursor": found.next_cursor, "source": SOURCE}

    def map(self, search: Search, limit: int, cursor: str | None) -> dict[str, Any]:
        """The same as a GeoJSON FeatureCollection, by number. Raises BadCursor."""
        found = self._repository.search(search, "mastr_nr", limit, cursor)
        features = [feature(unit) for unit in found.items]
        return {
            **{"type": "FeatureCollection", "features": features},
            **{"next_cursor": found.next_cursor, "source": SOURCE},
        }

    def changes(self, since: datetime, limit: int, cursor: str | None) -> dict[str, Any]:
        """Units changed since, the earliest change first; on the first page also those taken back. Raises BadCursor."""
        told = self.search(Search(since=since), "last_updated", limit, cursor)
        removed = [] if cursor is not None else self._repository.removed_since(since, _MOST_REMOVED)
        return {**told, "removed": [{"mastr_nr": each["_id"], "at": _iso(each["at"])} for each in removed]}

    def actors(self, name: str | None, postcode: str | None, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of the market actors that fit, by number. Raises BadCursor."""
        query = {**({} if postcode is None else {"postcode": postcode}), **({} if name is None else named_so(name))}
        found = self._repository.actors(query, limit, cursor)
        return {"items": [actor_view(each) for each in found.items], "next_cursor": found.next_cursor, "source": SOURCE}

    def actor(self, number: str) -> dict[str, Any]:
        """A market actor. Raises Unknown."""
        found = self._repository.found("actors", [number])
        if not found:
            raise Unknown(f"there is no market actor {number} in the copy of the register; {_why(number)}")
        return actor_view(found[0])

    def units_of(self, operator: str, limit: int, cursor: str | None) -> dict[str, Any]:
        """An operator's units by number. Raises Unknown and BadCursor."""
        found = self._repository.units_of(operator, limit, cursor)
        if not found.items and cursor is None and not self._repository.knows_actor(operator):
            raise Unknown(f"there is no market actor {operator} in the copy of the register, and no unit of his")
        return {"items": [view(unit) for unit in found.items], "next_cursor": found.next_cursor}

    def add(self, new: NewUnit, key: str | None) -> dict[str, Any]:
        """Records an extra unit. With the same key it is the same unit, also when the first answer was lost."""
        seeds = [key] if key is not None else [uuid.uuid4().hex for _ in range(_TRIES)]
        for seed in seeds:
            unit = new.as_unit(extra_number(new.unit_type, seed.encode()), self._clock())
            if self._repository.add_extra(unit) or key is not None:
                return self.unit(unit["_id"])
        raise Conflict("no free number was found for the unit; try again")

    def remove(self, number: str) -> None:
        """Removes an extra unit. Raises Unknown and NotAllowed."""
        if not is_extra(number):
            raise NotAllowed(f"{number} is a unit of the register, which is changed there and not here")
        if not self._repository.remove_extra(number):
            raise Unknown(f"there is no unit {number}")

    def status(self) -> dict[str, Any]:
        """The last import and update, counts per unit type, the quota as it was last told."""
        live = self._repository.live() or {}
        init, update, quota = live.get("init"), live.get("update"), self._repository.quota()
        return {
            "last_init": None if init is None else _last_init(init),
            "last_update": None if update is None else {"at": _iso(update["at"]), "seen": update["seen"]},
            "counts": {**live.get("counts", {}), **self._repository.extra_counts()},
            "quota": None if quota is None else {**quota, "at": _iso(quota["at"])},
        }


def _why(number: str) -> str:
    """Why a number may not be there."""
    if is_extra(number) or has_valid_number(number):
        return "perhaps it needs an update"
    return "the number's check digit is wrong: is it mistyped?"


def _last_init(init: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: init.get(name) for name in ("source", "export_day", "filter", "seen", "stored", "repaired")}
    return {"at": _iso(init["at"]), **shown}


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

"""Jobs, the state of the copy, and the units that the register lacks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.mastr_connector.config import WorkerConfig
from services.mastr_connector.domain import NewUnit, Region, extra_number, is_extra
from services.mastr_connector.errors import Conflict, NotAllowed, Unknown
from services.mastr_connector.repository import Repository
from services.mastr_connector.service.reading import Reading, iso
from services.mastr_connector.source import Sources
from services.shared.data import Jobs, JobStatus

INIT = "services.mastr_connector.jobs.init"
UPDATE = "services.mastr_connector.jobs.update"
_TRIES = 5


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

    def reading(self, unit: str | None = None) -> Reading:
        """What is read of the copy as it is now. `unit`: one of the register's that is certainly asked for."""
        return Reading(self._repository.copy(unit))

    def add(self, new: NewUnit, key: str | None) -> dict[str, Any]:
        """Records an extra unit. With the same key it is the same unit, also when the first answer was lost."""
        seeds = [key] if key is not None else [uuid.uuid4().hex for _ in range(_TRIES)]
        for seed in seeds:
            unit = new.as_unit(extra_number(new.unit_type, seed.encode()), self._clock())
            if self._repository.add_extra(unit) or key is not None:
                return self.reading().unit(unit["_id"])
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
            "last_update": None if update is None else {"at": iso(update["at"]), "seen": update["seen"]},
            "counts": {**live.get("counts", {}), **self._repository.extra_counts()},
            "quota": None if quota is None else {**quota, "at": iso(quota["at"])},
        }


def _last_init(init: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: init.get(name) for name in ("source", "export_day", "filter", "seen", "stored", "repaired")}
    return {"at": iso(init["at"]), **shown}

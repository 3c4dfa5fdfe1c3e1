"""The Forecast-Connector with its worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from tests.apis.stages.ground import Ground, PoolOf
from tests.apis.target import Target
from tests.integration.box.processes import Program, module
from tests.integration.forecast.pool import Pool
from tests.integration.forecast.records import Records
from tests.integration.forecast.system import PLANT, SECOND, System, day_of


@contextmanager
def forecast_connector(ground: Ground) -> Iterator[Target]:
    """With its worker, a day of forecasts, and the participants that the Background-Manager-Logic knows."""
    manager = f"{ground.other('background_manager_logic').root}/background-manager-logic/api/v1"
    records = cast(Records, SimpleNamespace(url=manager, tell=lambda *_: None))
    system = System(ground.folder, ground.mongo, ground.redis_url, cast(Pool, PoolOf(ground)), records)
    system.service = Program(
        module("services.forecast_connector"),
        {**system.environment, "TBI_SERVICE_SECRET_FILE": str(ground.identity.service_secret("forecast-connector"))},
        ground.folder / "service.log",
        system.answers,
    )
    try:
        system.start()
        system.put("day.xlsx", day_of(date(2025, 6, 1)))
        job = system.begin_update()
        done = system.wait(job)
        assert done["status"] == "finished"
        times = ("2025-06-01T12:00:00Z", "2025-06-01T12:15", "2025-06-02T12:00:00+02:00", "2025-03-30T02:30")
        known: dict[str, tuple[Any, ...]] = {
            "job_id": (job,),
            "workbook_id": tuple(one["workbook"] for one in done["result"]["imported"]),
            "name": ("day.xlsx",),
            "date": ("2025-06-01", "2025-03-30"),
            "mastr_nr": (PLANT.mastr_nr, SECOND.mastr_nr),
            **dict.fromkeys(("from", "to", "timestamp", "slot_start", "as_of"), times),
        }
        yield Target("forecast_connector", system.url.partition("/forecast")[0], ground.callers, known)
    finally:
        system.stop()

"""The MaStR-Connector with its worker and the simulated register."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from services.mastr_connector.app import create_app
from simulators.mastr.demonstration import PLANTS
from tests.apis.stages.ground import Ground
from tests.apis.target import Target, served
from tests.integration.mastr.stage import Stage


@contextmanager
def mastr_connector(ground: Ground) -> Iterator[Target]:
    """With its worker, the simulated register, an import, and a unit that the register lacks."""
    stage = Stage(ground.mongo, ground.redis_url, ground.folder, name="mastrapis")
    stage.worker.start()
    connector = create_app(replace(stage.config, identity_file=ground.identity.file))
    try:
        export = stage.export()
        job = stage.start_job("/init", {"source": export})
        assert stage.ended(job)["status"] == "finished"
        household = stage.call("POST", "/unit", {"unit_type": "H0", "name": "Haushalt"}).get_json()["mastr_nr"]
        with served(connector.app) as root:
            numbers = tuple(plant.mastr_nr for plant in PLANTS)
            operators = tuple(plant.operator_nr for plant in PLANTS)
            known: dict[str, tuple[Any, ...]] = {
                "job_id": (job,),
                "mastr_nr": (*numbers, *operators, household),
                "operator_mastr_nr": operators,
                "source": (export, "nothing.zip", "../x.zip", "https://download.marktstammdatenregister.de/x.zip"),
            }
            yield Target("mastr_connector", root, ground.callers, known)
    finally:
        connector.close()
        stage.stop()

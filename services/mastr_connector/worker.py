"""The connector's worker: `python -m services.mastr_connector.worker`. One import or update at a time."""

from __future__ import annotations

from services.mastr_connector import jobs
from services.mastr_connector.app import NAME, assemble
from services.mastr_connector.config import WorkerConfig
from services.mastr_connector.repository import SCHEMA
from services.shared.data import DatabaseUnavailable, Schema, Worker
from services.shared.web import ConfigurationError, run_service


def main(config: WorkerConfig) -> None:
    """Works until told to stop; leaves with what Redis raises when that is gone, for the supervisor to begin anew."""
    parts = assemble(config)
    try:
        Schema(parts.db, SCHEMA).bring_up()
    except DatabaseUnavailable as error:
        raise ConfigurationError(f"MONGO_URI: MongoDB does not answer ({type(error).__name__})") from error
    jobs.work_with(parts)
    try:
        Worker(config.redis_url, NAME).run()
    finally:
        parts.close()


if __name__ == "__main__":
    run_service(f"{NAME}-worker", WorkerConfig, main)

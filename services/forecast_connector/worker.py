"""The worker: `python -m services.forecast_connector.worker`. It reads the workbooks."""

from __future__ import annotations

from pymongo.errors import PyMongoError

from services.forecast_connector import jobs
from services.forecast_connector.app import imports_of, queue_of
from services.forecast_connector.config import WorkerConfig
from services.shared.data import Worker
from services.shared.web import ConfigurationError, run_service

NAME = "forecast-worker"


def main(config: WorkerConfig) -> None:
    """Works until told to stop; leaves when Redis or MongoDB are gone, for the supervisor to begin anew."""
    try:
        jobs.work_with(imports_of(config))
    except PyMongoError as error:
        raise ConfigurationError(f"MONGO_URI: MongoDB does not answer ({type(error).__name__})") from error
    Worker(config.redis_url, queue_of(config)).run()


if __name__ == "__main__":
    run_service(NAME, WorkerConfig, main)

"""The worker: `python -m services.forecast_connector.worker`. It reads the workbooks, and watches for new ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import PyMongoError

from services.forecast_connector import jobs
from services.forecast_connector.app import imports_of, queue_of
from services.forecast_connector.config import WorkerConfig
from services.forecast_connector.folder import ForecastFolder
from services.forecast_connector.watch import Watch
from services.shared.data import Jobs, Worker
from services.shared.web import ConfigurationError, run_service

NAME = "forecast-worker"


def main(config: WorkerConfig) -> None:
    """Works until told to stop; leaves when Redis or MongoDB are gone, for the supervisor to begin anew."""
    try:
        imports = imports_of(config)
    except PyMongoError as error:
        raise ConfigurationError(f"MONGO_URI: MongoDB does not answer ({type(error).__name__})") from error
    jobs.work_with(imports)
    with _watched(imports.folder, config):
        Worker(config.redis_url, queue_of(config)).run()


@contextmanager
def _watched(folder: ForecastFolder, config: WorkerConfig) -> Iterator[None]:
    if not config.watch_s:
        yield
        return
    queue, stopped = Jobs(config.redis_url, queue_of(config)), threading.Event()
    watching = threading.Thread(target=Watch(folder, queue).run, args=(stopped, config.watch_s), daemon=True)
    watching.start()
    try:
        yield
    finally:
        stopped.set()
        watching.join(timeout=config.watch_s)
        queue.close()


if __name__ == "__main__":
    run_service(NAME, WorkerConfig, main)

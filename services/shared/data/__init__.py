"""Documents (MongoDB) and jobs (RQ on Redis), as all services of the cloud side use them.

config.py    class Config(MongoConfig, JobsConfig): ...          # MONGO_URI, TBI_MONGO_PASSWORD_FILE, TBI_REDIS_URL
app.py       db = database(config.mongo_uri, "mastr", password_file=config.mongo_password_file)
             jobs = Jobs(config.redis_url, "mastr")
api.py       page(collection, {...}, sort="slot_start", limit=100, cursor=query["cursor"]) -> Page(items, next_cursor)
jobs.py      def work(what: str) -> dict: progress(10, 100, "records"); raise JobError("cause and cure")
worker       Worker(config.redis_url, "mastr").run()              # until SIGTERM
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.shared.data.config import JobsConfig, MongoConfig
    from services.shared.data.jobs import Jobs, JobStatus, JobsUnavailable, progress
    from services.shared.data.mongo import BadCursor, DatabaseUnavailable, Page, database, page, ping
    from services.shared.data.worker import Worker
    from services.shared.errors import JobError

__all__ = [
    "BadCursor",
    "DatabaseUnavailable",
    "JobError",
    "JobStatus",
    "Jobs",
    "JobsConfig",
    "JobsUnavailable",
    "MongoConfig",
    "Page",
    "Worker",
    "database",
    "page",
    "ping",
    "progress",
]

_PLACES = {
    "config": ("JobsConfig", "MongoConfig"),
    "jobs": ("JobError", "JobStatus", "Jobs", "JobsUnavailable", "progress"),
    "mongo": ("BadCursor", "DatabaseUnavailable", "Page", "database", "page", "ping"),
    "worker": ("Worker",),
}


def __getattr__(name: str) -> Any:
    """Each part is imported when it is asked for: the processes that read an export need no queue and no web frame."""
    for module, names in _PLACES.items():
        if name in names:
            value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__} has no {name}")

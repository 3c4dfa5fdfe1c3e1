"""The jobs: what the worker is called for, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.forecast_connector.errors import ForecastError
from services.shared.data import JobError, progress

if TYPE_CHECKING:
    from services.forecast_connector.service.imports import Imports

UPDATE = "services.forecast_connector.jobs.update"


class _Own:
    """What the jobs of this process work with: RQ calls them by name, with nothing but their arguments."""

    imports: Imports | None = None


def work_with(imports: Imports) -> None:
    """For the worker's start."""
    _Own.imports = imports


def update() -> dict[str, Any]:
    """Imports what is new in the forecast folder. Repeating it changes nothing."""
    if _Own.imports is None:
        raise JobError("this process is no worker of the forecast connector")
    try:
        return _Own.imports.run(progress)
    except ForecastError as error:
        raise JobError(str(error)) from error

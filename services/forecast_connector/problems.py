"""Which answer each exception is."""

from __future__ import annotations

from collections.abc import Mapping

from services.forecast_connector.domain.maximum import NotCovered
from services.forecast_connector.errors import Conflict, ForecastError, NotGiven, NotOwner, Unknown
from services.shared.data import DatabaseUnavailable, JobsUnavailable
from services.shared.web import Problem, invalid
from services.shared.web.errors import ProblemOf


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:].rstrip(".") + "."


PROBLEMS: Mapping[type[Exception], ProblemOf] = {
    NotCovered: lambda error: Problem(404, _sentence(error)),
    NotOwner: lambda error: Problem(403, _sentence(error)),
    NotGiven: lambda error: invalid({error.parameter: str(error)}),
    Unknown: lambda error: Problem(404, _sentence(error)),
    Conflict: lambda error: Problem(409, _sentence(error)),
    ForecastError: lambda error: Problem(503, _sentence(error), retry_after_s=5),
    DatabaseUnavailable: lambda _: Problem(503, "The database does not answer; try again.", retry_after_s=5),
    JobsUnavailable: lambda _: Problem(503, "The job queue (Redis) does not answer; try again.", retry_after_s=5),
}

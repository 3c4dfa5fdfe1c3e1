"""The checks behind GET /health."""

from __future__ import annotations

from typing import Any

from pymongo.database import Database

from services.forecast_connector.domain.times import iso
from services.forecast_connector.errors import ForecastError
from services.forecast_connector.participants import Participants
from services.forecast_connector.repository import Repository
from services.shared.data import DatabaseUnavailable, Jobs, JobsUnavailable, ping
from services.shared.web import CheckFailed, HealthCheck


def checks(
    db: Database[dict[str, Any]], repository: Repository, jobs: Jobs, participants: Participants
) -> dict[str, HealthCheck]:
    """One check for each neighbour, and one for the forecasts themselves."""

    def database_answers() -> str:
        try:
            return ping(db)
        except DatabaseUnavailable as error:
            raise CheckFailed("MongoDB does not answer; see whether it runs") from error

    def jobs_answer() -> str:
        try:
            return f"{jobs.ping()}; {jobs.waiting()} jobs wait"
        except JobsUnavailable as error:
            raise CheckFailed("Redis does not answer; see whether it runs") from error

    def forecasts_are_there() -> str:
        try:
            newest = repository.newest()
        except DatabaseUnavailable as error:
            raise CheckFailed("the database does not answer") from error
        if newest is None:
            return "no workbook was read yet"
        return f"{newest[0]} workbooks, the newest issued {iso(newest[1])}"

    def records_are_there() -> str:
        try:
            return f"{len(participants.all())} participant records"
        except ForecastError as error:
            raise CheckFailed("the participant records cannot be read") from error

    return {
        "mongodb": database_answers,
        "redis": jobs_answer,
        "forecasts": forecasts_are_there,
        "participants": records_are_there,
    }

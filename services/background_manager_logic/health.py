"""The checks behind GET /health, and how the health of other parts is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from pymongo.database import Database

from services.background_manager_logic.cognito import Cognito
from services.background_manager_logic.errors import ManagerError
from services.shared.data import DatabaseUnavailable, ping
from services.shared.web import CheckFailed, HealthCheck

_TIMEOUT_S = (1.0, 3.0)


class Silent(ManagerError):  # noqa: N818 - it says what is
    """A part does not answer."""


def checks(db: Database[dict[str, Any]], cognito: Cognito) -> dict[str, HealthCheck]:
    """One check for each neighbour that this service cannot be without."""

    def database_answers() -> str:
        try:
            return ping(db)
        except DatabaseUnavailable as error:
            raise CheckFailed("the database does not answer") from error

    def identity_answers() -> str:
        try:
            return cognito.ping()
        except ManagerError as error:
            raise CheckFailed(str(error)) from error

    return {"database": database_answers, "identity": identity_answers}


def asked(name: str, base_url: str) -> Callable[[], Mapping[str, Any]]:
    """Asks the health of the part at `base_url`."""

    def ask() -> Mapping[str, Any]:
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(f"{base_url}/health", timeout=_TIMEOUT_S, allow_redirects=False)
            told = answer.json()
        except requests.RequestException as error:
            raise Silent(f"{name} does not answer ({type(error).__name__})") from error
        if not answer.ok or not isinstance(told, dict):
            raise Silent(f"{name} answers {answer.status_code}, but not as it should")
        return told

    return ask

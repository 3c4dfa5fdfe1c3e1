"""The register over HTTP: the MaStR-Connector, called with this service's token."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from services.background_manager_logic.domain import RegisterUnit
from services.background_manager_logic.errors import RegisterSilent, RegisterWrong
from services.shared.web.service_token import ServiceTokens, ServiceTokenUnavailable

_TIMEOUT_S = (2.0, 10.0)
_PAGE = 1000
MAX_UNITS = 5000
"""More units of one operator than this are not looked at."""


class MastrConnector:
    """Each thread has connections of its own."""

    def __init__(self, base_url: str, tokens: ServiceTokens) -> None:
        self._base = base_url
        self._tokens = tokens
        self._threads = threading.local()

    def unit(self, mastr_nr: str) -> RegisterUnit | None:
        """A unit, or None. Raises RegisterSilent, RegisterWrong."""
        told = self._get(f"/unit/{mastr_nr}", {})
        return None if told is None else _unit(told)

    def units_of(self, operator_mastr_nr: str) -> Sequence[RegisterUnit]:
        """An operator's units; none for one whom the register does not have. Raises RegisterSilent, RegisterWrong."""
        found: list[RegisterUnit] = []
        query: dict[str, str] = {"limit": str(_PAGE)}
        while len(found) < MAX_UNITS:
            told = self._get(f"/marktakteur/{operator_mastr_nr}/units", query)
            if told is None:
                return found
            items = told.get("items")
            if not isinstance(items, list):
                raise RegisterWrong("the register answered without a list; see its version")
            found += [_unit(item) for item in items]
            if not told.get("next_cursor"):
                break
            query["cursor"] = str(told["next_cursor"])
        return found

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        try:
            response = self._session().get(
                self._base + path,
                params=dict(query),
                headers=self._tokens.header(),
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
            body = response.json()
        except ServiceTokenUnavailable as error:
            raise RegisterSilent(f"the register cannot be asked: {error}") from error
        except requests.JSONDecodeError as error:
            raise RegisterWrong("the register answered something that is no JSON; see its address") from error
        except requests.RequestException as error:
            raise RegisterSilent(f"the register does not answer ({type(error).__name__}); try again") from error
        if response.status_code == 404 and isinstance(body, dict) and body.get("status") == 404:
            return None
        if response.status_code in (503, 504):
            raise RegisterSilent("the register cannot answer at the moment; try again")
        if response.status_code != 200 or not isinstance(body, dict):
            raise RegisterWrong(f"the register answered {response.status_code}; see this service's token and its log")
        return body

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.trust_env = False
        return session


def _unit(told: Any) -> RegisterUnit:
    try:
        power = told.get("gross_power_kw")
        return RegisterUnit(
            mastr_nr=str(told["mastr_nr"]),
            operator_mastr_nr=_text(told.get("operator_mastr_nr")),
            name=_text(told.get("name")),
            unit_type=_text(told.get("unit_type")),
            gross_power_kw=None if power is None else float(power),
            operating_status=_text(told.get("operating_status")),
            town=_text(told.get("town")),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RegisterWrong("the register answered with something that is no unit; see its version") from error


def _text(value: Any) -> str | None:
    return None if value is None else str(value)

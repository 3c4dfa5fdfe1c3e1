"""The boxes over HTTP: CLS-Box-Logic at each box's address.

Calls carry the box's own secret, until boxes take the service's token; this file is the one place that changes then.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from services.background_manager_logic.domain import Seen
from services.background_manager_logic.errors import BoxSilent, BoxWrong
from services.shared.web import ConfigurationError, read_box_secret

_BASE = "/cls-box-logic/api/v1"
_TIMEOUT_S = (2.0, 8.0)


class Boxes:
    """All boxes. Each thread has connections of its own."""

    def __init__(self, secrets_dir: Path, port: int) -> None:
        self._secrets_dir = secrets_dir
        self._port = port
        self._threads = threading.local()

    def address(self, ip: str) -> str:
        """The base URL of the box's logic."""
        host = f"[{ip}]" if ":" in ip else ip
        return f"http://{host}:{self._port}{_BASE}"

    def health(self, ip: str) -> Mapping[str, Any]:
        """What the box says of its health; no secret is needed. Raises BoxSilent, BoxWrong."""
        response = self._get(ip, "/health", {})
        told = _object(response)
        if response.status_code != 200 or told.get("status") not in ("ok", "degraded"):
            raise BoxWrong(f"what answers at {ip} is no CLS box; see the address")
        return told

    def meter(self, ip: str, serial_number: str) -> Seen | None:
        """A meter as the box sees it; None when it sees none of this number. Raises BoxSilent, BoxWrong."""
        return self._device(ip, f"/meter/{serial_number}", serial_number)

    def unit(self, ip: str, mastr_nr: str) -> Seen | None:
        """A unit as the box sees it; None when it sees none of this number. Raises BoxSilent, BoxWrong."""
        return self._device(ip, f"/unit/{mastr_nr}", mastr_nr)

    def _device(self, ip: str, path: str, number: str) -> Seen | None:
        response = self._get(ip, path, {"Authorization": f"Bearer {self._secret(ip)}"})
        told = _object(response)
        if response.status_code == 404 and told.get("status") == 404:
            return None
        if response.status_code in (503, 504):
            raise BoxSilent(f"the box at {ip} cannot look for {number} at the moment; try again")
        if response.status_code != 200 or not isinstance(told.get("reachable"), bool):
            raise BoxWrong(f"the box at {ip} answered {response.status_code} when asked for {number}; see its secret")
        reason, point = told.get("reason"), told.get("point_serial_number")
        return Seen(
            number,
            told["reachable"],
            reason if isinstance(reason, str) else None,
            point if isinstance(point, str) else None,
        )

    def _secret(self, ip: str) -> str:
        try:
            return read_box_secret(self._secrets_dir / ip)
        except ConfigurationError as error:
            raise BoxWrong(f"the secret of the box at {ip} is not known here; provision it first") from error

    def _get(self, ip: str, path: str, headers: Mapping[str, str]) -> requests.Response:
        try:
            return self._session().get(
                self.address(ip) + path, headers=dict(headers), timeout=_TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException as error:
            raise BoxSilent(
                f"the box at {ip} does not answer ({type(error).__name__}); see its power, its link and the address"
            ) from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.trust_env = False
        return session


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}

"""CLS-Box-Logic over HTTP: POST /cls-box-logic/api/v1/event."""

from __future__ import annotations

from typing import Any

import requests

from services.blockchain_connector.watcher.box import BoxLogicRefused, BoxLogicUnavailable
from services.shared import trace

_REFUSALS = (400, 404, 409, 413, 415)  # of the event itself; 401 and 403 are a matter of the box's secret


class HttpBoxLogic:
    """`base_url` ends with `/cls-box-logic/api/v1`. One thread."""

    def __init__(self, base_url: str, secret: str, timeout_s: float = 10.0) -> None:
        self._url = f"{base_url.rstrip('/')}/event"
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {secret}"

    def hand(self, event: dict[str, Any]) -> None:
        """Taken over durably (2xx). Raises BoxLogicUnavailable, and BoxLogicRefused when the event is wrong."""
        try:
            answer = self._session.post(self._url, json=event, headers=trace.header(), timeout=self._timeout_s)
        except requests.RequestException as error:
            raise BoxLogicUnavailable(f"CLS-Box-Logic does not answer: {error}") from error
        if answer.status_code in _REFUSALS:
            raise BoxLogicRefused(f"CLS-Box-Logic answered {answer.status_code}: {answer.text[:200]}")
        if not 200 <= answer.status_code < 300:
            raise BoxLogicUnavailable(f"CLS-Box-Logic answered {answer.status_code}: {answer.text[:200]}")

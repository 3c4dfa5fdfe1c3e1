"""The cloud side's blockchain-connector over HTTP: the oracle's only way to the chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import requests

from services.forecast_connector.errors import ConnectorAway, ConnectorRefused

_BASE = "/blockchain-connector/api/v1"
_READ_TIMEOUT_S = (2.0, 10.0)
_WRITE_TIMEOUT_S = (2.0, 45.0)
_VALID_S = 60
"""A recording that a crash of the connector left unsent is worth nothing later: it is planned again."""


class Connector:
    """`header` gives the header that carries this program's token. Not for several threads at once."""

    def __init__(self, base_url: str, header: Callable[[], Mapping[str, str]]) -> None:
        self._base = base_url if base_url.endswith(_BASE) else base_url.rstrip("/") + _BASE
        self._header = header
        self._session = requests.Session()
        self._session.trust_env = False

    def now(self) -> int:
        """The chain's time: that of its newest block, in seconds since the epoch. Raises ConnectorAway."""
        info = self._get("/reader/info", {})
        return int(datetime.fromisoformat(info["head_block_time"]).timestamp())

    def rows(
        self, contract: str, table: str, scope: str, *, lower: int | None = None, upper: int | None = None
    ) -> list[dict[str, Any]]:
        """All rows of a table between two keys, both included. Raises ConnectorAway, ConnectorRefused."""
        query: dict[str, str] = {"scope": scope, "limit": "1000"}
        query.update({name: str(key) for name, key in (("lower", lower), ("upper", upper)) if key is not None})
        found: list[dict[str, Any]] = []
        while True:
            answer = self._get(f"/reader/table/{contract}/{table}", query)
            found += answer["items"]
            if not answer["next_cursor"]:
                return found
            query["cursor"] = str(answer["next_cursor"])

    def transact(self, actions: Sequence[Mapping[str, Any]], idempotency_key: str) -> int:
        """Has the actions take effect together, or not at all; the block's number.

        Raises ConnectorRefused (for good) and ConnectorAway (try again with the same key).
        """
        answer = self._send(
            "POST",
            "/performer/transaction",
            timeout=_WRITE_TIMEOUT_S,
            json={"actions": list(actions), "confirm": "block", "valid_s": _VALID_S},
            headers={"Idempotency-Key": idempotency_key},
        )
        return int(answer["block_num"])

    def close(self) -> None:
        """Lets go of the connections."""
        self._session.close()

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        return self._send("GET", path, timeout=_READ_TIMEOUT_S, params=dict(query), headers={})

    def _send(self, method: str, path: str, *, headers: Mapping[str, str], **more: Any) -> dict[str, Any]:
        sent = {**headers, **self._header()}
        try:
            response = self._session.request(method, self._base + path, headers=sent, **more)
            body = response.json()
        except requests.RequestException as error:
            raise ConnectorAway(f"the blockchain-connector does not answer ({type(error).__name__})") from error
        if response.status_code == 200 and isinstance(body, dict):
            return body
        raise _refusal(response.status_code, body if isinstance(body, dict) else {})


def _refusal(status: int, body: Mapping[str, Any]) -> ConnectorAway | ConnectorRefused:
    detail = str(body.get("detail") or f"the connector answered {status}")
    in_flight = status == 409 and bool(body.get("in_flight"))
    if in_flight or status in (429, 502, 503, 504):
        return ConnectorAway(detail)
    return ConnectorRefused(str(body.get("rule") or ""), f"{status}: {detail}")

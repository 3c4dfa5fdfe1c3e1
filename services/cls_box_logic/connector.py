"""The box's connector over HTTP: the only way from here to the chain. No chain code on this side."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from services.cls_box_logic.errors import ChainAway, ConnectorBroken, MarketRefused
from services.shared import trace

_READ_TIMEOUT_S = (2.0, 10.0)
_WRITE_TIMEOUT_S = (2.0, 45.0)
_BASE = "/blockchain-connector/api/v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that stands in a block."""

    transaction_id: str
    block_num: int


class Connector:
    """Performer and reader of this box. Each thread has a connection of its own."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base = base_url if base_url.endswith(_BASE) else base_url.rstrip("/") + _BASE
        self._secret = secret
        self._threads = threading.local()

    def hand_over(self, actions: Sequence[Mapping[str, Any]], idempotency_key: str) -> None:
        """Has actions signed and sent without waiting for their block: `transact` with the same key waits for it.

        Raises as `transact`.
        """
        response = self._write(actions, idempotency_key, answer="sent")
        if response.status_code not in (200, 202):
            raise _refusal(response.status_code, _body(response))

    def transact(self, actions: Sequence[Mapping[str, Any]], idempotency_key: str) -> Receipt:
        """Has actions signed by the box's key and waits for the block. The same key has one effect.

        Raises MarketRefused and ConnectorBroken (for good: the key stays without effect), and ChainAway (try again
        with the same key).
        """
        response = self._write(actions, idempotency_key)
        body = _body(response)
        if response.status_code == 200:
            try:
                return Receipt(str(body["transaction_id"]), int(body["block_num"]))
            except (KeyError, TypeError, ValueError) as error:
                raise ConnectorBroken("the connector confirmed a transaction without naming it") from error
        raise _refusal(response.status_code, body)

    def rows(
        self,
        contract: str,
        table: str,
        scope: str,
        *,
        lower: int | str | None = None,
        upper: int | str | None = None,
        index: int | None = None,
    ) -> list[dict[str, Any]]:
        """All rows of a table between two keys, both included. Raises ChainAway, ConnectorBroken."""
        query = {"scope": scope, "lower": lower, "upper": upper, "index": index, "limit": 1000}
        given = {name: str(value) for name, value in query.items() if value is not None}
        found: list[dict[str, Any]] = []
        while True:
            response = self._send("GET", f"/reader/table/{contract}/{table}", _READ_TIMEOUT_S, params=given)
            body = _body(response)
            if response.status_code != 200 or not isinstance(body.get("items"), list):
                raise _refusal(response.status_code, body)
            found += body["items"]
            if not body.get("next_cursor"):
                return found
            given["cursor"] = str(body["next_cursor"])

    def look(self) -> None:
        """Has the connector look for events now. Raises ChainAway, ConnectorBroken."""
        response = self._send("POST", "/watcher/look", (1.0, 3.0))
        if response.status_code != 202:
            raise _refusal(response.status_code, _body(response))

    def health(self) -> dict[str, Any]:
        """The connector's own health with its checks (chain, TPM). Raises ChainAway."""
        return _body(self._send("GET", "/health", (1.0, 3.0)))

    def _write(self, actions: Sequence[Mapping[str, Any]], key: str, **more: str) -> requests.Response:
        return self._send(
            "POST",
            "/performer/transaction",
            _WRITE_TIMEOUT_S,
            json={"actions": [dict(action) for action in actions], "confirm": "block", **more},
            headers={"Idempotency-Key": key},
        )

    def _send(
        self,
        method: str,
        path: str,
        timeout: tuple[float, float],
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        sent = trace.header() | dict(headers or {})
        try:
            return self._session().request(method, self._base + path, timeout=timeout, headers=sent, **more)
        except requests.RequestException as error:
            raise ChainAway(
                f"The box's connector does not answer ({type(error).__name__}); it is asked again"
            ) from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {self._secret}"
            self._threads.session = session
        return session


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refusal(status: int, body: Mapping[str, Any]) -> MarketRefused | ChainAway | ConnectorBroken:
    detail = str(body.get("detail") or f"the connector answered {status}")
    rule = body.get("rule")
    if status == 409 and "rule" in body:
        return MarketRefused(str(rule or ""), detail)
    if status == 409 and not body.get("key_reused"):
        return ChainAway(detail)
    if status in (429, 503, 504):
        return ChainAway(detail)
    return ConnectorBroken(f"{status}: {detail}")

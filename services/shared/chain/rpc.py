"""HTTP to a list of nodes that carry the same chain: the first that answers serves, and is asked first next time."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from services.shared.chain.errors import ChainError, ChainUnavailable, NotFound, from_node

_ROUNDS = 2  # a kept connection that the node closed fails once, on a node that is well


class NodeRpc:
    """Thread-safe. Every call of ours may be repeated: reads change nothing, a transaction is known by its id."""

    def __init__(self, urls: Sequence[str], timeout_s: float) -> None:
        if not urls:
            raise ValueError("the chain client needs at least one URL of a node")
        self._urls = [url.rstrip("/") for url in urls]
        self._timeout_s = timeout_s
        self._preferred = 0
        self._sessions = threading.local()

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The node's JSON. Raises ChainUnavailable when no node answers, else the error that the node names."""
        reasons: list[str] = []
        silent: set[int] = set()
        first = self._preferred
        for attempt in range(_ROUNDS * len(self._urls)):
            index = (first + attempt) % len(self._urls)
            try:
                answer = self._session().post(self._urls[index] + path, json=body or {}, timeout=self._timeout_s)
                value = answer.json()
            except requests.RequestException as error:
                reasons.append(f"{self._urls[index]}: {error}")
                silent.add(index)
                continue
            if answer.status_code < 400 and isinstance(value, dict):
                self._preferred = index
                return value
            refusal = _error(answer.status_code, value)
            if not isinstance(refusal, _BusyError):
                self._preferred = index
                refusal.uncertain = bool(silent - {index})
                raise refusal
            reasons.append(f"{self._urls[index]}: {refusal}")
        raise ChainUnavailable(f"no node of the chain answers ({reasons[-1]})")

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = requests.Session()
        return session


class _BusyError(ChainError):
    """An answer that another node may give better."""


def _error(status: int, value: Any) -> ChainError:
    error = value.get("error") if isinstance(value, dict) else None
    if isinstance(error, dict) and error.get("code"):
        return from_node(error)
    message = str(value.get("message", value)) if isinstance(value, dict) else str(value)
    if status == 404:
        return NotFound(message)
    return (
        _BusyError(f"{status} {message}") if status in (429, 500, 502, 503, 504) else ChainError(f"{status} {message}")
    )

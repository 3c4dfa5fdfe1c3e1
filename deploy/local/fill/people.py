"""Who calls: somebody of demo-users.json, over the gateway."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import requests

MANAGER: Final = "/background-manager-logic/api/v1"
MASTR: Final = "/mastr-connector/api/v1"
FORECAST: Final = "/forecast-connector/api/v1"
_TIMEOUT_S: Final = (3, 80)
_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 0.5


class FillError(Exception):
    """The first fill does not go on; one sentence with the route's own words. A repetition goes on from there."""


class Refused(Exception):  # noqa: N818 - it says what was answered
    """A route's refusal."""

    def __init__(self, status: int, detail: str, what: str) -> None:
        super().__init__(f"{what}: {status} {detail}")
        self.status = status
        self.detail = detail


@dataclass
class Person:
    """Signed in with the first call."""

    gateway: str
    username: str
    password: str = field(repr=False)
    sub: str

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Raises Refused, and FillError when nobody answers."""
        return self._call("GET", path, params=query)

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every item of a list."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = self.get(path, limit=1000, **query, **cursor)
            found += answer["items"]
            if not answer.get("next_cursor"):
                return found
            cursor = {"cursor": answer["next_cursor"]}

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> dict[str, Any]:
        """Once for each key. Raises Refused, FillError."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return self._call("POST", path, json=body, headers=headers)

    def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Refused, FillError."""
        return self._call("PATCH", path, json=body)

    @cached_property
    def _token(self) -> str:
        told = _patiently(self._sign_in, f"{self.username} signs in")
        if "access_token" not in told:
            raise FillError(f"{self.username} cannot sign in: a {told.get('challenge', 'challenge')} stands before it")
        return str(told["access_token"])

    def _sign_in(self) -> requests.Response:
        body = {"username": self.username, "password": self.password}
        return _request("POST", f"{self.gateway}{MANAGER}/token", json=body)

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", **more.pop("headers", {})}
        url = f"{self.gateway}{path}"
        return _patiently(lambda: _request(method, url, headers=headers, **more), f"{self.username}, {method} {path}")


def _request(method: str, url: str, **more: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=_TIMEOUT_S, **more)


def _patiently(send: Callable[[], requests.Response], what: str) -> dict[str, Any]:
    """The answer; what is away for a moment is waited for, with the same key. Raises Refused, FillError."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        answer = _sent(send, what)
        if answer.status_code < 300:
            told: dict[str, Any] = answer.json()
            return told
        may_pass = answer.status_code in (503, 504) or (answer.status_code == 409 and "Retry-After" in answer.headers)
        if not may_pass:
            raise Refused(answer.status_code, detail_of(answer), what)
        if time.monotonic() > until:
            raise FillError(f"{what}: {answer.status_code} {detail_of(answer)}, for {_PATIENCE_S:g} s")
        time.sleep(_PAUSE_S)


def _sent(send: Callable[[], requests.Response], what: str) -> requests.Response:
    try:
        return send()
    except requests.RequestException as error:
        raise FillError(f"{what}: the gateway does not answer ({type(error).__name__})") from error


def detail_of(answer: requests.Response) -> str:
    """What a problem document says, fields included."""
    try:
        told = answer.json()
        return " ".join([str(told["detail"]), *(f"{name}: {text}" for name, text in told.get("errors", {}).items())])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.text[:200].strip()

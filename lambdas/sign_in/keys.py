"""Registered keys at the Background-Manager-Logic. Thin on purpose: Cognito gives a trigger five seconds, cold start
included, and a generated client takes two of them to import.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import urllib3

from services.shared.second_factor import NewKey, SecurityKey, Used

_RENEW_BEFORE_S: Final = 60
_SCOPE: Final = "tbi/service"


class KeysUnavailable(Exception):  # noqa: N818 - it says what is
    """The Background-Manager-Logic (or the pool's token address) does not answer as it does."""


class ManagerKeys:
    """`credentials()`: token address, client id and secret; asked when a token is needed. Safe for several threads."""

    def __init__(
        self,
        base_url: str,
        credentials: Callable[[], tuple[str, str, str]],
        clock: Callable[[], float] = time.monotonic,
        *,
        timeout_s: float = 2.0,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(total=timeout_s), retries=False, maxsize=8)
        self._lock = threading.Lock()
        self._token, self._until = "", float("-inf")

    def of(self, sub: str) -> Sequence[SecurityKey]:
        """Raises KeysUnavailable."""
        status, told = self._call("GET", f"/fido2/user/{quote(sub, safe='')}")
        if status != 200:
            raise KeysUnavailable(f"it answered {status}")
        try:
            return [
                SecurityKey(str(key["id"]), str(key["credential"]), int(key["sign_count"])) for key in told["items"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise KeysUnavailable("it answered something else") from error

    def used(self, sub: str, used: Used) -> bool:
        """Raises KeysUnavailable."""
        body = {"id": used.id, "sign_count": used.sign_count}
        return self._did("POST", f"/fido2/user/{quote(sub, safe='')}/used", body, 204, (404, 409))

    def first(self, sub: str, code: str, name: str, key: NewKey) -> bool:
        """Raises KeysUnavailable."""
        body = {"code": code, "name": name, "id": key.id, "credential": key.credential, "sign_count": key.sign_count}
        return self._did("POST", f"/fido2/user/{quote(sub, safe='')}/first", body, 201, (400, 403, 404, 409))

    def _did(self, method: str, path: str, body: Mapping[str, Any], done: int, refused: tuple[int, ...]) -> bool:
        status, _ = self._call(method, path, body)
        if status == done:
            return True
        if status in refused:
            return False
        raise KeysUnavailable(f"it answered {status}")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._service_token()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return self._asked(method, self._base + path, headers, data)

    def _service_token(self) -> str:
        with self._lock:
            if self._clock() >= self._until:
                url, client_id, secret = self._credentials()
                headers = {
                    **urllib3.make_headers(basic_auth=f"{client_id}:{secret}"),
                    "Content-Type": "application/x-www-form-urlencoded",
                }
                form = urlencode({"grant_type": "client_credentials", "scope": _SCOPE}).encode()
                status, told = self._asked("POST", url, headers, form)
                if status != 200 or "access_token" not in told:
                    raise KeysUnavailable(f"the pool gives no token ({status})")
                self._token = str(told["access_token"])
                self._until = self._clock() + float(told["expires_in"]) - _RENEW_BEFORE_S
            return self._token

    def _asked(self, method: str, url: str, headers: Mapping[str, str], data: bytes | None) -> tuple[int, Any]:
        try:
            answer = self._http.request(method, url, body=data, headers=dict(headers), redirect=False)
            told = json.loads(answer.data) if answer.data else {}
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise KeysUnavailable(type(error).__name__) from error
        return answer.status, told

"""The token that a service shows to other services: client credentials at the pool (RFC 6749, 4.4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import requests

_RENEW_BEFORE_S = 60
_TIMEOUT_S = (2, 10)


class ServiceTokenUnavailable(Exception):  # noqa: N818 - it says what is
    """The identity provider gives no token. The text is one sentence."""


class ServiceTokens:
    """Tokens of one service; a token is kept until shortly before it runs out. Safe for several threads."""

    def __init__(
        self,
        token_url: str,
        client_id: str,
        secret: str,
        *,
        scope: str = "tbi/service",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = token_url
        self._credentials = (client_id, secret)
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = float("-inf")

    def token(self) -> str:
        """A token that holds for a while. Raises ServiceTokenUnavailable."""
        with self._lock:
            if self._clock() >= self._until:
                self._token, lives_s = self._fetch()
                self._until = self._clock() + max(0.0, lives_s - _RENEW_BEFORE_S)
            return self._token

    def header(self) -> dict[str, str]:
        """The header that carries it. Raises ServiceTokenUnavailable."""
        return {"Authorization": f"Bearer {self.token()}"}

    def _fetch(self) -> tuple[str, float]:
        form = {"grant_type": "client_credentials", "scope": self._scope}
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(self._url, data=form, auth=self._credentials, timeout=_TIMEOUT_S)
            if not answer.ok:
                raise ServiceTokenUnavailable(
                    f"the identity provider answered {answer.status_code}; see the service's client id and secret"
                )
            told = answer.json()
            return str(told["access_token"]), float(told["expires_in"])
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise ServiceTokenUnavailable(
                f"the identity provider does not answer ({type(error).__name__}); see whether it runs"
            ) from error

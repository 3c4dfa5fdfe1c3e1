"""The pool's public keys: fetched when needed, kept, and never fetched because somebody asks for what is not there."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from jose import jwk
from jose.exceptions import JWKError

from services.shared.web.tokens.kept import KeptKeys

ALGORITHM = "RS256"

_log = logging.getLogger(__name__)


class JwksUnavailable(Exception):  # noqa: N818 - it says what is
    """The pool's keys cannot be read and none are known."""


class KeySet:
    """The pool's public keys by id, fetched when needed and kept.

    Keys are fetched anew after `max_age_s`, and when a token names a key that is not known; but never twice within
    `pause_s`, whatever ids are asked for, so that made-up ids cause no traffic. An id that the pool did not know is not
    asked for again for `unknown_s`. While the pool does not answer, the keys known so far stay; with `kept` those of
    the time before a restart, too. `fetch` gives the JWK set, or raises OSError (as those of requests) or ValueError.
    """

    def __init__(
        self,
        fetch: Callable[[], Any],
        *,
        clock: Callable[[], float] = time.monotonic,
        max_age_s: float = 3600,
        pause_s: float = 10,
        unknown_s: float = 300,
        max_unknown: int = 1000,
        kept: KeptKeys | None = None,
    ) -> None:
        self._read = fetch
        self._clock = clock
        self._max_age_s, self._pause_s, self._unknown_s, self._max_unknown = max_age_s, pause_s, unknown_s, max_unknown
        self._lock = threading.Lock()
        self._kept = kept
        self._keys: dict[str, Any] = _keys_kept_in(kept)
        self._unknown: dict[str, float] = {}
        self._fetched: float | None = None
        self._tried: float | None = None

    def find(self, kid: str) -> Any | None:
        """The key with this id, or None when the pool has none. Raises JwksUnavailable.

        Who shows a known key never waits for a fetch that another caller's unknown id has caused.
        """
        known = self._keys.get(kid)
        if known is not None and not self._is_aged():
            return known
        if not self._lock.acquire(blocking=known is None):
            return known
        try:
            return self._find(kid, self._clock())
        finally:
            self._lock.release()

    def _find(self, kid: str, now: float) -> Any | None:
        if kid in self._keys and not self._is_aged():
            return self._keys[kid]
        if self._unknown.get(kid, now) > now:
            return None
        if self._tried is None or now - self._tried >= self._pause_s:
            self._fetch(now)
        if kid not in self._keys and self._fetched is None:
            raise JwksUnavailable
        if kid not in self._keys and self._fetched == now:
            self._remember_unknown(kid, now)
        return self._keys.get(kid)

    def _is_aged(self) -> bool:
        return self._fetched is None or self._clock() - self._fetched > self._max_age_s

    def _fetch(self, now: float) -> None:
        self._tried = now
        try:
            document = self._read()
            self._keys = _keys_of(document)
        except (OSError, ValueError) as error:
            _log.warning("the identity provider's keys cannot be read (%s)", type(error).__name__)
            return
        self._fetched = now
        if self._kept is not None:
            self._kept.write(document)

    def _remember_unknown(self, kid: str, now: float) -> None:
        if len(self._unknown) >= self._max_unknown:
            self._unknown.pop(next(iter(self._unknown)))
        self._unknown[kid] = now + self._unknown_s


def jwks_at(url: str) -> Callable[[], Any]:
    """Reads the JWK set at an address."""

    def fetch() -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(url, timeout=(2, 5))
            answer.raise_for_status()
            return answer.json()

    return fetch


def _keys_kept_in(kept: KeptKeys | None) -> dict[str, Any]:
    try:
        return {} if kept is None else _keys_of(kept.read())
    except ValueError:
        return {}


def _keys_of(document: Any) -> dict[str, Any]:
    """The usable keys of a JWK set (RFC 7517): RSA, for signatures, with an id. Raises ValueError."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("no JWK set")
    found = {}
    for entry in entries:
        usable = isinstance(entry, dict) and entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig"
        if usable and entry.get("alg", ALGORITHM) == ALGORITHM and isinstance(entry.get("kid"), str):
            try:
                found[entry["kid"]] = jwk.construct(entry, ALGORITHM)
            except (JWKError, ValueError, TypeError):
                continue
    return found

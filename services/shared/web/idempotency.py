"""Idempotency-Keys: the same key gives the same answer and one effect.

    once = Idempotency(MongoAnswers(db["answers"]), who=lambda: caller().sub)
    once.install(frame.app)

    class NewUnit(Resource):
        @groups("Admin")
        @once
        def post(self): ...

A key belongs to its caller, and stands for one request: method, path and body. It lives 7 days. What is kept is an
answer that had an effect (2xx), and a refusal by the state of things (409); an answer of another kind had no effect,
and the next call with the key is carried out. A request whose process died is free again when its lease is over, so
what stands behind a route must bear being begun anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol, TypeVar

from flask import Flask, Response, g, request

from services.shared.web.problems import Problem, invalid

F = TypeVar("F", bound=Callable[..., Any])

KEEP_S = 7 * 86_400
LEASE_S = 120
"""Longer than any request takes."""

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_MAX_CHARACTERS = 100
_CONFLICT = 409

_log = logging.getLogger(__name__)

_PARAMETER = {
    HEADER: {
        "in": "header",
        "type": "string",
        "description": "The same key gives the same answer and one effect; lives 7 days",
        "pattern": "^[!-~]{1,100}$",
    }
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was given."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What a store says of a key: `attempt` is the caller's own when the request is to be carried out now.

    Else there is an `answer`, or another attempt is under way.
    """

    fingerprint: str
    attempt: str
    answer: Answer | None


class AnswerStore(Protocol):
    """Keeps answers by (caller, key). Every call is one atomic step; all may raise the store's own error."""

    def begin(self, who: str, key: str, fingerprint: str, attempt: str) -> Begun:
        """Claim the key for `attempt`, unless it has an answer or an attempt whose lease runs."""

    def finish(self, who: str, key: str, attempt: str, answer: Answer) -> None:
        """Keep the answer, if the key is still this attempt's."""

    def release(self, who: str, key: str, attempt: str) -> None:
        """Let the key go, if it is still this attempt's."""


class Idempotency:
    """A decorator for routes, and what must be installed in the application. `who` names the caller of the request."""

    def __init__(self, store: AnswerStore | None, who: Callable[[], str]) -> None:
        self._store = store
        self._who = who

    def install(self, app: Flask) -> None:
        """Have the answers of decorated routes kept."""
        app.after_request(self._keep)
        app.teardown_request(self._let_go)

    def __call__(self, view: F) -> F:
        """The view, asked at most once for each key; without a key it is asked always."""

        @wraps(view)
        def once(*args: Any, **kwargs: Any) -> Any:
            earlier = self._begin()
            return view(*args, **kwargs) if earlier is None else earlier

        shown: Any = once
        documented = dict(getattr(view, "__apidoc__", None) or {})
        documented["params"] = {**documented.get("params", {}), **_PARAMETER}
        shown.__apidoc__ = documented
        return shown  # type: ignore[no-any-return] # the view's own type, which wraps keeps

    def _begin(self) -> Response | None:
        key = request.headers.get(HEADER)
        if key is None or self._store is None:
            return None
        if not 0 < len(key) <= _MAX_CHARACTERS or not all("!" <= character <= "~" for character in key):
            raise invalid({HEADER: f"must have 1 to {_MAX_CHARACTERS} visible ASCII characters"})
        who, attempt, fingerprint = self._who(), secrets.token_hex(16), _fingerprint()
        found = self._store.begin(who, key, fingerprint, attempt)
        if found.fingerprint != fingerprint:
            raise Problem(
                _CONFLICT, f"This {HEADER} stands for another request; take a new key.", extra={"key_reused": True}
            )
        if found.answer is not None:
            earlier = Response(found.answer.body, found.answer.status, content_type=found.answer.content_type)
            earlier.headers[REPLAYED] = "true"
            return earlier
        if found.attempt != attempt:
            raise Problem(
                _CONFLICT, f"The request of this {HEADER} is under way; ask again with the same key.", retry_after_s=1
            )
        g.tbi_claim = (who, key, attempt)
        return None

    def _keep(self, response: Response) -> Response:
        claim: tuple[str, str, str] | None = g.pop("tbi_claim", None)
        if claim is None or self._store is None:
            return response
        final = response.status_code < 300 or (
            response.status_code == _CONFLICT and "Retry-After" not in response.headers
        )
        try:
            if final:
                answer = Answer(response.status_code, response.content_type, response.get_data(as_text=True))
                self._store.finish(*claim, answer)
            else:
                self._store.release(*claim)
        except Exception as error:  # the request's own answer counts more than its being kept
            _log.warning("the answer to a request with an %s is not kept", HEADER, exc_info=error)
        return response

    def _let_go(self, _error: BaseException | None) -> None:
        """Only where the application broke before its answer."""
        claim: tuple[str, str, str] | None = g.pop("tbi_claim", None)
        if claim is not None and self._store is not None:
            self._store.release(*claim)


def _fingerprint() -> str:
    """Method, path, query and body; JSON that says the same is the same."""
    raw = request.get_data(cache=True)
    try:
        content = json.dumps(json.loads(raw), sort_keys=True).encode()
    except (ValueError, RecursionError):
        content = raw
    place: Mapping[str, str] = {"m": request.method, "p": request.path, "q": request.query_string.decode("latin-1")}
    return hashlib.sha256(json.dumps(place, sort_keys=True).encode() + b"\0" + content).hexdigest()

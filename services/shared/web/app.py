"""The frame of every service: a Flask-RESTX application with health, metrics, documents, guard and problem details."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Blueprint, Flask, Request, Response, g, request
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.datastructures import Headers

from services import __version__
from services.shared import trace
from services.shared.web.auth import Guard
from services.shared.web.body import DEFAULT_MAX_BODY_BYTES
from services.shared.web.document import ServiceApi
from services.shared.web.errors import ProblemOf, install_error_handlers
from services.shared.web.health import HealthCheck, add_health_route
from services.shared.web.metrics import Metrics
from services.shared.web.restx import Namespace

F = TypeVar("F", bound=Callable[..., Any])
API_PATH = "/api/v1"
TRACE_ID = "Trace-Id"
"""The header that names an answer's trace, for who asks what became of his request."""

_log = logging.getLogger(__name__)


_OF_EVERY_ANSWER: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class _NoSessions(SessionInterface):
    """Who calls is told by a token: there is no cookie to look for."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:  # noqa: ARG002 - Flask's signature
        """None."""
        return None

    def make_null_session(self, app: Flask) -> NullSession:  # noqa: ARG002 - Flask's signature
        """The one session that nobody can write to."""
        return _NOBODYS

    def is_null_session(self, obj: object) -> bool:
        """Always: nothing is saved."""
        return obj is _NOBODYS


_NOBODYS = NullSession()


class _Application(Flask):
    """Flask without what no service has: no view is a coroutine, so none is asked whether it is, at each request."""

    def ensure_sync(self, func: F) -> F:
        """The function itself."""
        return func


@dataclass(frozen=True)
class Service:
    """A service's frame: routes are added to `v1`, whose path is `<base_path>/api/v1`."""

    app: Flask
    api: ServiceApi
    v1: Namespace
    metrics: Metrics


def create_service(
    name: str,
    *,
    base_path: str,
    description: str,
    version: str = __version__,
    guard: Guard | None = None,
    health_checks: Mapping[str, HealthCheck] | None = None,
    problems: Mapping[type[Exception], ProblemOf] | None = None,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
) -> Service:
    """Make the frame of the service `name` under `base_path` ("/tpm-api").

    `guard` is asked before every route under `<base_path>/api/` except health; without one the routes are open.
    `health_checks` give their detail or raise CheckFailed. `problems` says which answer an exception of the service's
    own is; what is not named there becomes a 503 with an id that stands in the log.
    """
    app = _Application(name, static_folder=None)
    app.session_interface = _NoSessions()
    app.config.update(
        MAX_CONTENT_LENGTH=max_body_bytes,
        RESTX_MASK_SWAGGER=False,
        RESTX_ERROR_404_HELP=False,
    )
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    metrics = Metrics(name)
    install_error_handlers(app, problems or {})
    _measure(app, metrics)
    if guard is not None:
        _ask_before_each_route(app, guard, f"{base_path}{API_PATH}/")

    blueprint = Blueprint(name, __name__, url_prefix=base_path)
    api = ServiceApi(blueprint, base_path=base_path, title=name, version=version, description=description, guard=guard)
    v1 = Namespace("v1", path=API_PATH, description=description)
    api.add_namespace(v1)
    add_health_route(v1, version, health_checks or {}, metrics.checked)
    app.register_blueprint(blueprint)
    app.add_url_rule("/metrics", "metrics", metrics.render)
    app.extensions["tbi_api"] = api
    return Service(app, api, v1, metrics)


def _measure(app: Flask, metrics: Metrics) -> None:
    def begin() -> None:
        g.begun = time.perf_counter()
        g.span = trace.begin(request.headers.get(trace.HEADER))

    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"
        took = time.perf_counter() - g.begun
        metrics.observe(route, request.method, response.status_code, took)
        added = dict(_OF_EVERY_ANSWER)
        if (span := trace.current()) is not None:
            added[TRACE_ID] = span.trace_id
        _add_what_lacks(response.headers, added)
        # the rule, never the path: no number of anybody's reaches the log
        quiet = request.method in _READING and response.status_code < 500
        level = logging.DEBUG if quiet else logging.INFO
        _log.log(level, "%s %s %d %.0f ms", request.method, route, response.status_code, took * 1e3)
        return response

    def leave(_error: BaseException | None) -> None:
        if (token := g.pop("span", None)) is not None:
            trace.end(token)

    app.before_request(begin)
    app.after_request(end)
    app.teardown_request(leave)


def _add_what_lacks(headers: Headers, added: Mapping[str, str]) -> None:
    """One look for all: the headers' own `setdefault` looks through them for each."""
    there = {name.lower() for name, _ in headers}
    for name, value in added.items():
        if name.lower() not in there:
            headers.add(name, value)


def _ask_before_each_route(app: Flask, guard: Guard, guarded: str) -> None:
    """A route that somebody adds and forgets to guard is guarded: open is only what is open here."""
    open_routes = {f"{guarded}health"}

    def ask() -> None:
        rule = request.url_rule
        if rule is not None and rule.rule.startswith(guarded) and rule.rule not in open_routes:
            guard.check()

    app.before_request(ask)

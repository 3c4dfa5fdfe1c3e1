"""Every exception becomes a problem: what a service names, what HTTP names, and the rest as a 503 with an id."""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from services.shared.web.problems import Problem
from services.shared.web.restx import MaskError

ProblemOf = Callable[[Any], Problem]

_log = logging.getLogger(__name__)

# What a request did wrong is a 400 here, whatever finer number HTTP has for it: the public interface has no other.
_WRONG_REQUEST = {406, 411, 412, 413, 414, 415, 416, 417, 421, 422, 424, 428, 431}
_OURS_TO_ANSWER_FOR = 500


def install_error_handlers(app: Flask, problems: Mapping[type[Exception], ProblemOf]) -> None:
    """Let `app` answer each exception with a problem. `problems` is searched along the exception's class ancestry."""

    def answer(error: Exception) -> Response:
        return _problem(error, problems).response()

    app.register_error_handler(Exception, answer)
    app.register_error_handler(HTTPException, answer)


def _problem(error: Exception, problems: Mapping[type[Exception], ProblemOf]) -> Problem:
    if isinstance(error, Problem):
        return error
    for ancestor in type(error).__mro__:
        if ancestor in problems:
            return problems[ancestor](error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, MaskError):
        return Problem(400, "The header X-Fields is not a mask of fields.")
    return _unexpected(error)


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 400
    if status >= _OURS_TO_ANSWER_FOR:
        return _unexpected(error)
    if status in _WRONG_REQUEST:
        status = 400
    if error.code == 413:
        return Problem(400, "The body is too large for this route.", errors={"": "is too large"})
    if error.code == 404:
        return Problem(404, f"There is nothing at {request.path[:200]!r}.")
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    if error.code == 405:
        return Problem(405, f"{request.method[:20]} is not possible here; see the header Allow.", headers=headers)
    return Problem(status, error.description or "The request could not be understood.", headers=headers)


def _unexpected(error: Exception) -> Problem:
    incident = secrets.token_hex(8)
    rule = request.url_rule.rule if request.url_rule else "no route"
    _log.error("incident %s: %s %s", incident, request.method, rule, exc_info=error)
    return Problem(
        503,
        f"The service met an error of its own. The log names its cause under the incident {incident}; try again later.",
        extra={"incident": incident},
        retry_after_s=5,
    )

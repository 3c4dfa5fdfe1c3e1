"""Which answer each exception is."""

from __future__ import annotations

from collections.abc import Mapping

from services.mastr_connector.errors import Conflict, NotAllowed, TooWide, Unknown
from services.shared.data import BadCursor, DatabaseUnavailable, JobsUnavailable
from services.shared.web import Problem, invalid
from services.shared.web.errors import ProblemOf


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:].rstrip(".") + "."


_NARROW = ("postcode", "municipality_key", "operator_mastr_nr")


def _too_wide(error: Exception) -> Problem:
    detail = f"{_sentence(error)} Narrow it: add {', '.join(_NARROW[:-1])} or {_NARROW[-1]}."
    return Problem(400, detail, errors=dict.fromkeys(_NARROW, "would make the list narrow enough"))


PROBLEMS: Mapping[type[Exception], ProblemOf] = {
    Conflict: lambda error: Problem(409, _sentence(error)),
    NotAllowed: lambda error: Problem(403, _sentence(error)),
    TooWide: _too_wide,
    Unknown: lambda error: Problem(404, _sentence(error)),
    BadCursor: lambda _: invalid({"cursor": "is not one that this list gave"}),
    DatabaseUnavailable: lambda _: Problem(503, "The database (MongoDB) does not answer.", retry_after_s=5),
    JobsUnavailable: lambda _: Problem(503, "The job queue (Redis) does not answer.", retry_after_s=5),
}

"""Answers with a tag: who shows it again is told that nothing has changed, and the copy is not asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flask import Response, request

from services import __version__
from services.mastr_connector.domain import is_extra

if TYPE_CHECKING:
    from services.mastr_connector.service.asking import Asking
    from services.mastr_connector.service.reading import Reading

F = TypeVar("F", bound=Callable[..., Any])

HEADER: Final = "If-None-Match"
_PARAMETER: Final = {
    HEADER: {
        "in": "header",
        "type": "string",
        "description": "ETag of an answer that is there already; 304 as long as it still holds",
    }
}
_UNCHANGED: Final = 304


def has_tag(view: F) -> F:
    """Says in the document that the answer has a tag. Stands on a resource's method."""
    marked: Any = view
    shown = dict(getattr(view, "__apidoc__", None) or {})
    responses = {**shown.get("responses", {}), str(_UNCHANGED): ("What is there already still holds", None, {})}
    marked.__apidoc__ = {**shown, "params": {**shown.get("params", {}), **_PARAMETER}, "responses": responses}
    return view


def told_of(cases: Asking, number: str, ask: Callable[[Reading], dict[str, Any]]) -> Response:
    """The same of one unit."""
    return told(cases, ask, unit=None if is_extra(number) else number, extra=is_extra(number))


def told(
    cases: Asking,
    ask: Callable[[Reading], dict[str, Any]],
    *,
    unit: str | None = None,
    extra: bool = True,
    mimetype: str = "application/json",
) -> Response:
    """What `ask` reads, with its tag; 304 without reading when the caller has it. `extra`: extra units are in it.
    `unit`: one of the register's that is asked for.

    There is no Last-Modified: a list also changes by what is taken out of it, and two changes may fall in one second.
    """
    known = request.if_none_match.as_set(include_weak=True)
    now = cases.reading(None if known else unit)
    tag = now.tag(extra=extra)
    shown = None if tag is None else f"{tag}-{__version__}"
    if shown is not None and shown in known:
        return _with_tag(Response(status=_UNCHANGED), shown)
    body = json.dumps(ask(now), ensure_ascii=False, separators=(",", ":"))
    return _with_tag(Response(body, mimetype=mimetype), shown)


def _with_tag(answer: Response, tag: str | None) -> Response:
    """Kept by who asked, nobody between; asked for again each time, as an update may come at any time."""
    if tag is not None:
        answer.set_etag(tag)
        answer.headers["Cache-Control"] = "private, no-cache"
    return answer

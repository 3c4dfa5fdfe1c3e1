"""Errors over HTTP: RFC 9457 problem details, the one shape in which every service says no."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """An answer that is an error.

    `detail` is one sentence with cause and cure, for people. `errors` names each field that is wrong. `extra` are
    extension members (RFC 9457, 3.2), such as the market's `rule`. `retry_after_s` becomes the header Retry-After.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        kind: str = "about:blank",
        errors: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.kind = kind
        self.errors = dict(errors or {})
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)

    def body(self) -> dict[str, Any]:
        """The problem's JSON members."""
        members: dict[str, Any] = {
            "type": self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }
        if self.errors:
            members["errors"] = self.errors
        return members

    def response(self) -> Response:
        """The problem as an answer."""
        return Response(
            json.dumps(self.body(), ensure_ascii=False), self.status, self.headers, content_type=PROBLEM_JSON
        )


def invalid(errors: Mapping[str, str], detail: str | None = None) -> Problem:
    """400: the fields that are wrong, each with what it should be. `""` stands for the body as a whole."""
    if detail is None:
        detail = "; ".join(f"{field or 'The body'} {what}" for field, what in errors.items()) + "."
    return Problem(400, detail, errors=errors)

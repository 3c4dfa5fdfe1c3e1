"""The service's own document: Flask-RESTX's Swagger 2.0, completed with what every route has in common."""

import json
from copy import deepcopy
from typing import Any

from flask import Response

from services.shared.web.auth import Guard
from services.shared.web.problems import PROBLEM_JSON
from services.shared.web.restx import Api, apidoc

_JSON = "application/json"
_METHODS = ("get", "post", "put", "patch", "delete")

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457)",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence: the cause and the cure"},
        "errors": {
            "type": "object",
            "description": "What is wrong with each field",
            "additionalProperties": {"type": "string"},
        },
    },
}


class DocumentError(Exception):
    """The document could not be made."""


class ServiceApi(Api):
    """Flask-RESTX's Api under one base path, with its own way to say no taken out: see errors.py."""

    def __init__(
        self, blueprint: Any, *, base_path: str, title: str, version: str, description: str, guard: Guard | None
    ) -> None:
        self._base_path = base_path
        self._document: dict[str, Any] | None = None
        security = {}
        if guard is not None:
            bearer = {"type": "apiKey", "in": "header", "name": "Authorization", "description": guard.description}
            security = {"authorizations": {"bearer": bearer}, "security": "bearer"}
        super().__init__(
            blueprint,
            title=title,
            version=version,
            description=description,
            doc="/",
            default_mediatype="application/json",
            **security,
        )

    def error_router(self, original_handler: Any, e: Exception) -> Any:
        """Leave every error to the application's handlers, so that there is one shape of errors."""
        return original_handler(e)

    def make_response(self, data: Any, code: int = 200, headers: Any = None, **_: Any) -> Response:
        """JSON, whatever the header Accept says: there is one representation, so there is nothing to negotiate."""
        return Response(json.dumps(data, ensure_ascii=False, separators=(",", ":")), code, headers, mimetype=_JSON)

    def _register_apidoc(self, app: Any) -> None:
        """Serve Swagger UI's files under the base path: a gateway in front passes nothing else on."""
        app.register_blueprint(apidoc.apidoc, url_prefix=self._base_path)

    @property
    def __schema__(self) -> dict[str, Any]:
        """The Swagger 2.0 document. Needs a request context. Raises DocumentError."""
        if self._document is None:
            document = deepcopy(super().__schema__)
            if "error" in document:
                raise DocumentError(f"the document of {self._base_path} cannot be made; the log says why")
            self._document = _complete(document)
        return self._document


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    """Say of every route what is true of all: errors are problems, in their own media type."""
    document["produces"] = [_JSON, PROBLEM_JSON]
    document.pop("responses", None)
    definitions = document["definitions"] = document.get("definitions") or {}
    definitions["Problem"] = PROBLEM_SCHEMA
    problem = {"description": "An error", "schema": {"$ref": "#/definitions/Problem"}}
    for path in document["paths"].values():
        for operation in (path[method] for method in _METHODS if method in path):
            for status, response in operation["responses"].items():
                if status >= "400":
                    response.setdefault("schema", problem["schema"])
            operation["responses"]["default"] = problem
    return document

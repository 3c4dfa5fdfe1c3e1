"""The service's own document: Flask-RESTX's Swagger 2.0, completed with what every route has in common."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from flask import Response

from services.shared.web.auth import Guard
from services.shared.web.problems import PROBLEM_JSON
from services.shared.web.restx import Api, apidoc

_JSON = "application/json"
_DEFINITIONS = "#/definitions/"
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
            schemas = {name: model.__schema__ for name, model in self.models.items()}
            self._document = _complete(document, schemas)
        return self._document


def _complete(document: dict[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Say of every route what is true of all: errors are problems, in their own media type."""
    document["produces"] = [_JSON, PROBLEM_JSON]
    document.pop("responses", None)
    definitions = document["definitions"] = document.get("definitions") or {}
    definitions["Problem"] = PROBLEM_SCHEMA
    _add_what_is_referred_to(definitions, schemas)
    problem = {"description": "An error", "schema": {"$ref": "#/definitions/Problem"}}
    names: set[str] = set()
    for path in document["paths"].values():
        for operation in (path[method] for method in _METHODS if method in path):
            if operation["operationId"] in names:
                raise DocumentError(f"two routes are called {operation['operationId']}: rename a class of one of them")
            names.add(operation["operationId"])
            for status, response in operation["responses"].items():
                if status >= "400":
                    response.setdefault("schema", problem["schema"])
            operation["responses"]["default"] = problem
            if PROBLEM_JSON not in operation.get("produces", (PROBLEM_JSON,)):
                operation["produces"] = [*operation["produces"], PROBLEM_JSON]
    _say_null_as_swagger_does(document)
    return document


def _add_what_is_referred_to(definitions: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Flask-RESTX leaves out a model that only another model's schema refers to."""
    waiting = list(definitions)
    while waiting:
        for name in sorted(_references(definitions[waiting.pop()])):
            if name not in definitions:
                if name not in schemas:
                    raise DocumentError(f"a model refers to {name}, and there is none of that name")
                definitions[name] = deepcopy(schemas[name])
                waiting.append(name)


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"].removeprefix(_DEFINITIONS)} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(_references, node.values()))
    return set().union(*map(_references, node)) if isinstance(node, list) else set()


def _say_null_as_swagger_does(node: Any) -> None:
    """`{"type": [t, "null"]}` is JSON Schema's; in Swagger 2.0 `x-nullable` says it, and generators know only that."""
    if isinstance(node, dict):
        kinds = node.get("type")
        if isinstance(kinds, list):
            node["type"] = next(kind for kind in kinds if kind != "null")
            node["x-nullable"] = True
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _say_null_as_swagger_does(part)

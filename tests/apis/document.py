"""A service's own document (Swagger 2.0), as tests read it: what can be called, by whom, with what."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

from services.shared.web.openapi import document_of, documented_services
from services.shared.web.tokens import ANYONE

METHODS = ("get", "post", "put", "patch", "delete")
EVENT_STREAM = "text/event-stream"
_QUIETLY = settings(database=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path. `path` is the whole one, as the document's basePath and paths give it."""

    service: str
    method: str
    path: str
    told: Mapping[str, Any] = field(repr=False, hash=False)
    definitions: Mapping[str, Schema] = field(repr=False, hash=False)

    def __str__(self) -> str:
        return f"{self.service} {self.method.upper()} {self.path.partition('/api/v1')[2]}"

    @property
    def label(self) -> str:
        """As schemathesis names it within the service's document."""
        return f"{self.method.upper()} /api/v1{self.path.partition('/api/v1')[2]}"

    @property
    def groups(self) -> frozenset[str]:
        """Who may call it, by the document: groups, `service`, `anyone`; nobody where it does not say."""
        said = self.told.get("x-groups")
        if said is None and self.told.get("security") == []:
            return frozenset({ANYONE})
        return frozenset(said or ())

    @property
    def callers(self) -> frozenset[str]:
        """At a box: `box` and services by name, as the document says; nobody where it does not say."""
        return frozenset(self.told.get("x-callers") or ())

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [dict(parameter) for parameter in self.told.get("parameters", ())]

    def parameters_in(self, place: str) -> dict[str, dict[str, Any]]:
        """Those in `path`, `query` or `header`, by name."""
        return {parameter["name"]: parameter for parameter in self.parameters if parameter["in"] == place}

    @property
    def body(self) -> Schema | None:
        """The schema of its body, references resolved."""
        found = next((parameter for parameter in self.parameters if parameter["in"] == "body"), None)
        return None if found is None else self.resolved(found["schema"])

    @property
    def statuses(self) -> frozenset[int]:
        """Those that the document names for it."""
        return frozenset(int(status) for status in self.told["responses"] if status != "default")

    @property
    def is_stream(self) -> bool:
        return EVENT_STREAM in self.told.get("produces", ())

    def resolved(self, schema: Schema) -> Schema:
        """`schema` with the definition that it names in its place."""
        name = schema.get("$ref", "").rpartition("/")[2]
        return self.resolved(self.definitions[name]) if name else schema

    def url(self, values: Mapping[str, Any] | None = None, unfit: Mapping[str, str] | None = None) -> str:
        """The path with a value for each parameter; a sample where `values` has none. `unfit`: taken as they are."""
        path = self.path
        for name, parameter in self.parameters_in("path").items():
            value = (values or {}).get(name)
            if value is None or not _fits(value, parameter):
                value = sample(parameter)
            value = (unfit or {}).get(name, value)
            path = path.replace(f"{{{name}}}", str(value))
        return path

    def query(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A value for each query parameter that must be there."""
        return {
            name: (values or {}).get(name, sample(parameter))
            for name, parameter in self.parameters_in("query").items()
            if parameter.get("required")
        }

    def sample_body(self, values: Mapping[str, Any] | None = None) -> Any:
        """A body that fits the schema; fields whose name is in `values` have that value."""
        return None if self.body is None else sample(self.body, self, values or {})


@cache
def document(service: str) -> dict[str, Any]:
    """What the service's code says, not what somebody checked in."""
    return document_of(importlib.import_module(f"services.{service}.app").describe())


def operations(service: str) -> list[Operation]:
    """All of a service, in the order of its document."""
    told = document(service)
    return [
        Operation(
            service,
            method,
            told["basePath"] + path,
            {**item[method], "parameters": [*item.get("parameters", ()), *item[method].get("parameters", ())]},
            told.get("definitions", {}),
        )
        for path, item in told["paths"].items()
        for method in METHODS
        if method in item
    ]


def services_tested() -> list[str]:
    """Every service that has a document; fewer, where TBI_TEST_SERVICES names them ("tpm_api,cls_box_logic")."""
    wanted = os.environ.get("TBI_TEST_SERVICES", "")
    return wanted.split(",") if wanted else documented_services()


def all_operations() -> Iterator[Operation]:
    """Of those services."""
    for service in services_tested():
        yield from operations(service)


def sample(schema: Schema, operation: Operation | None = None, values: Mapping[str, Any] | None = None) -> Any:
    """A value that fits a schema, or a parameter of Swagger 2.0: always the same one."""
    if operation is not None:
        schema = operation.resolved(schema)
    if "example" in schema and not isinstance(schema["example"], dict):
        return schema["example"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = _kind(schema)
    if kind == "object":
        required = schema.get("required", ())
        return {
            name: (values or {}).get(name, sample(part, operation, values))
            for name, part in schema.get("properties", {}).items()
            if name in required
        }
    if kind == "array":
        return [sample(schema["items"], operation, values)] * schema.get("minItems", 0)
    return _scalar(kind, schema)


def _fits(value: Any, parameter: Schema) -> bool:
    """Whether a value that is known by a parameter's name is one of its own: a name may mean two things."""
    if parameter.get("type") == "integer":
        return isinstance(value, int)
    return re.search(parameter.get("pattern", ""), str(value)) is not None


def _kind(schema: Schema) -> str:
    """The first type of several."""
    kind = schema.get("type", "object")
    return next(one for one in kind if one != "null") if isinstance(kind, list) else str(kind)


def _scalar(kind: str, schema: Schema) -> Any:
    if kind == "string":
        if "pattern" in schema:
            return _matching(schema["pattern"])
        return "2026-01-01T00:00:00Z" if schema.get("format") == "date-time" else "a" * schema.get("minLength", 1)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return True


@cache
def _matching(pattern: str) -> str:
    inner = pattern.removeprefix("^").removesuffix("$")
    text: str = find(st.from_regex(re.compile(inner, re.ASCII), fullmatch=True), lambda _: True, settings=_QUIETLY)
    return text

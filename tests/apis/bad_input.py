"""Bad input made from a service's document: one call for each way in which something can be wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.apis.document import METHODS, Operation, Schema, operations

JSON = {"Content-Type": "application/json"}
_UNFIT = ("\u00e4 b", "x" * 300, "-", "0", "a\tb", "%00")
_OTHER_TYPE: dict[str, Any] = {"string": 7, "integer": "1", "number": "1", "boolean": "yes", "array": {}, "object": []}
_LARGE = 300 * 1024
_DEEP = 5000


@dataclass(frozen=True)
class BadCall:
    """What is sent, and which field or parameter the answer must name ("" for the body as a whole, None: any)."""

    operation: Operation
    what: str
    field: str | None
    path: str = ""
    query: Any = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    statuses: tuple[int, ...] = (400,)

    def __str__(self) -> str:
        return f"{self.operation}: {self.what}"


def bad_calls(operation: Operation, known: Mapping[str, tuple[Any, ...]]) -> Iterator[BadCall]:
    """All of an operation. `known`: real values by name, so that nothing else is wrong."""
    values = {name: some[0] for name, some in known.items()}
    yield from _bad_bodies(operation, values)
    yield from _bad_paths(operation, values)
    yield from _bad_queries(operation, values)
    yield from _bad_headers(operation, values)


def wrong_methods(service: str) -> Iterator[BadCall]:
    """Each path with each method that it does not have."""
    found = operations(service)
    for path in {operation.path for operation in found}:
        here = {operation.method: operation for operation in found if operation.path == path}
        some = next(iter(here.values()))
        for method in METHODS:
            if method not in here:
                yield BadCall(some, f"{method} instead of {'/'.join(here)}", None, some.url(), statuses=(405,))


def _bad_bodies(operation: Operation, values: Mapping[str, Any]) -> Iterator[BadCall]:
    if operation.body is None:
        return
    good = operation.sample_body(values)

    def call(what: str, name: str | None, raw: bytes, headers: Mapping[str, str] = JSON) -> BadCall:
        query = operation.query(values)
        return BadCall(operation, what, name, operation.url(values), query, raw, {**_needed(operation), **headers})

    text = json.dumps(good).encode()
    yield call("another content type", None, text, {"Content-Type": "text/plain"})
    yield call("a form", None, b"a=1", {"Content-Type": "application/x-www-form-urlencoded"})
    yield call("no content type", None, text, {})
    yield call("compressed, it says", None, text, {**JSON, "Content-Encoding": "gzip"})
    yield call("no body", "", b"")
    yield call("half of a body", "", text[: len(text) // 2] or b"{")
    yield call("no UTF-8", "", b'{"a": "\xff\xfe"}')
    yield call("NaN", "", b'{"a": NaN}')
    yield call("a name twice", "", b'{"a": 1, "a": 1}')
    yield call("nested deeply", "", b"[" * _DEEP + b"]" * _DEEP)
    yield call("too large", "", b" " * _LARGE)
    for other in ([], "text", 1, None):
        yield call(f"{other!r} for a body", "", json.dumps(other).encode())
    for what, name, body in _bad_fields(operation, operation.body, good, ()):
        yield call(what, name, json.dumps(body).encode())


def _bad_fields(
    operation: Operation, schema: Schema, good: Any, place: tuple[str, ...]
) -> Iterator[tuple[str, str, Any]]:
    """(what, the field's name, body) for the fields of an object and of the objects in it."""
    if not isinstance(_at(good, place), dict):
        return
    unknown = ".".join([*place, "no_such_field"])
    yield f"{unknown} is unknown", unknown, _with(good, (*place, "no_such_field"), 1)
    for name, told in schema.get("properties", {}).items():
        part = operation.resolved(told)
        where = (*place, name)
        named = ".".join(where)
        if name in schema.get("required", ()):
            yield f"{named} is missing", named, _without(good, where)
        for what, value in _bad_values(part):
            yield f"{named} is {what}", named, _with(good, where, value)
        if "properties" in part:
            inner = good if name in _at(good, place) else _with(good, where, {})
            yield from _bad_fields(operation, part, inner, where)


def _bad_values(schema: Schema) -> Iterator[tuple[str, Any]]:
    said = schema.get("type", "object")
    kinds = said if isinstance(said, list) else [said]
    if "null" not in kinds and not schema.get("x-nullable"):
        yield "null", None
    kind = next(one for one in kinds if one != "null")
    yield "of another type", _OTHER_TYPE[kind]
    if kind == "string":
        yield from _bad_texts(schema)
    if kind in ("integer", "number"):
        yield from _bad_numbers(kind, schema)
    if kind == "array":
        yield from _bad_lists(schema)


def _bad_texts(schema: Schema) -> Iterator[tuple[str, Any]]:
    yield "with a NUL", "a\x00b"
    yield "with half a character", "a\ud800"
    if "maxLength" in schema:
        yield "too long", "x" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield "too short", ""
    if "pattern" in schema:
        unfit = unfit_for(schema["pattern"])
        if unfit is not None:
            yield f"like {ascii(unfit)[:20]}", unfit
    if "enum" in schema:
        yield "no choice", "no-such-choice"


def _bad_numbers(kind: str, schema: Schema) -> Iterator[tuple[str, Any]]:
    yield "true", True
    yield "beyond 64 bits", 2**70
    if kind == "integer":
        yield "a fraction", 1.5
    if "minimum" in schema:
        yield "too small", schema["minimum"] - 1
    if "maximum" in schema:
        yield "too large", schema["maximum"] + 1


def _bad_lists(schema: Schema) -> Iterator[tuple[str, Any]]:
    if schema.get("minItems"):
        yield "empty", []
    if schema.get("maxItems", _LARGE) < 100:
        yield "too many", [None] * (schema["maxItems"] + 1)


def _bad_paths(operation: Operation, values: Mapping[str, Any]) -> Iterator[BadCall]:
    query = operation.query(values)
    raw = json.dumps(operation.sample_body(values)).encode() if operation.body is not None else None
    headers = {**_needed(operation), **(JSON if raw is not None else {})}
    for name, parameter in operation.parameters_in("path").items():
        for text in _UNFIT:
            if text == "%00" or _is_unfit(parameter, text):
                path = operation.url(values, {name: text})
                yield BadCall(operation, f"{{{name}}} is {text[:10]!r}", None, path, query, raw, headers, (400, 404))


def _bad_queries(operation: Operation, values: Mapping[str, Any]) -> Iterator[BadCall]:
    declared = operation.parameters_in("query")
    good, path = operation.query(values), operation.url(values)
    if not declared:
        return

    def call(what: str, name: str, query: Any) -> BadCall:
        return BadCall(operation, what, name, path, query)

    yield call("unknown parameter", "no_such_parameter", {**good, "no_such_parameter": "1"})
    for name, parameter in declared.items():
        value = good.get(name, values.get(name))
        if parameter.get("required"):
            yield call(f"?{name} is missing", name, {key: some for key, some in good.items() if key != name})
        if value is not None:
            yield call(
                f"?{name} twice", name, [*good.items(), *([] if name in good else [(name, value)]), (name, value)]
            )
        for text in (*_UNFIT[:-1], "", "\x00", "99999999999999999999999"):
            if _is_unfit(parameter, text):
                yield call(f"?{name}={ascii(text)[:14]}", name, {**good, name: text})


def _bad_headers(operation: Operation, values: Mapping[str, Any]) -> Iterator[BadCall]:
    if "Idempotency-Key" not in operation.parameters_in("header"):
        return
    raw = json.dumps(operation.sample_body(values)).encode() if operation.body is not None else None
    for what, key in (("too long", "x" * 300), ("with a space", "a b"), ("not ASCII", "\u00e4"), ("empty", "")):
        headers = {**(JSON if raw is not None else {}), "Idempotency-Key": key}
        path = operation.url(values)
        yield BadCall(
            operation, f"Idempotency-Key {what}", "Idempotency-Key", path, operation.query(values), raw, headers
        )


def _needed(operation: Operation) -> dict[str, str]:
    """Headers that must be there."""
    told = operation.parameters_in("header")
    return {"Idempotency-Key": "bad-input"} if told.get("Idempotency-Key", {}).get("required") else {}


def _is_unfit(parameter: Mapping[str, Any], text: str) -> bool:
    """Whether a parameter of a path or query cannot be this text."""
    if "enum" in parameter:
        return text not in parameter["enum"]
    if parameter["type"] in ("integer", "number"):
        digits = re.fullmatch("-?[0-9]+", text, re.ASCII)
        low, high = parameter.get("minimum", float("-inf")), parameter.get("maximum", float("inf"))
        return digits is None or not low <= int(text) <= high
    if parameter["type"] == "boolean":
        return text not in ("true", "false")
    return "pattern" in parameter and not _fits(parameter["pattern"], text)


def unfit_for(pattern: str) -> str | None:
    """A text that does not match, if one of ours does not."""
    return next((text for text in ("", *_UNFIT) if not _fits(pattern, text)), None)


def _fits(pattern: str, text: str) -> bool:
    """As the services read a pattern: all of the text, ASCII classes."""
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text, re.ASCII) is not None


def _at(body: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        body = body[name]
    return body


def _with(body: Any, place: tuple[str, ...], value: Any) -> Any:
    changed = deepcopy(body)
    _at(changed, place[:-1])[place[-1]] = value
    return changed


def _without(body: Any, place: tuple[str, ...]) -> Any:
    changed = deepcopy(body)
    _at(changed, place[:-1]).pop(place[-1], None)
    return changed

"""Reading a request's body: strict JSON, checked against the model that the document shows.

Strict means: unknown fields are refused, a number is never a string and `1.0` no integer, no name stands twice,
integers fit 64 bits, texts hold neither NUL bytes nor lone surrogates. What is wrong is a 400 that names the field.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from flask import current_app, g, request
from jsonschema import Draft4Validator, ValidationError, validators

from services.shared.web.problems import Problem, invalid
from services.shared.web.restx import Model

DEFAULT_MAX_BODY_BYTES = 256 * 1024
_MAX_ERRORS = 20
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1
_MAX_DIGITS = 20
_MAX_DEPTH = 32


def read_body(model: Model) -> Any:
    """The request's JSON body, valid by `model` (made by `v1.model` or `v1.schema_model`). Raises Problem 400."""
    body = g.tbi_body = parse_json(_raw_body())  # read once; what comes after the route may look at it there
    errors = dict(_unfit_values(body, ()))
    if not errors:
        errors = dict(_schema_errors(body, model))
    if errors:
        raise invalid(errors)
    return body


def parse_json(raw: bytes) -> Any:
    """JSON as RFC 8259 has it and nothing beyond it. Raises Problem 400."""
    try:
        return json.loads(
            raw.decode("utf-8"), parse_int=_integer, parse_constant=_refuse_constant, object_pairs_hook=_unique_names
        )
    except UnicodeDecodeError:
        raise invalid({"": "is not UTF-8"}) from None
    except json.JSONDecodeError as error:
        raise invalid({"": f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"}) from None
    except RecursionError:
        raise invalid({"": "is nested too deeply"}) from None
    except _RefusedError as error:
        raise invalid({"": str(error)}) from None


def _integer(digits: str) -> int:
    """Whatever has more digits than 64 bits is as large as the next number that does not fit: its field gets named."""
    return int(digits) if len(digits) <= _MAX_DIGITS else _MAX_INTEGER + 1


class _RefusedError(ValueError):
    pass


def _refuse_constant(constant: str) -> NoReturn:
    raise _RefusedError(f"holds {constant}, which is not JSON")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError(f"holds the name {_shown(twice)} twice")
    return members


def _raw_body() -> bytes:
    if not request.is_json:
        raise Problem(400, "The body must be JSON: give the header Content-Type: application/json.")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(400, "The body must not be compressed.")
    return request.get_data(cache=False)


def _unfit_values(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if len(path) > _MAX_DEPTH:
        yield "", "is nested too deeply"
    elif isinstance(value, str):
        if (reason := _unfit_text(value)) is not None:
            yield ".".join(path), reason
    elif isinstance(value, bool):
        return
    elif isinstance(value, int) and not _MIN_INTEGER <= value <= _MAX_INTEGER:
        yield ".".join(path), "does not fit 64 bits"
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        yield ".".join(path), "is too large a number"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unfit_values(item, (*path, str(index)))
    elif isinstance(value, dict):
        for name, item in value.items():
            if (reason := _unfit_text(name)) is not None:
                yield ".".join(path), f"has a name that {reason}"
            else:
                yield from _unfit_values(item, (*path, _shown(name)))


def _unfit_text(value: str) -> str | None:
    if "\x00" in value:
        return "holds a NUL byte"
    if any("\ud800" <= character <= "\udfff" for character in value) if not value.isascii() else False:
        return "holds half a character (a lone surrogate)"
    return None


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """`pattern` as ECMA 262 means it: `$` is the very end (Python lets a line end follow), `\\d` is ASCII."""
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield ValidationError("pattern")


def _compiled(pattern: str) -> re.Pattern[str]:
    if pattern.endswith("$") and not pattern.endswith(r"\$"):
        pattern = pattern[:-1] + r"\Z"
    return re.compile(pattern, re.ASCII)


_Validator = validators.extend(Draft4Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call] # stub without types


def _validator_of(model: Model) -> Any:
    """The validator of `model`, made once per application."""
    cache = current_app.extensions.setdefault("tbi_validators", {})
    if model.name not in cache:
        models = current_app.extensions["tbi_api"].models
        definitions = {name: _closed(definition.__schema__) for name, definition in models.items()}
        cache[model.name] = _Validator({"definitions": definitions, **_closed(model.__schema__)})
    return cache[model.name]


def _closed(schema: Any) -> Any:
    """`schema` without room for unknown fields, all the way down."""
    if isinstance(schema, Mapping):
        closed = {key: _closed(part) for key, part in schema.items()}
        if isinstance(closed.get("properties"), dict) and schema.get("type", "object") == "object":
            closed.setdefault("additionalProperties", False)
        return closed
    if isinstance(schema, list | tuple):
        return [_closed(part) for part in schema]
    return schema


def _schema_errors(body: Any, model: Model) -> Iterator[tuple[str, str]]:
    for count, error in enumerate(_validator_of(model).iter_errors(body)):
        if count == _MAX_ERRORS:
            return
        yield from _in_words(error)


def _in_words(error: ValidationError) -> Iterator[tuple[str, str]]:
    """What is wrong, by field; never with the value itself, which may be long or secret."""
    path = [_shown(str(part)) for part in error.absolute_path]
    limit: Any = error.validator_value
    if error.validator == "required":
        for name in limit:
            if isinstance(error.instance, dict) and name not in error.instance:
                yield ".".join([*path, name]), "is missing"
        return
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        for name in list(error.instance)[:_MAX_ERRORS]:
            if name not in known:
                yield ".".join([*path, _shown(name)]), "is not known here"
        return
    yield ".".join(path), _sentence(str(error.validator), limit)


_SENTENCES = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} entries",
    "maxItems": "must have at most {} entries",
    "pattern": "must look like {}",
    "format": "must be a {}",
    "multipleOf": "must be a multiple of {}",
}


def _sentence(rule: str, limit: Any) -> str:
    if rule == "type":
        kinds = [limit] if isinstance(limit, str) else list(limit)
        return "must be " + " or ".join(_with_article(kind) for kind in kinds)
    if rule == "enum":
        return "must be one of " + ", ".join(str(choice) for choice in limit)
    if rule == "uniqueItems":
        return "must not hold an entry twice"
    return _SENTENCES[rule].format(limit) if rule in _SENTENCES else f"does not fit ({rule})"


def _with_article(kind: str) -> str:
    if kind == "null":
        return "null"
    return ("an " if kind[0] in "aio" else "a ") + kind


def _shown(name: str) -> str:
    return name if len(name) <= 40 and name.isprintable() else ascii(name[:40]).strip("'")

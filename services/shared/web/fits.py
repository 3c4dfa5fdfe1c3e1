"""Whether a body fits its schema, asked quickly: functions made once from it, for the answer that is nearly always yes.

They say yes only to what JSON Schema (draft 4) says yes to. To whatever they do not know they say no, and jsonschema,
which takes ten times as long, says the last word and what is wrong (body.py).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Fits = Callable[[Any], bool]

_KINDS: Final[dict[str, Fits]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_SAYING: Final = frozenset({"description", "title", "example", "readOnly", "default", "format", "x-nullable"})
"""What a schema tells people; draft 4 without a format checker asks nothing by it."""


class _UnknownError(Exception):
    """A keyword that is not known here."""


def fits_of(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], pattern: Callable[[str], re.Pattern[str]]
) -> Fits:
    """For `schema`, whose references lead into `definitions`. What is not known here fits nothing: ask jsonschema."""
    try:
        return _made(schema, definitions, pattern, 0)
    except (_UnknownError, KeyError, TypeError):
        return lambda _value: False


def _made(schema: Any, definitions: Mapping[str, Any], pattern: Callable[[str], re.Pattern[str]], depth: int) -> Fits:
    if not isinstance(schema, Mapping) or depth > 16:
        raise _UnknownError
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        return _made(definitions[name], definitions, pattern, depth + 1)
    rules = {word: value for word, value in schema.items() if word not in _SAYING and value is not None}
    rules.setdefault("type", "object" if "properties" in rules else None)
    kinds = rules.pop("type")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds or ())
    if not kinds:
        raise _UnknownError

    def below(part: Any) -> Fits:
        return _made(part, definitions, pattern, depth + 1)

    parts = [_KIND_RULES[kind](rules, below, pattern) for kind in kinds]
    if rules:
        raise _UnknownError
    return parts[0] if len(parts) == 1 else lambda value: any(part(value) for part in parts)


def _text(rules: dict[str, Any], _below: Callable[[Any], Fits], pattern: Callable[[str], re.Pattern[str]]) -> Fits:
    least, most = rules.pop("minLength", 0), rules.pop("maxLength", 2**63)
    choices = _texts(rules.pop("enum")) if "enum" in rules else None
    looks = pattern(rules.pop("pattern")).search if "pattern" in rules else None

    def fits(value: Any) -> bool:
        return (
            isinstance(value, str)
            and least <= len(value) <= most
            and (choices is None or value in choices)
            and (looks is None or looks(value) is not None)
        )

    return fits


def _texts(choices: Any) -> frozenset[str]:
    if not all(isinstance(choice, str) for choice in choices):
        raise _UnknownError
    return frozenset(choices)


def _number(kind: str) -> Callable[[dict[str, Any], Any, Any], Fits]:
    is_kind = _KINDS[kind]

    def made(rules: dict[str, Any], _below: Any, _pattern: Any) -> Fits:
        least, most = rules.pop("minimum", None), rules.pop("maximum", None)
        return lambda value: is_kind(value) and (least is None or least <= value) and (most is None or value <= most)

    return made


def _array(rules: dict[str, Any], below: Callable[[Any], Fits], _pattern: Any) -> Fits:
    least, most, item = rules.pop("minItems", 0), rules.pop("maxItems", 2**63), below(rules.pop("items"))
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(item, value))


def _object(rules: dict[str, Any], below: Callable[[Any], Fits], _pattern: Any) -> Fits:
    if rules.pop("additionalProperties", True) is not False:
        raise _UnknownError
    members = {name: below(part) for name, part in rules.pop("properties", {}).items()}
    needed = frozenset(rules.pop("required", ()))

    def fits(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and needed <= value.keys()
            and all(name in members and members[name](part) for name, part in value.items())
        )

    return fits


_KIND_RULES: Final[dict[str, Callable[[dict[str, Any], Callable[[Any], Fits], Any], Fits]]] = {
    "string": _text,
    "integer": _number("integer"),
    "number": _number("number"),
    "boolean": lambda _rules, _below, _pattern: _KINDS["boolean"],
    "null": lambda _rules, _below, _pattern: _KINDS["null"],
    "array": _array,
    "object": _object,
}

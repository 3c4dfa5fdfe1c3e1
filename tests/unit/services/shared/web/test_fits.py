"""The quick look at a body says yes only to what jsonschema says yes to, and to every body that is usual."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from services.shared.web.fits import fits_of

_WORDS = st.text("ab1", max_size=4)
_SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | _WORDS
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


def _with(kind: str, **rules: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional={"description": st.just("told"), **rules})


_SMALL = st.integers(0, 3)
_LEAVES = st.one_of(
    _with(
        "string", minLength=_SMALL, maxLength=_SMALL, pattern=st.sampled_from(["^a", "b$", "^[ab]+$"]),
        enum=st.lists(_WORDS, min_size=1, max_size=3, unique=True), format=st.just("date-time"),
    ),
    _with("integer", minimum=st.integers(-2, 2), maximum=st.integers(-2, 2)),
    _with("number", minimum=st.integers(-2, 2), maximum=st.floats(-2, 2)),
    _with("boolean"),
    _with("null"),
    st.just({"type": ["string", "null"], "maxLength": 2}),
    st.just({"$ref": "#/definitions/Named"}),
    st.just({"type": "integer", "multipleOf": 2}),  # not known to the quick look
    st.just({"enum": [1, "a"]}),
)  # fmt: skip


def _objects(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "additionalProperties": st.sampled_from([False, False, True]),
        },
        optional={"type": st.just("object"), "required": st.lists(st.sampled_from("abc"), min_size=1, unique=True)},
    )


_SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: _objects(inner) | _with("array", items=inner, minItems=_SMALL, maxItems=_SMALL),
    max_leaves=6,
)
_DEFINITIONS = {"Named": {"type": "string", "maxLength": 1}}


@given(_SCHEMAS, _VALUES)
def test_what_fits_is_valid(schema: dict[str, Any], value: Any) -> None:
    if fits_of(schema, _DEFINITIONS, re.compile)(value):
        assert Draft4Validator({"definitions": _DEFINITIONS, **schema}).is_valid(value)


_USUAL = {
    "type": "object",
    "required": ["name", "many"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "many": {"type": "array", "items": {"$ref": "#/definitions/Named"}, "maxItems": 2},
        "price": {"type": ["number", "null"], "minimum": 0},
        "kind": {"type": "string", "enum": ["a", "b"]},
    },
    "additionalProperties": False,
}


def test_what_is_usual_is_not_asked_twice() -> None:
    fits = fits_of(_USUAL, _DEFINITIONS, re.compile)
    whole = {"name": "abc", "many": ["a", ""], "price": None, "kind": "b"}
    assert fits(whole)
    assert fits({"name": "abc", "many": []})


@pytest.mark.parametrize(
    "change",
    [
        {"name": "ABC"}, {"name": "abcdef"}, {"name": 1}, {"many": ["ab"]}, {"many": ["a", "b", "a"]}, {"many": {}},
        {"price": -1}, {"price": "1"}, {"price": True}, {"kind": "c"}, {"more": 1},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_to_jsonschema(change: dict[str, Any]) -> None:
    assert not fits_of(_USUAL, _DEFINITIONS, re.compile)({"name": "abc", "many": [], **change})

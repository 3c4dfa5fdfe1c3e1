"""Places in a list as texts, and values of a query that may be left out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from services.shared.web import invalid

T = TypeVar("T")
Values = Mapping[str, Any]


def cursor_text(place: Any) -> str:
    """A place in a list, for the next page."""
    told = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def decoded(text: str) -> Any:
    """What `cursor_text` was given. ValueError."""
    try:
        return json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise ValueError("is not one that this list gave") from error


def given(query: Values, name: str, parse: Callable[[str], T]) -> T | None:
    """The value `name` parsed; None where it is left out. Problem 400 where it cannot be meant."""
    return None if query.get(name) is None else field(query, name, parse)


def field(query: Values, name: str, parse: Callable[[str], T]) -> T:
    """The value `name`, which must be there, parsed. Problem 400 where it cannot be meant."""
    try:
        return parse(query[name])
    except (ValueError, OverflowError) as error:
        raise invalid({name: str(error)}) from error

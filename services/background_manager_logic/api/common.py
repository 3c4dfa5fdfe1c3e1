"""What all groups of routes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from services.background_manager_logic.repository import Listed
from services.shared.web import Integer, Query, Text
from services.shared.web.params import Parameter

R = TypeVar("R")

LIST: Mapping[str, Parameter] = {
    "limit": Integer("How many at most", 1, 1000, default=100),
    "cursor": Text("Where to go on: `next_cursor` of the part before", pattern=r"^[A-Za-z0-9_-]{1,500}$"),
}
PAGED = Query(LIST)


def shown(record: Any) -> dict[str, Any]:
    """A record as JSON: times in UTC."""
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"{record!r} is no record")
    return jsonable(asdict(record))  # type: ignore[no-any-return] # a mapping gives a mapping


def jsonable(value: Any) -> Any:
    """Values of records as JSON has them."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: jsonable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(part) for part in value]
    return value


def listed(part: Listed[R], show: Callable[[R], dict[str, Any]] = shown) -> dict[str, Any]:
    """A part of a list."""
    return {"items": [show(record) for record in part.items], "next_cursor": part.next_cursor}

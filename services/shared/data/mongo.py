"""MongoDB: one way to connect, and one way to page.

The same code runs on mongod and on Amazon DocumentDB: no transactions across documents, no collation, no `$facet`,
explicit sorts with `_id` as the last word.
"""

from __future__ import annotations

import base64
import binascii
import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from bson import ObjectId, json_util
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from services.shared.errors import ConfigurationError

Document = dict[str, Any]
T = TypeVar("T")

DatabaseUnavailable = PyMongoError
"""What every call may raise; `PROBLEMS` of a service makes a 503 of it."""

_SELECTION_MS = 5_000
_SCALARS = (str, int, float, datetime, ObjectId)


class BadCursor(ValueError):  # noqa: N818 - it says what is
    """The text is not a cursor that this list gave."""


def database(
    uri: str, name: str, *, password_file: Path | None = None, app_name: str = "tbienergy"
) -> Database[Document]:
    """The database `name` behind `uri`; connects when first used. Raises ConfigurationError.

    What the URI itself says is kept; the rest is: a single host is taken as it is (no look for other members), five
    seconds to find it, and no retried writes on DocumentDB, which knows none. Times come back in UTC, with offset.
    """
    try:
        parsed = parse_uri(uri, validate=True, warn=False) if uri.startswith("mongodb://") else None
    except (PyMongoError, ValueError) as error:
        raise ConfigurationError(f"MONGO_URI is not a URI of MongoDB: {error}") from error
    options: dict[str, Any] = {"appname": app_name, "tz_aware": True, "uuidRepresentation": "standard"}
    given = {key.lower() for key in parsed["options"]} if parsed else set()
    if "serverselectiontimeoutms" not in given:
        options["serverSelectionTimeoutMS"] = _SELECTION_MS
    if "connecttimeoutms" not in given:
        options["connectTimeoutMS"] = _SELECTION_MS
    if parsed and len(parsed["nodelist"]) == 1 and not given & {"replicaset", "directconnection"}:
        options["directConnection"] = True
    if ".docdb." in uri and "retrywrites" not in given:
        options["retryWrites"] = False
    if password_file is not None:
        options["password"] = read_password(password_file)
        options["authSource"] = (parsed or {}).get("options", {}).get("authSource", "admin")
    try:
        client: MongoClient[Document] = MongoClient(uri, **options)
    except (PyMongoError, ValueError) as error:
        raise ConfigurationError(f"MONGO_URI cannot be used: {error}") from error
    return client[name]


def read_password(file: Path) -> str:
    """The password in `file`, which only its owner may read. Raises ConfigurationError."""
    try:
        mode = file.stat().st_mode
        password = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"TBI_MONGO_PASSWORD_FILE: {file} cannot be read ({error.__class__.__name__}); "
            "it should hold one line, mode 0600"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(f"TBI_MONGO_PASSWORD_FILE: others may read {file}; correct it with: chmod 600 {file}")
    if not password:
        raise ConfigurationError(f"TBI_MONGO_PASSWORD_FILE: {file} is empty")
    return password


def ping(db: Database[Document]) -> str:
    """One line when MongoDB answers. Raises PyMongoError."""
    version = db.client.server_info()["version"]
    return f"MongoDB {version}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents of a list, and how to go on; None at the end."""

    items: list[Document]
    next_cursor: str | None

    def as_json(self) -> dict[str, Any]:
        """As lists are given over HTTP."""
        return {"items": self.items, "next_cursor": self.next_cursor}


def page(
    collection: Collection[Document] | Sequence[Collection[Document]],
    query: Mapping[str, Any],
    *,
    sort: str = "_id",
    descending: bool = False,
    limit: int = 100,
    cursor: str | None = None,
    projection: Mapping[str, Any] | None = None,
    budget_ms: int | None = None,
) -> Page:
    """The documents that match `query`, ordered by `sort` and then `_id`, from `cursor` on.

    Every document must have the field `sort`, always of one type; together with `_id` it wants an index. What is
    inserted or removed between two pages moves nothing. Several collections are given as if they were one.
    `projection` must leave `sort` and `_id` in. `budget_ms`: how long the server may take for it, else pymongo's
    ExecutionTimeout. Raises BadCursor.
    """
    direction = -1 if descending else 1
    clauses: list[Mapping[str, Any]] = [query] if query else []
    if cursor is not None:
        clauses.append(_after(_read_cursor(cursor, sort), sort, "$lt" if descending else "$gt"))
    order = [("_id", direction)] if sort == "_id" else [(sort, direction), ("_id", direction)]
    selection: Mapping[str, Any] = {"$and": clauses} if clauses else {}
    sources = [collection] if isinstance(collection, Collection) else collection
    found = [
        document
        for source in sources
        for document in source.find(selection, projection, max_time_ms=budget_ms).sort(order).limit(limit + 1)
    ]
    if len(sources) > 1:
        found.sort(key=lambda document: (document[sort], document["_id"]), reverse=descending)
    items = found[:limit]
    return Page(items, _cursor(items[-1], sort) if len(found) > limit else None)


def _after(place: tuple[Any, Any], sort: str, beyond: str) -> Mapping[str, Any]:
    value, identity = place
    if sort == "_id":
        return {"_id": {beyond: identity}}
    # the first clause follows from the second, and bounds what is read of an index that begins with another field
    later = [{sort: {beyond: value}}, {sort: {"$eq": value}, "_id": {beyond: identity}}]
    return {sort: {f"{beyond}e": value}, "$or": later}


def _cursor(document: Document, sort: str) -> str:
    text = json_util.dumps([sort, document[sort], document["_id"]], json_options=json_util.CANONICAL_JSON_OPTIONS)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, sort: str) -> tuple[Any, Any]:
    """Only plain values: a document in its place would be read as an operator."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        read = json_util.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError, TypeError, KeyError, json.JSONDecodeError, RecursionError) as error:
        raise BadCursor("the cursor is not one that this list gave") from error
    if not isinstance(read, list) or len(read) != 3 or read[0] != sort:
        raise BadCursor("the cursor is not one that this list gave")
    if not all(isinstance(value, _SCALARS) for value in read[1:]):
        raise BadCursor("the cursor is not one that this list gave")
    return read[1], read[2]

"""Collections of which nothing is looked for but by a number: many of their rows lie in one document, a pack.

A document `{"_id", "rows": [{"_id", ...}, ...]}` of a hundred rows costs MongoDB less than half of what a hundred
documents do, their indexes included (measured: 5 us a row, 13 us a document). Imports write packs and nobody changes
them. A row that stands in several packs was exported more than once: the one changed last counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bson import encode
from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

Document = dict[str, Any]

FOUND_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "locations": ("_id",),
    "connections": ("_id",),
    "grids": ("_id",),
    "areas": ("_id",),
    "plants": ("units",),
    "permits": ("units",),
    "upgrades": ("eeg_mastr_nr",),
    "operator_changes": ("unit_mastr_nr",),
    "roles": ("actor_mastr_nr",),
    "catalogue": ("_id",),
    "gone_units": (),
    "gone_actors": (),
}
"""Each packed collection, and the fields of its rows by which they are found; none: nobody asks for them yet."""

_ROWS: Final = 100


def packed(rows: Sequence[Document], name: str) -> Iterator[Document]:
    """The rows in packs; `name` is in no other pack's name."""
    for begin in range(0, len(rows), _ROWS):
        yield {"_id": f"{name}/{begin}", "rows": rows[begin : begin + _ROWS]}


def indexes(collection: str) -> list[IndexModel]:
    """Of a packed collection."""
    return [IndexModel([(f"rows.{field}", ASCENDING)], name=field) for field in FOUND_BY[collection]]


def found(
    db: Database[Document], name: str, values: Iterable[str], field: str = "_id", *, packed: bool = True
) -> list[Document]:
    """Of a collection, by its `name` in the database, the rows that have one of the values, by number."""
    wanted = set(values)
    if not wanted:
        return []
    if not packed:
        return list(db[name].find({field: {"$in": sorted(wanted)}}).sort("_id", 1))
    rows: Document = {}
    for pack in db[name].find({f"rows.{field}": {"$in": sorted(wanted)}}):
        for row in pack["rows"]:
            if wanted.isdisjoint(_values(row, field)):
                continue
            there = rows.get(row["_id"])
            if there is None or rank(there) < rank(row):
                rows[row["_id"]] = row
    return [rows[number] for number in sorted(rows)]


def rank(document: Mapping[str, Any]) -> tuple[str, bytes]:
    """Of two documents of one number the one with the higher rank counts, whoever comes first."""
    return document.get("stamp", ""), encode({name: document[name] for name in sorted(document)})


def _values(row: Document, field: str) -> list[str]:
    value = row.get(field, [])
    return value if isinstance(value, list) else [value]

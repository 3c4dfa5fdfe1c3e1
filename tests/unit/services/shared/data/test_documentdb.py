"""The services run on Amazon DocumentDB too: what they ask of a database is held against what it has.

`OPERATORS` are those that AWS lists as supported in DocumentDB 5.0 ("Supported MongoDB APIs, operations, and data
types") and that are of use here. One that is missing is looked up there first, and then added or done without.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[5] / "services"
SOURCES = sorted(SERVICES.rglob("*.py"))

OPERATORS = {
    *("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$and", "$or", "$nor", "$not", "$exists", "$regex"),
    *("$elemMatch", "$all", "$size", "$mod", "$type"),
    *(
        "$set",
        "$setOnInsert",
        "$unset",
        "$inc",
        "$min",
        "$max",
        "$mul",
        "$rename",
        "$push",
        "$pull",
        "$addToSet",
        "$pop",
    ),
    *("$each", "$slice"),
    *("$match", "$group", "$sum", "$sort", "$project", "$limit", "$skip", "$unwind", "$count", "$lookup", "$addFields"),
    *("$first", "$last", "$avg", "$literal"),
}
LACKING_CALLS = {
    "watch": "change streams must be enabled collection by collection: poll, or use a queue",
    "map_reduce": "there is none",
    "start_session": "transactions are short there: one document at a time is enough here",
    "with_transaction": "the same",
}
LACKING_OPTIONS = {
    "collation": "there is none: keep a key in lower case",
    "wildcardProjection": "there are no wildcard indexes",
    "capped": "there are no capped collections",
    "validator": "documents are checked where they are parsed",
    "timeseries": "there are none",
    "hint": "plans differ there",
    "let": "there is none",
}
LACKING_INDEXES = {"text", "hashed", "2d", "geoHaystack"}
_NOT_OF_A_DATABASE = {"$ref", "$schema", "$id", "$defs"}
"""Of JSON Schema."""


def operators(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Keys of dicts that begin with $; what stands as a value names a field."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.startswith("$"):
                    yield key.value, key.lineno


def complaints(source: str) -> list[str]:
    """What DocumentDB would refuse."""
    tree = ast.parse(source)
    found = [
        f"line {line}: {name} is no operator that DocumentDB is known to have"
        for name, line in operators(tree)
        if name not in OPERATORS | _NOT_OF_A_DATABASE
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name in LACKING_CALLS:
                found.append(f"line {node.lineno}: {name}: {LACKING_CALLS[name]}")
            if name in {"update_one", "update_many", "find_one_and_update"} and any(
                isinstance(argument, ast.List) for argument in node.args[1:2]
            ):
                found.append(f"line {node.lineno}: {name}: an update cannot be a pipeline")
            if name in {"create_index", "create_indexes", "create_collection", "find", "find_one", "aggregate"}:
                found += [
                    f"line {node.lineno}: {option.arg}: {LACKING_OPTIONS[option.arg]}"
                    for option in node.keywords
                    if option.arg in LACKING_OPTIONS
                ]
                kinds = {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)} & LACKING_INDEXES
                found += [f"line {node.lineno}: there are no {kind} indexes" for kind in sorted(map(str, kinds))]
    return found


@pytest.mark.parametrize("file", SOURCES, ids=[str(file.relative_to(SERVICES)) for file in SOURCES])
def test_services_ask_for_nothing_that_documentdb_lacks(file: Path) -> None:
    assert complaints(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('db.c.aggregate([{"$facet": {}}])', r"\$facet is no operator"),
        ('db.c.update_one({}, [{"$set": {"a": 1}}])', "cannot be a pipeline"),
        ("db.c.watch()", "change streams"),
        ('db.c.create_index([("name", "text")])', "no text indexes"),
        ("db.c.find({}, collation=german)", "no.* keep a key in lower case"),
    ],
)
def test_what_it_lacks_is_found(source: str, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        assert complaints(source) == []

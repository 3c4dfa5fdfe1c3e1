"""A generation of the copy that is being filled, by several processes at once. Nothing reads it before the switch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.write_concern import WriteConcern

from services.mastr_connector.domain import Document
from services.mastr_connector.errors import Lost
from services.mastr_connector.packs import FOUND_BY, indexes, rank

COLLECTIONS: Final = ("units", "actors", *FOUND_BY)
"""What a generation is made of: each has the collection `<name>_<generation>`."""

BY_OPERATOR: Final = IndexModel([("operator_mastr_nr", ASCENDING), ("_id", ASCENDING)], name="operator")


def _index(name: str, *fields: str, having: str = "") -> IndexModel:
    """Of those documents that have the field `having`, when one is given."""
    only: dict[str, Any] = {"partialFilterExpression": {having: {"$exists": True}}} if having else {}
    return IndexModel([(field, ASCENDING) for field in fields], name=name, **only)


UNIT_INDEXES: Final = [
    BY_OPERATOR,
    *(_index(field, field, "_id") for field in ("postcode", "municipality_key", "unit_type")),
    # of all types, too: these two are read for each of them, and merged
    _index("changed", "unit_type", "last_updated", "_id"),
    _index("power", "unit_type", "gross_power_kw", "_id"),
    # found by a beginning and by a range, which are in no other order: numbers in them would only cost
    _index("word", "words"),
    _index("place", "latitude", "longitude", having="latitude"),
]
INDEXES: Final = {
    "units": UNIT_INDEXES,
    # of natural persons, who are the most, the register publishes neither
    "actors": [_index("word", "words", having="words"), _index("postcode", "postcode", "_id", having="postcode")],
    **{each: indexes(each) for each in FOUND_BY},
}
_DUPLICATE: Final = 11000
_INDEXING: Final = 2


class Generation:
    """The collections of one generation, for writing. Writes are not waited for on disk. Calls raise PyMongoError."""

    def __init__(self, db: Database[Document], name: str) -> None:
        self.name = name
        self._db = db
        quick = WriteConcern(1)
        self._collections = {each: db.get_collection(f"{each}_{name}", write_concern=quick) for each in COLLECTIONS}

    def __getitem__(self, collection: str) -> Collection[Document]:
        return self._collections[collection]

    def add(self, collection: str, documents: list[Document]) -> int:
        """Adds them; how many of them were there already (of two, the one changed last stays)."""
        if not documents:
            return 0
        # the plain command: less work than insert_many, and no retries, which the server has to keep books for
        answer = self._db.command(
            {"insert": self[collection].name, "documents": documents, "ordered": False, "writeConcern": {"w": 1}}
        )
        failed = answer.get("writeErrors", [])
        for entry in failed:
            if entry["code"] != _DUPLICATE:
                raise OperationFailure(entry["errmsg"], entry["code"])
            self._replace(self[collection], documents[entry["index"]])
        return len(failed)

    def remove(self, collection: str, numbers: Iterable[str]) -> int:
        """Removes those that are there; how many."""
        return self[collection].delete_many({"_id": {"$in": list(numbers)}}).deleted_count

    @staticmethod
    def _replace(collection: Collection[Document], document: Document) -> None:
        """Only what is older. Of two that changed at one time the same one stays, whoever comes first."""
        while True:
            there = collection.find_one({"_id": document["_id"]})
            if there is None or rank(there) >= rank(document):
                return
            if collection.replace_one(there, document).matched_count == 1:
                return


class Building:
    """A generation, with what must be in it in the end: `finish` looks whether all of it is there."""

    def __init__(self, db: Database[Document], name: str) -> None:
        self.generation = Generation(db, name)
        self._expected: Counter[str] = Counter()

    @property
    def names(self) -> dict[str, str]:
        """Each collection's name in the database."""
        return {each: self.generation[each].name for each in COLLECTIONS}

    @property
    def units(self) -> int:
        """How many units there are."""
        return self._expected["units"]

    def expect(self, collection: str, more: int) -> None:
        """So many were added."""
        self._expected[collection] += more

    def remove_units(self, numbers: Sequence[str]) -> int:
        """Removes those that are there; how many."""
        removed = self.generation.remove("units", numbers)
        self._expected["units"] -= removed
        return removed

    def finish(self) -> dict[str, int]:
        """Make the indexes; gives the units of each type. Raises Lost when a write was."""
        filled = [each for each in COLLECTIONS if self._expected[each]]
        for each in filled:
            # along the numbers, which are a part of what the documents are
            lost = self._expected[each] - self.generation[each].count_documents({}, hint="_id_")
            if lost:
                raise Lost(
                    f"MongoDB lost {lost} documents while importing, as it was restarted; start the import again"
                )
        with ThreadPoolExecutor(_INDEXING) as pool:
            for _ in pool.map(lambda task: self.generation[task[0]].create_indexes(task[1]), _index_tasks(filled)):
                pass
        return unit_counts(self.generation["units"])


def _index_tasks(filled: Iterable[str]) -> list[tuple[str, list[IndexModel]]]:
    """In parts of about the same work, as one command keeps one processor busy; not in more, as each reads all units.

    That of a name's words is the most. Where nothing was imported there is nothing to find: each index takes a file and
    waiting for a disk.
    """
    first = [index for index in UNIT_INDEXES if index.document["name"] in ("word", "place", "unit_type")]
    rest = [index for index in UNIT_INDEXES if index not in first]
    parts = [("units", first), ("units", rest), *((each, INDEXES[each]) for each in INDEXES if each != "units")]
    return [part for part in parts if part[0] in filled and part[1]]


def unit_counts(collection: Collection[Document]) -> dict[str, int]:
    """How many units of each type there are."""
    groups = collection.aggregate([{"$group": {"_id": "$unit_type", "count": {"$sum": 1}}}, {"$sort": {"_id": 1}}])
    return {group["_id"]: group["count"] for group in groups}

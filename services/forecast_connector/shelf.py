"""The workbooks that were read, as the utility's people ask about them: what became of each, and what replaced it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.forecast_connector.workbook.findings import Finding

Document = dict[str, Any]
Status = Literal["imported", "rejected", "withdrawn"]
Place = tuple[int, str]
"""Of a workbook in the list: when it was read, and its id."""

STATUSES: Final = ("imported", "rejected", "withdrawn")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Since when (seconds since the epoch) a workbook does not count, by whose word, and why."""

    at: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class WorkbookRecord:
    """A content by its SHA-256. Times in seconds since the epoch; `first` until before `end` is what it speaks of.

    Of a refused one only the findings are known. `replaced_by`: the next content of the same name that was imported.
    """

    id: str
    name: str
    status: Status
    read_at: int
    issued_at: int | None
    first: int | None
    end: int | None
    series: int
    values: int
    findings: tuple[Finding, ...]
    withdrawal: Withdrawal | None
    replaced_by: str | None

    @property
    def place(self) -> Place:
        return self.read_at, self.id


class Shelf:
    """Raises PyMongoError."""

    def __init__(self, db: Database[Document]) -> None:
        self._workbooks = db["workbooks"]
        self._blocks = db["blocks"]

    def page(
        self, limit: int, after: Place | None, *, name: str | None = None, status: str | None = None
    ) -> tuple[list[WorkbookRecord], Place | None]:
        """At most `limit` of them, what was read last first, and where the next page begins if there is one."""
        query: Document = {key: value for key, value in (("name", name), ("status", status)) if value is not None}
        if after is not None:
            read_at, identity = after
            query["$or"] = [{"read_at": {"$lt": read_at}}, {"read_at": read_at, "_id": {"$gt": identity}}]
        order = [("read_at", DESCENDING), ("_id", ASCENDING)]
        documents = list(self._workbooks.find(query).sort(order).limit(limit + 1))
        found = self._records(documents[:limit])
        return found, found[-1].place if len(documents) > limit else None

    def one(self, identity: str) -> WorkbookRecord | None:
        """The content of that SHA-256."""
        document = self._workbooks.find_one({"_id": identity})
        return None if document is None else self._records([document])[0]

    def newest_of(self, name: str) -> str | None:
        """The content of that name that was imported last."""
        order = [("read_at", DESCENDING), ("sequence", DESCENDING)]
        found = self._workbooks.find_one({"name": name, "status": "imported"}, {"_id": 1}, sort=order)
        return None if found is None else str(found["_id"])

    def withdraw(self, identity: str, withdrawal: Withdrawal) -> bool:
        """From then on nothing of an imported workbook counts; questions about earlier times still see it.

        False where it is not, or no longer, imported. Repeating it changes nothing, and completes one that was cut off.
        """
        told = {"at": withdrawal.at, "by": withdrawal.by, "reason": withdrawal.reason}
        change = {"$set": {"status": "withdrawn", "withdrawal": told}}
        changed = self._workbooks.update_one({"_id": identity, "status": "imported"}, change).modified_count
        known = self._workbooks.find_one({"_id": identity, "status": "withdrawn"}, {"withdrawal": 1})
        if known is not None:
            since = {"$set": {"withdrawn_at": known["withdrawal"]["at"]}}
            self._blocks.update_many({"workbook": identity, "withdrawn_at": None}, since)
        return bool(changed)

    def _records(self, documents: Iterable[Document]) -> list[WorkbookRecord]:
        shown = list(documents)
        names = sorted({document["name"] for document in shown})
        fields = {"name": 1, "read_at": 1, "sequence": 1}
        query = {"name": {"$in": names}, "status": {"$ne": "rejected"}}
        imported = sorted(self._workbooks.find(query, fields), key=_order)
        return [_record(document, _next(document, imported)) for document in shown]


def _order(document: Mapping[str, Any]) -> tuple[int, int]:
    return document["read_at"], document.get("sequence", 0)


def _next(document: Document, imported: Iterable[Document]) -> str | None:
    later = (one for one in imported if one["name"] == document["name"] and _order(one) > _order(document))
    return next((str(one["_id"]) for one in later), None)


def _record(document: Document, replaced_by: str | None) -> WorkbookRecord:
    told = document.get("withdrawal")
    return WorkbookRecord(
        id=document["_id"],
        name=document["name"],
        status=document["status"],
        read_at=document["read_at"],
        issued_at=document.get("issued_at"),
        first=document.get("first"),
        end=document.get("end"),
        series=document.get("series", 0),
        values=document.get("values", 0),
        findings=tuple(Finding(one["text"], one["sheet"], one["cell"]) for one in document.get("findings", ())),
        withdrawal=None if told is None else Withdrawal(told["at"], told["by"], told["reason"]),
        replaced_by=replaced_by,
    )

"""MongoDB: workbooks that were read, and the blocks of forecasts that they said.

A block (one series, one local day, one issue) is one document with an array of values: a day of a thousand series is a
thousand documents, not a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, InsertOne, ReturnDocument
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from services.forecast_connector.domain.series import Block, Issue, IssuedBlock, Series
from services.forecast_connector.domain.times import QUARTER_S
from services.forecast_connector.folder import Content
from services.forecast_connector.workbook.findings import Finding
from services.forecast_connector.workbook.reader import Workbook
from services.shared.data import Migration

Document = dict[str, Any]
_LONGEST_S: Final = 100 * QUARTER_S
"""No block is longer than the day on which the clocks are put back."""

SCHEMA: Final[Mapping[str, Sequence[Migration]]] = {"workbooks": (), "blocks": (), "counters": ()}
"""Which versions the collections have had."""

_DUPLICATE: Final = 11000
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which forecasts. `as_of`: as it was known then, in seconds since the epoch; None: now. None means any."""

    mastr_nr: str | None = None
    unit_type: str | None = None
    as_of: int | None = None


class Repository:
    """Raises PyMongoError."""

    def __init__(self, db: Database[Document]) -> None:
        self._db = db
        self._workbooks = db["workbooks"]
        self._blocks = db["blocks"]
        self._counters = db["counters"]

    def prepare(self) -> None:
        """Makes the indexes that the queries need."""
        self._blocks.create_index([("start", ASCENDING)], name="by_start")
        self._blocks.create_index([("mastr_nr", ASCENDING), ("start", ASCENDING)], name="by_unit")
        self._blocks.create_index([("unit_type", ASCENDING), ("start", ASCENDING)], name="by_type")
        self._blocks.create_index([("workbook", ASCENDING)], name="by_workbook")
        self._workbooks.create_index([("status", ASCENDING), ("issued_at", DESCENDING)], name="by_issue")
        self._workbooks.create_index([("read_at", DESCENDING), ("_id", ASCENDING)], name="by_reading")
        self._workbooks.create_index([("name", ASCENDING), ("read_at", ASCENDING)], name="by_name")

    def is_imported(self, digest: str) -> bool:
        """Whether a content was read to its end. One that was refused is read anew: what is known may have grown.
        One that was withdrawn stays so."""
        known = {"_id": digest, "status": {"$in": ["imported", "withdrawn"]}}
        return self._workbooks.find_one(known, {"_id": 1}) is not None

    def save(self, content: Content, workbook: Workbook, now: int) -> None:
        """Keeps what a workbook says. The same again changes nothing; one that was cut off is completed."""
        sequence = self._sequence(content.digest)
        self._insert(self._documents(content, workbook, sequence))
        about = {
            "issued_at": workbook.issued_at,
            "sequence": sequence,
            "series": workbook.series,
            "values": workbook.values,
            "first": min(block.start for block in workbook.blocks),
            "end": max(block.end for block in workbook.blocks),
        }
        self._note(content, now, "imported", **about)

    def reject(self, content: Content, findings: Sequence[Finding], now: int) -> None:
        """Keeps that, and why, a content is no forecast."""
        told = [{"text": one.text, "sheet": one.sheet, "cell": one.cell} for one in findings]
        self._note(content, now, "rejected", findings=told)

    def blocks(self, begin: int, end: int, selection: Selection) -> list[IssuedBlock]:
        """All that was said of the quarter hours from `begin` until before `end`."""
        return self._found({**_filter(selection), **_overlapping(begin, end)})

    def blocks_of(self, mastr_nrs: Sequence[str], profiles: Sequence[str], begin: int, end: int) -> list[IssuedBlock]:
        """All that was said of these units and of these profiles."""
        of_units = {"mastr_nr": {"$in": list(mastr_nrs)}}
        of_profiles = {"unit_type": {"$in": list(profiles)}, "mastr_nr": None, "norm_kwh_annum": {"$gt": 0}}
        return self._found({"$or": [of_units, of_profiles], "withdrawn_at": None, **_overlapping(begin, end)})

    def withdrawn(self, begin: int, end: int) -> list[range]:
        """The quarter hours from `begin` until before `end` of which something was said that was withdrawn since."""
        query = {"withdrawn_at": {"$gt": 0}, **_overlapping(begin, end)}
        spans = {(one["start"], one["end"]) for one in self._blocks.find(query, {"start": 1, "end": 1})}
        return [range(start, stop, QUARTER_S) for start, stop in sorted(spans)]

    def next_start(self, at: int, selection: Selection) -> int | None:
        """The first quarter hour from `at` on that a forecast may be there for."""
        query = {**_filter(selection), "start": {"$gt": at - _LONGEST_S}, "end": {"$gt": at}}
        found = self._blocks.find_one(query, {"start": 1}, sort=[("start", ASCENDING)])
        return None if found is None else max(at, int(found["start"]))

    def newest(self) -> tuple[int, int] | None:
        """How many workbooks were read, and when the newest forecast was issued; None when there is none."""
        found = self._workbooks.find_one({"status": "imported"}, {"issued_at": 1}, sort=[("issued_at", DESCENDING)])
        if found is None:
            return None
        return self._workbooks.count_documents({"status": "imported"}), int(found["issued_at"])

    def _sequence(self, digest: str) -> int:
        """Of two issues of the same moment, the one that was read later wins. A content keeps its number."""
        known = self._blocks.find_one({"workbook": digest}, {"sequence": 1})
        if known is not None:
            return int(known["sequence"])
        counted: Any = self._counters.find_one_and_update(
            {"_id": "sequence"}, {"$inc": {"value": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(counted["value"])

    def _documents(self, content: Content, workbook: Workbook, sequence: int) -> Iterable[Document]:
        for number, block in enumerate(workbook.blocks):
            yield {
                "_id": f"{content.digest}:{number}",
                "workbook": content.digest,
                "source": content.name,
                "issued_at": workbook.issued_at,
                "sequence": sequence,
                "mastr_nr": block.series.mastr_nr,
                "unit_type": block.series.unit_type,
                "kind": block.series.kind,
                "norm_kwh_annum": block.series.norm_kwh_annum,
                "start": block.start,
                "end": block.end,
                "values": list(block.values),
            }

    def _insert(self, documents: Iterable[Document]) -> None:
        operations = [InsertOne(document) for document in documents]
        for begin in range(0, len(operations), _BATCH):
            try:
                self._blocks.bulk_write(operations[begin : begin + _BATCH], ordered=False)
            except BulkWriteError as error:
                if any(one["code"] != _DUPLICATE for one in error.details["writeErrors"]):
                    raise

    def _note(self, content: Content, now: int, status: str, **more: Any) -> None:
        document = {"name": content.name, "status": status, "read_at": now, **more}
        self._workbooks.replace_one({"_id": content.digest}, document, upsert=True)

    def _found(self, query: Document) -> list[IssuedBlock]:
        return [_issued(document) for document in self._blocks.find(query).sort("_id", ASCENDING)]


def _overlapping(begin: int, end: int) -> Document:
    return {"start": {"$gt": begin - _LONGEST_S, "$lt": end}, "end": {"$gt": begin}}


def _filter(selection: Selection) -> Document:
    query: Document = {}
    if selection.mastr_nr is not None:
        query["mastr_nr"] = selection.mastr_nr
    if selection.unit_type is not None:
        query["unit_type"] = selection.unit_type
    if selection.as_of is None:
        query["withdrawn_at"] = None
    else:
        query["issued_at"] = {"$lte": selection.as_of}
        query["$nor"] = [{"withdrawn_at": {"$lte": selection.as_of}}]
    return query


def _issued(document: Document) -> IssuedBlock:
    series = Series(document["unit_type"], document["kind"], document["mastr_nr"], document["norm_kwh_annum"])
    issue = Issue(document["issued_at"], document["sequence"], document["source"])
    return IssuedBlock(Block(series, document["start"], tuple(document["values"])), issue)

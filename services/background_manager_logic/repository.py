"""What the service keeps, in MongoDB. Each write is one document; numbers are the documents' ids, so each is unique.

Every method may raise PyMongoError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.background_manager_logic.domain import STOLEN, Account, Box, Meter, Participant, Unit
from services.background_manager_logic.erasure import forget_traces
from services.background_manager_logic.security_key_store import SecurityKeyStore
from services.shared.data import page

R = TypeVar("R")
Document = dict[str, Any]

_ANNOUNCED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """A part of a list, and how to go on."""

    items: list[R]
    next_cursor: str | None


class Store(Generic[R]):
    """Records of one kind under their number."""

    def __init__(self, collection: Collection[Document], kind: Callable[..., R], key: str) -> None:
        self._collection = collection
        self._kind = kind
        self._key = key

    def add(self, record: R) -> bool:
        """Keep a new record; False when its number is known."""
        try:
            self._collection.insert_one(self._document(record))
        except DuplicateKeyError:
            return False
        return True

    def get(self, number: str) -> R | None:
        """The record with this number."""
        found = self._collection.find_one({"_id": number})
        return None if found is None else self._record(found)

    def list(self, query: Mapping[str, Any], limit: int, cursor: str | None) -> Listed[R]:
        """Records in the order of their numbers. Raises BadCursor."""
        found = page(self._collection, query, limit=limit, cursor=cursor)
        return Listed([self._record(document) for document in found.items], found.next_cursor)

    def all(self, query: Mapping[str, Any]) -> Iterator[R]:
        """Every record that matches."""
        for document in self._collection.find(query).sort("_id"):
            yield self._record(document)

    def any(self, query: Mapping[str, Any]) -> R | None:
        """One record that matches."""
        found = self._collection.find_one(query, sort=[("_id", 1)])
        return None if found is None else self._record(found)

    def remove(self, number: str) -> bool:
        """Whether it was there."""
        return self._collection.delete_one({"_id": number}).deleted_count == 1

    def _document(self, record: R) -> Document:
        values = asdict(record)  # type: ignore[call-overload] # every kind is a dataclass
        return {"_id": values.pop(self._key), **values}

    def _record(self, document: Document) -> R:
        values = {name: value for name, value in document.items() if not name.startswith("_")}
        return self._kind(**{self._key: document["_id"]}, **values)


class Parents(Store[R]):
    """Records on which others depend. Removal is announced first, so that nobody joins in between.

    Who adds a dependant keeps it, and then looks whether the parent is still there (`is_staying`); who removes the
    parent announces it, and then looks for dependants. Whichever comes first, one of the two sees the other. An
    announcement whose process died counts no more after a minute.
    """

    def announce_removal(self, number: str) -> bool:
        """False when there is no such record."""
        leaving = {"$set": {"_leaving": datetime.now(UTC)}}
        return self._collection.update_one({"_id": number}, leaving).matched_count == 1

    def take_back_removal(self, number: str) -> None:
        """It stays after all."""
        self._collection.update_one({"_id": number}, {"$unset": {"_leaving": ""}})

    def is_staying(self, number: str) -> bool:
        """Whether dependants may be added."""
        stays = [{"_leaving": None}, {"_leaving": {"$lt": datetime.now(UTC) - _ANNOUNCED}}]
        return self._collection.find_one({"_id": number, "$or": stays}, {"_id": 1}) is not None


class Boxes(Parents[Box]):
    """Boxes by address."""

    def left(self, ip: str, state: str) -> bool:
        """It is retired, or stolen; False when there is none, or one that is stolen already."""
        ended = {"_id": ip, "state": {"$ne": STOLEN}}
        return self._collection.update_one(ended, {"$set": {"state": state}}).matched_count == 1


class OnChain(Parents[R]):
    """Records that may stand on the chain, too. They are marked before the chain is asked, and marked ones stay.

    Mark and removal are one step each on the same document, so that never is something removed while it is registered.
    """

    def mark(self, number: str, market: str) -> bool:
        """False when it has just been removed."""
        found = self._collection.update_one({"_id": number}, {"$addToSet": {"markets": market}})
        return found.matched_count == 1

    def unmark(self, number: str, market: str) -> None:
        """The chain has refused it for good."""
        self._collection.update_one({"_id": number}, {"$pull": {"markets": market}})

    def remove(self, number: str) -> bool:
        """Whether it was there and stood on no chain."""
        return self._collection.delete_one({"_id": number, "markets": []}).deleted_count == 1


class Accounts(Store[Account]):
    """Chain accounts by name; each box has one."""

    def prepare(self) -> None:
        self._collection.create_index("cls_box_ip", unique=True, name="one_cls_box_ip")

    def of_box(self, ip: str) -> Account | None:
        """The box's account."""
        return self.any({"cls_box_ip": ip})

    def add_market(self, name: str, market: str) -> None:
        """It is registered there, too."""
        self._collection.update_one({"_id": name}, {"$addToSet": {"markets": market}})


class Participants(Store[Participant]):
    """Participant records by `sub`; user, box and account belong to one participant each."""

    UNIQUE = ("username", "cls_box_ip", "eos_account")

    def prepare(self) -> None:
        for name in self.UNIQUE:
            self._collection.create_index(name, unique=True, sparse=True, name=f"one_{name}")
        self._collection.create_index("mirrored", name="mirrored")

    def taken(self, participant: Participant) -> str | None:
        """Which of his values belongs to another participant already."""
        for name in self.UNIQUE:
            value = getattr(participant, name)
            if value is not None and self.any({name: value, "_id": {"$ne": participant.sub}}) is not None:
                return name
        return None

    def replace(self, participant: Participant, *, version: int) -> bool | None:
        """Keep the changed record; False when it was changed since `version`, None when a value is another's."""
        document = self._document(participant)
        try:
            done = self._collection.replace_one({"_id": participant.sub, "version": version}, document)
        except DuplicateKeyError:
            return None
        return done.matched_count == 1

    def remember_mirrored(self, sub: str, version: int) -> None:
        """The pool has the state of this version."""
        self._collection.update_one({"_id": sub, "version": version}, {"$set": {"mirrored": True}})

    def _document(self, record: Participant) -> Document:
        """Without the values that are None: an index knows only those that are there."""
        return {name: value for name, value in super()._document(record).items() if value is not None}

    def _record(self, document: Document) -> Participant:
        missing = dict.fromkeys(Participant.__dataclass_fields__)
        missing.pop("sub")
        return super()._record({**missing, **document})


@dataclass(frozen=True, slots=True)
class LastSeen:
    """When a component last answered, and with what version."""

    name: str
    at: datetime
    version: str | None


class Sightings:
    """When the system's parts last answered."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    def remember(self, name: str, at: datetime, version: str | None) -> None:
        self._collection.update_one({"_id": name}, {"$set": {"at": at, "version": version}}, upsert=True)

    def last(self) -> dict[str, LastSeen]:
        return {
            document["_id"]: LastSeen(document["_id"], document["at"], document.get("version"))
            for document in self._collection.find()
        }


class Repository:
    """All that the service keeps."""

    def __init__(self, db: Database[Document]) -> None:
        self.boxes = Boxes(db["boxes"], Box, "ip")
        self.meters: OnChain[Meter] = OnChain(db["meters"], Meter, "serial_number")
        self.units: OnChain[Unit] = OnChain(db["units"], Unit, "mastr_nr")
        self.accounts = Accounts(db["accounts"], Account, "account_name")
        self.participants = Participants(db["participants"], Participant, "sub")
        self.sightings = Sightings(db["sightings"])
        self.security_keys = SecurityKeyStore(db)
        self._db = db

    def prepare(self) -> None:
        """Make the indexes; safe to repeat."""
        self.participants.prepare()
        self.accounts.prepare()
        self.security_keys.prepare()
        for name in ("meters", "units"):
            self._db[name].create_index([("cls_box_ip", 1), ("_id", 1)], name="by_box")

    def forget_traces(self, participant: Participant) -> None:
        """What names the participant in what is kept for another purpose."""
        forget_traces(self._db, participant.sub, (participant.username, participant.email or ""))

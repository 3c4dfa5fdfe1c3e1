"""Security keys, one-time codes and open questions, in MongoDB. Each write is one document.

Every method may raise PyMongoError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A registered key. `id`, `credential`, `sign_count`: see services/shared/second_factor."""

    id: str
    sub: str
    name: str
    credential: str
    sign_count: int
    added_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptCode:
    """A one-time code: its hash only (hexadecimal SHA-256), and how often it was tried."""

    hash: str
    tries: int


class SecurityKeyStore:
    """What the second factor needs kept."""

    def __init__(self, db: Database[Document]) -> None:
        self._keys = db["security_keys"]
        self._codes = db["security_key_codes"]
        self._questions = db["security_key_questions"]

    def prepare(self) -> None:
        self._keys.create_index([("sub", 1), ("_id", 1)], name="by_sub")
        for collection in (self._codes, self._questions):
            collection.create_index("expires_at", expireAfterSeconds=0, name="expires_at")

    def of(self, sub: str) -> Sequence[KeptKey]:
        """A user's keys, the oldest first."""
        return [_key(document) for document in self._keys.find({"sub": sub}).sort([("added_at", 1), ("_id", 1)])]

    def count(self, sub: str) -> int:
        return self._keys.count_documents({"sub": sub})

    def add(self, key: KeptKey) -> bool:
        """False when this key is registered already, by whomever."""
        values = asdict(key)
        try:
            self._keys.insert_one({"_id": values.pop("id"), **values})
        except DuplicateKeyError:
            return False
        return True

    def rename(self, sub: str, key_id: str, name: str) -> KeptKey | None:
        found = self._keys.find_one_and_update(
            {"_id": key_id, "sub": sub}, {"$set": {"name": name}}, return_document=ReturnDocument.AFTER
        )
        return None if found is None else _key(found)

    def remove(self, sub: str, key_id: str) -> bool:
        """Whether it was there."""
        return self._keys.delete_one({"_id": key_id, "sub": sub}).deleted_count == 1

    def remove_all(self, sub: str) -> int:
        """How many they were; codes and open questions go with them."""
        self._codes.delete_one({"_id": sub})
        self._questions.delete_many({"sub": sub})
        return self._keys.delete_many({"sub": sub}).deleted_count

    def note_use(self, sub: str, key_id: str, sign_count: int, at: datetime) -> bool:
        """Keep a key's new counter; False unless it is higher than the one before (or the key has none)."""
        rises: list[Document] = [{"sign_count": {"$lt": sign_count}}]
        if sign_count == 0:
            rises.append({"sign_count": 0})
        done = self._keys.update_one(
            {"_id": key_id, "sub": sub, "$or": rises}, {"$set": {"sign_count": sign_count, "last_used_at": at}}
        )
        return done.matched_count == 1

    def keep_code(self, sub: str, hashed: str, expires_at: datetime) -> None:
        """In place of the one before."""
        self._codes.replace_one({"_id": sub}, {"hash": hashed, "tries": 0, "expires_at": expires_at}, upsert=True)

    def try_code(self, sub: str, now: datetime, most_tries: int) -> KeptCode | None:
        """The code, after this try was counted; None when there is none (any more)."""
        found = self._codes.find_one_and_update(
            {"_id": sub, "expires_at": {"$gt": now}, "tries": {"$lt": most_tries}},
            {"$inc": {"tries": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else KeptCode(found["hash"], found["tries"])

    def use_code(self, sub: str, hashed: str) -> bool:
        """Whether it was still there: of two who use it at once, one does."""
        return self._codes.delete_one({"_id": sub, "hash": hashed}).deleted_count == 1

    def keep_question(self, challenge: str, sub: str, expires_at: datetime) -> None:
        self._questions.insert_one({"_id": challenge, "sub": sub, "expires_at": expires_at})

    def take_question(self, challenge: str, sub: str, now: datetime) -> bool:
        """Whether this was asked of this user, lately and unanswered."""
        found = self._questions.find_one_and_delete({"_id": challenge, "sub": sub, "expires_at": {"$gt": now}})
        return found is not None


def _key(document: Document) -> KeptKey:
    values = {name: value for name, value in document.items() if name != "_id"}
    return KeptKey(id=document["_id"], **values)

"""Answers to Idempotency-Keys in MongoDB: claims are single-document steps, so several processes may share them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from services.shared.web.idempotency import KEEP_S, LEASE_S, Answer, Begun

_EXPIRY = "expiry"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MongoAnswers:
    """An AnswerStore. Every call may raise PyMongoError."""

    def __init__(self, collection: Collection[dict[str, Any]], clock: Callable[[], datetime] = _utc_now) -> None:
        self._answers = collection
        self._clock = clock

    def prepare(self) -> None:
        """Make the index that forgets keys after their 7 days."""
        self._answers.create_index("begun", expireAfterSeconds=KEEP_S, name=_EXPIRY)

    def begin(self, who: str, key: str, fingerprint: str, attempt: str) -> Begun:
        """Claim the key for `attempt`, unless it has an answer or an attempt whose lease runs."""
        now = self._clock()
        claim = {
            "fingerprint": fingerprint,
            "attempt": attempt,
            "begun": now,
            "lease": now + timedelta(seconds=LEASE_S),
        }
        free = {
            "_id": _id(who, key),
            "$or": [
                {"begun": {"$lt": now - timedelta(seconds=KEEP_S)}},
                {"answer": None, "lease": {"$lt": now}, "fingerprint": fingerprint},
            ],
        }
        try:
            self._answers.insert_one({"_id": _id(who, key), **claim, "answer": None})
            return Begun(fingerprint, attempt, None)
        except DuplicateKeyError:
            taken = self._answers.find_one_and_update(
                free, {"$set": {**claim, "answer": None}}, return_document=ReturnDocument.AFTER
            )
        found = taken or self._answers.find_one({"_id": _id(who, key)})
        if found is None:  # released a moment ago: the caller asks again
            return Begun(fingerprint, "", None)
        answer = found.get("answer")
        kept = None if answer is None else Answer(answer["status"], answer["content_type"], answer["body"])
        return Begun(found["fingerprint"], found["attempt"], kept)

    def finish(self, who: str, key: str, attempt: str, answer: Answer) -> None:
        """Keep the answer, if the key is still this attempt's."""
        kept = {"status": answer.status, "content_type": answer.content_type, "body": answer.body}
        self._answers.update_one({"_id": _id(who, key), "attempt": attempt}, {"$set": {"answer": kept}})

    def release(self, who: str, key: str, attempt: str) -> None:
        """Let the key go, if it is still this attempt's."""
        self._answers.delete_one({"_id": _id(who, key), "attempt": attempt, "answer": None})


def _id(who: str, key: str) -> dict[str, str]:
    return {"who": who, "key": key}

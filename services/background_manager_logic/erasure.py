"""What of a person stands in collections that are kept for another purpose: answers to orders, the access log.

Both are forgotten by themselves, answers after a week and the log after `TBI_ACCESS_LOG_DAYS`. Who is erased is not to
wait for that: an answer that names him goes, and the log keeps what was done under the pool's number of him, which
nobody can lead back to a person any more. All calls may raise PyMongoError.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pymongo.database import Database

Document = dict[str, Any]
_ANSWERS: Final = "answers"
_ACCESS_LOG: Final = "access_log"
_OF_A_PERSON: Final = ("username", "name")


def forget_traces(db: Database[Document], sub: str, words: Iterable[str]) -> None:
    """`words`: what names the person: user name, mail address. Once more does no harm."""
    named = sorted({word for word in words if word})
    _forget_answers(db, sub, named)
    log = db[_ACCESS_LOG]
    log.update_many({"sub": sub}, {"$set": {"username": None}})
    for name in _OF_A_PERSON:
        log.update_many({f"targets.{name}": {"$in": named}}, {"$unset": {f"targets.{name}": ""}})
    log.update_many({"username": {"$in": named}}, {"$set": {"username": None}})


def _forget_answers(db: Database[Document], sub: str, words: Iterable[str]) -> None:
    """His own, and those to others that name him. They are as many as a week has orders: each is looked at."""
    needles = {written for word in (sub, *words) for written in (word, json.dumps(word)[1:-1])}
    for found in db[_ANSWERS].find({}, {"answer.body": 1}):
        body = (found.get("answer") or {}).get("body") or ""
        if found["_id"].get("who") == sub or any(needle in body for needle in needles):
            db[_ANSWERS].delete_one({"_id": found["_id"]})

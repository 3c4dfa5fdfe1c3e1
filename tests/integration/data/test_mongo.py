"""Connecting and paging with a real MongoDB."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import OperationFailure

from services.shared.data import BadCursor, database, page, ping
from tests.integration.mongo import Mongo


@pytest.fixture
def db(mongo: Mongo) -> Iterator[Database[dict[str, Any]]]:
    made = mongo.database("paging")
    yield made
    made.client.drop_database("paging")
    made.client.close()


def walk(db: Database[dict[str, Any]], **options: Any) -> list[Any]:
    seen: list[Any] = []
    cursor = None
    while True:
        found = page(db["things"], {}, cursor=cursor, **options)
        seen += [item["_id"] for item in found.items]
        if found.next_cursor is None:
            return seen
        assert len(found.items) == options["limit"]
        cursor = found.next_cursor


def test_pages_hold_everything_once_in_order(db: Database[dict[str, Any]]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    db["things"].insert_many([{"_id": number, "at": start + timedelta(hours=number // 3)} for number in range(20)])
    assert walk(db, limit=3) == list(range(20))
    assert walk(db, limit=4, sort="at") == list(range(20))
    assert walk(db, limit=7, sort="at", descending=True) == list(reversed(range(20)))
    assert walk(db, limit=20) == list(range(20))


def test_what_is_inserted_in_between_moves_nothing(db: Database[dict[str, Any]]) -> None:
    db["things"].insert_many([{"_id": number} for number in range(0, 10, 2)])
    first = page(db["things"], {}, limit=2)
    db["things"].insert_many([{"_id": 1}, {"_id": 5}])
    rest = page(db["things"], {}, limit=9, cursor=first.next_cursor)
    assert [item["_id"] for item in rest.items] == [4, 5, 6, 8]


def test_several_collections_are_one_list(db: Database[dict[str, Any]]) -> None:
    db["things"].insert_many([{"_id": number} for number in range(0, 10, 2)])
    db["others"].insert_many([{"_id": number} for number in range(1, 10, 2)])
    seen: list[int] = []
    cursor = None
    while True:
        found = page([db["things"], db["others"]], {}, limit=3, cursor=cursor)
        seen += [item["_id"] for item in found.items]
        if (cursor := found.next_cursor) is None:
            break
    assert seen == list(range(10))


@pytest.mark.parametrize(
    "text", ["", "x", "äö", '["_id",1]', '["at",1,1]', '["_id",{"$ne":null},1]', '["_id",[],{}]', "{}", "[" * 5000]
)
def test_a_cursor_that_no_list_gave_is_refused(db: Database[dict[str, Any]], text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    with pytest.raises(BadCursor):
        page(db["things"], {}, cursor=cursor)


def test_times_come_back_in_utc_with_offset(db: Database[dict[str, Any]]) -> None:
    at = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    db["things"].insert_one({"_id": 1, "at": at})
    found = db["things"].find_one()
    assert found is not None
    assert found["at"] == at
    assert found["at"].tzinfo is not None


def test_without_the_password_nothing_is_given(mongo: Mongo, tmp_path: Path) -> None:
    stranger = database(mongo.uri.replace("tbi@", ""), "admin")
    assert ping(stranger).startswith("MongoDB 6")
    with pytest.raises(OperationFailure):
        stranger.list_collection_names()
    stranger.client.close()
    (tmp_path / "password").write_text("another")
    (tmp_path / "password").chmod(0o600)
    guesser = database(mongo.uri, "admin", password_file=tmp_path / "password")
    with pytest.raises(OperationFailure):
        guesser.list_collection_names()
    guesser.client.close()

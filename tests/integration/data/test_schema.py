"""Versions of collections on a real mongod: brought up once, whoever dies; newer ones are refused."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from services.background_manager_logic.domain import IN_USE, Unit
from services.background_manager_logic.repository import Repository
from services.background_manager_logic.schema import SCHEMA
from services.shared.data import Migration, NewerSchema, Schema
from services.shared.wait import wait_until
from tests.integration.data.migrating import COUNT, doubling
from tests.integration.mongo import REPO, Mongo

_OLD_UNIT = {
    "_id": "SEE900000000118",
    "cls_box_ip": "127.0.1.11",
    "marktakteur_mastr_nr": "ABR900000000115",
    "name": "PV Süd",
    "unit_type": "solar",
    "meter_serial_number": "1TBI0000000011",
    "added_at": datetime(2026, 9, 1, tzinfo=UTC),
}
"""As units were kept before any could stand on the chain."""


@pytest.fixture
def db(mongo: Mongo) -> Iterator[Database[dict[str, Any]]]:
    found = mongo.database(f"schema_{secrets.token_hex(4)}")
    yield found
    found.client.drop_database(found.name)
    found.client.close()


@pytest.fixture
def things(db: Database[dict[str, Any]]) -> Database[dict[str, Any]]:
    """A thousand documents of the first version."""
    db["things"].insert_many([{"_id": n, "n": n} for n in range(COUNT)])
    return db


def versions(db: Database[dict[str, Any]]) -> dict[str, int]:
    return {document["_id"]: document["version"] for document in db["schema"].find({"_id": {"$ne": "lock"}})}


def begin(mongo: Mongo, db: Database[dict[str, Any]], mark: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.integration.data.migrating", db.name, str(mark)]
    return subprocess.Popen(command, cwd=REPO, env={**os.environ, **mongo.environment})


def each_doubled_once(db: Database[dict[str, Any]]) -> bool:
    return all((one["twice"], one["times"]) == (2 * one["n"], 1) for one in db["things"].find()) and (
        db["things"].count_documents({}) == COUNT
    )


def test_documents_of_the_first_version_are_brought_up_to_date(db: Database[dict[str, Any]]) -> None:
    db["units"].insert_one(_OLD_UNIT)
    db["meters"].insert_one(
        {"_id": "1TBI0000000011", "cls_box_ip": "127.0.1.11", "kwh_annum": 3500, "markets": ["lem"]}
    )
    Schema(db, SCHEMA).bring_up()
    assert versions(db) == {name: 1 + len(migrations) for name, migrations in SCHEMA.items()}
    kept = Repository(db)
    found = kept.units.get("SEE900000000118")
    assert isinstance(found, Unit)
    assert (found.name, list(found.markets)) == ("PV Süd", [])
    assert db["meters"].find_one({})["markets"] == ["lem"]  # type: ignore[index]
    assert kept.units.remove("SEE900000000118"), "what stands on no chain may be removed"
    assert not kept.meters.remove("1TBI0000000011")


def test_new_collections_are_stamped_and_nothing_is_done(db: Database[dict[str, Any]]) -> None:
    def never(_: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError("there is nothing to change")

    Schema(db, {"things": (Migration("never", {}, never),)}).bring_up()
    assert versions(db) == {"things": 2}


def test_a_migration_that_was_killed_goes_on_where_it_was(
    mongo: Mongo, things: Database[dict[str, Any]], tmp_path: Path
) -> None:
    first = begin(mongo, things, tmp_path / "mark")
    wait_until(lambda: things["things"].find_one({"times": 1}), 60, what="the first batch")
    first.kill()
    first.wait()
    assert versions(things).get("things") != 2
    assert things["things"].count_documents({"times": 1}) < COUNT
    things["schema"].update_one({"_id": "lock"}, {"$set": {"until": datetime(2026, 1, 1, tzinfo=UTC)}})
    Schema(things, {"things": (doubling(),)}).bring_up()
    assert each_doubled_once(things)
    assert versions(things) == {"things": 2}


def test_who_holds_the_lock_is_waited_for_and_a_dead_ones_lock_runs_out(things: Database[dict[str, Any]]) -> None:
    things["schema"].insert_one({"_id": "lock", "owner": "dead", "until": datetime.now(UTC)})
    Schema(things, {"things": (doubling(),)}).bring_up()
    assert each_doubled_once(things)
    assert things["schema"].find_one({"_id": "lock"}) is None


def test_two_that_start_at_once_change_each_document_once(
    mongo: Mongo, things: Database[dict[str, Any]], tmp_path: Path
) -> None:
    both = [begin(mongo, things, tmp_path / name) for name in ("one", "two")]
    assert [one.wait(timeout=120) for one in both] == [0, 0]
    assert each_doubled_once(things)
    assert sum((tmp_path / name).exists() for name in ("one", "two")) == 1, "both have migrated"


def test_a_newer_version_is_refused_in_one_sentence_and_left_as_it_is(things: Database[dict[str, Any]]) -> None:
    Schema(things, {"things": (doubling(), doubling())}).bring_up()
    before = list(things["things"].find().sort("_id"))
    with pytest.raises(NewerSchema) as refused:
        Schema(things, {"things": (doubling(),)}).bring_up()
    assert str(refused.value) == (
        f"the collection {things.name}.things is of version 3 and this program knows 2: start the newer program again, "
        "or restore the backup from before its first start"
    )
    assert list(things["things"].find().sort("_id")) == before


@pytest.mark.parametrize(
    ("kind", "field", "made", "kept"),
    [
        ("boxes", "state", IN_USE, "retired"),
        *((kind, "markets", [], ["lem"]) for kind in ("meters", "units", "accounts")),
    ],
)
def test_documents_of_the_first_version_get_what_the_second_has(
    db: Database[dict[str, Any]], kind: str, field: str, made: Any, kept: Any
) -> None:
    """A migration that was shipped stays: somewhere data of its version may be restored from a backup."""
    db[kind].insert_many([{"_id": "old"}, {"_id": "new", field: kept}])
    Schema(db, SCHEMA).bring_up()
    assert {one["_id"]: one[field] for one in db[kind].find()} == {"old": made, "new": kept}
    Schema(db, SCHEMA).refuse_newer()

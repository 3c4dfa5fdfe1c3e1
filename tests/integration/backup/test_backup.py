"""A backup of a real database: what is in it, what is not, and that it comes back as it was."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, ObjectId
from pymongo.database import Database

from deploy.backup.__main__ import main, put_back, save
from deploy.backup.archive import BackupError
from deploy.backup.primary import DATABASES
from services.background_manager_logic.repository import Repository
from tests.integration.mongo import Mongo

Filled = dict[str, Database[dict[str, Any]]]
PRIMARY = {
    "background_manager.boxes": [{"_id": "10.77.0.11", "name": "Köln", "seen": datetime(2026, 11, 28, tzinfo=UTC)}],
    "background_manager.participants": [{"_id": f"sub-{n}", "kwh": Decimal128("3500.5")} for n in range(1200)],
    "mastr.extra_units": [{"_id": "TBI0001", "power": 4.2}],
    "forecast.workbooks": [{"_id": ObjectId(), "content": b"\x00\x01"}],
}
DERIVED = ("background_manager.market_offers", "mastr.units_7", "mastr.state")


@pytest.fixture
def filled(mongo: Mongo) -> Iterator[Filled]:
    databases = {name: mongo.database(name) for name in DATABASES}
    for database in databases.values():
        for name in database.list_collection_names():
            database[name].drop()
    for name, documents in PRIMARY.items():
        collection(databases, name).insert_many(documents)
    for name in DERIVED:
        collection(databases, name).insert_one({"_id": 1})
    yield databases
    for database in databases.values():
        database.client.close()


def collection(databases: Filled, name: str) -> Any:
    database, _, kept = name.partition(".")
    return databases[database][kept]


def everything(databases: Filled) -> dict[str, list[dict[str, Any]]]:
    return {name: list(collection(databases, name).find().sort("_id", 1)) for name in PRIMARY}


def test_what_is_lost_comes_back_as_it_was_and_what_derives_is_no_part(
    filled: Filled, mongo: Mongo, tmp_path: Path
) -> None:
    before = everything(filled)
    parts = save(tmp_path / "b.zip", mongo.uri, mongo.password_file)
    assert {f"{part.database}.{part.collection}": part.documents for part in parts} == {
        name: len(documents) for name, documents in PRIMARY.items()
    }
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600
    for database in filled.values():
        database.client.drop_database(database.name)
    put_back(tmp_path / "b.zip", mongo.uri, mongo.password_file, replace=False)
    assert everything(filled) == before
    assert all(collection(filled, name).find_one() is None for name in DERIVED)


def test_nothing_is_put_over_what_is_there_unless_it_is_asked_for(filled: Filled, mongo: Mongo, tmp_path: Path) -> None:
    before = everything(filled)
    save(tmp_path / "b.zip", mongo.uri, mongo.password_file)
    filled["background_manager"]["boxes"].insert_one({"_id": "10.77.0.12"})
    with pytest.raises(BackupError, match=r"already in background_manager\.boxes"):
        put_back(tmp_path / "b.zip", mongo.uri, mongo.password_file, replace=False)
    assert filled["background_manager"]["boxes"].count_documents({}) == 2
    put_back(tmp_path / "b.zip", mongo.uri, mongo.password_file, replace=True)
    assert everything(filled) == before


def test_a_backup_that_was_changed_or_cut_is_refused_before_anything_is_written(
    filled: Filled, mongo: Mongo, tmp_path: Path
) -> None:
    save(tmp_path / "b.zip", mongo.uri, mongo.password_file)
    changed, cut = tmp_path / "changed.zip", tmp_path / "cut.zip"
    with zipfile.ZipFile(tmp_path / "b.zip") as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, old.read(entry).replace("Köln".encode(), b"Bonn!"))
    cut.write_bytes((tmp_path / "b.zip").read_bytes()[:-200])
    filled["background_manager"]["boxes"].drop()
    with pytest.raises(BackupError, match=r"boxes\.bson is not what the manifest says"):
        put_back(changed, mongo.uri, mongo.password_file, replace=True)
    with pytest.raises(BackupError, match="cannot be read as a backup"):
        put_back(cut, mongo.uri, mongo.password_file, replace=True)
    assert filled["background_manager"]["boxes"].find_one() is None
    assert filled["background_manager"]["participants"].count_documents({}) == 1200


def test_a_backup_is_never_overwritten_and_nothing_is_left_of_one_that_failed(
    filled: Filled, mongo: Mongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONGO_URI", mongo.uri)
    monkeypatch.setenv("TBI_MONGO_PASSWORD_FILE", str(mongo.password_file))
    file = tmp_path / "b.zip"
    assert main(["write", str(file)]) == 0
    assert "background_manager.participants: 1200 documents" in capsys.readouterr().out
    assert main(["write", str(file)]) == 1
    assert "never overwritten" in capsys.readouterr().err
    monkeypatch.setenv("MONGO_URI", "mongodb://tbi@127.0.0.1:1/?serverSelectionTimeoutMS=100")
    assert main(["write", str(tmp_path / "c.zip")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]


def test_a_service_reads_what_was_put_back(filled: Filled, mongo: Mongo, tmp_path: Path) -> None:
    """The manager's own repository finds the same after the indexes are made anew."""
    db = filled["background_manager"]
    for name in db.list_collection_names():
        db[name].drop()
    repository = Repository(db)
    repository.prepare()
    save(tmp_path / "b.zip", mongo.uri, mongo.password_file)
    indexes = {name: set(db[name].index_information()) for name in db.list_collection_names()}
    for database in filled.values():
        database.client.drop_database(database.name)
    put_back(tmp_path / "b.zip", mongo.uri, mongo.password_file, replace=False)
    Repository(db).prepare()
    assert {name: set(db[name].index_information()) for name in db.list_collection_names()} == indexes

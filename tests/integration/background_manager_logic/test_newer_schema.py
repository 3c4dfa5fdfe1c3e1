"""Data of a newer program: the service ends with code 2 and one sentence, and leaves them as they are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from services.background_manager_logic.schema import SCHEMA
from tests.integration.background_manager_logic.manager import Manager, Register
from tests.integration.box.processes import REPO, module
from tests.integration.identity.pool import Identity
from tests.integration.mongo import Mongo


@pytest.fixture
def newer(mongo: Mongo) -> Iterator[Database[dict[str, Any]]]:
    """The manager's database after a first start of a newer version, which has brought its units up."""
    db = mongo.database("background_manager")
    before = db["schema"].find_one({"_id": "units"})
    version = {"$set": {"version": len(SCHEMA["units"]) + 2}}
    db["schema"].update_one({"_id": "units"}, version, upsert=True)
    yield db
    db["schema"].delete_one({"_id": "units"})
    if before is not None:
        db["schema"].insert_one(before)
    db.client.close()


def test_a_manager_before_newer_data_ends_with_code_2_and_one_sentence(
    tmp_path: Path, identity: Identity, mongo: Mongo, register: Register, newer: Database[dict[str, Any]]
) -> None:
    manager = Manager(tmp_path, identity, mongo, register)
    environment = {**os.environ, "PYTHONPATH": str(REPO), **manager.environment}
    command = module("services.background_manager_logic")
    ended = subprocess.run(command, env=environment, cwd=REPO, capture_output=True, text=True, timeout=60, check=False)
    manager.http.close()
    assert ended.returncode == 2, ended.stderr
    knows = len(SCHEMA["units"]) + 1
    sentence = (
        f"the collection background_manager.units is of version {knows + 1} and this program knows {knows}: start the "
        "newer program again, or restore the backup from before its first start"
    )
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    kept = newer["schema"].find_one({"_id": "units"})
    assert kept is not None
    assert kept["version"] == knows + 1

"""The access log while its database is away: nothing of it stands in the service's own log, and nothing is lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.collection import Collection

from services.background_manager_logic.access_log import AccessLog
from services.shared.data import database
from tests.integration.box.processes import free_port
from tests.integration.mongo import Mongo


def _of(uri: str, mongo: Mongo) -> Collection[dict[str, Any]]:
    found: Collection[dict[str, Any]] = database(uri, "access_kept", password_file=mongo.password_file)["access_log"]
    return found


@pytest.fixture
def kept(mongo: Mongo) -> Iterator[Collection[dict[str, Any]]]:
    found = _of(mongo.uri, mongo)
    yield found
    found.database.client.drop_database("access_kept")
    found.database.client.close()


def test_what_cannot_be_recorded_waits_and_is_told_nobody(
    kept: Collection[dict[str, Any]], mongo: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = f"mongodb://tbi@127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=100"
    away = _of(nowhere, mongo)
    log = AccessLog(away, 365, lambda: datetime.now(UTC))
    with caplog.at_level(logging.DEBUG):
        for number in range(3):
            log.add({"sub": "4fd55990", "username": "seller", "did": "changed", "targets": {"n": str(number)}})
    assert "3 records wait for the database" in caplog.text
    assert "seller" not in caplog.text
    assert "4fd55990" not in caplog.text
    away.database.client.close()
    log._kept = kept  # the database is back
    log.add({"sub": "4fd55990", "username": "seller", "did": "read", "targets": {"n": "3"}})
    assert [document["targets"]["n"] for document in kept.find().sort("targets.n", 1)] == ["0", "1", "2", "3"]

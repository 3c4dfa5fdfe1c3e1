"""MongoDB's password is changed: there, in the file, and the services are started anew (docs/operations.md)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure

from services.shared.data import database
from tests.integration.box.processes import free_port
from tests.integration.mongo import Mongo


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Mongo]:
    """A mongod of this test's own: its password is changed."""
    made = Mongo(tmp_path, free_port())
    made.start()
    yield made
    made.stop()


def test_the_new_password_opens_the_old_one_does_not_and_a_restart_keeps_it(own: Mongo, tmp_path: Path) -> None:
    before, old_file = own.database("things"), tmp_path / "old-password"
    before["kept"].insert_one({"_id": 1})
    old_file.write_text(own.password_file.read_text())
    old_file.chmod(0o600)
    new = secrets.token_urlsafe(32)
    admin = own.database("admin")
    admin.command("updateUser", "tbi", pwd=new)
    admin.client.close()
    assert before["kept"].find_one() == {"_id": 1}, "who is connected works on until it is started anew"
    before.client.close()
    own.password_file.write_text(new)
    own.password_file.chmod(0o600)
    for _ in range(2):
        after = own.database("things")
        assert after["kept"].find_one() == {"_id": 1}
        after.client.close()
        stranger = database(own.uri, "things", password_file=old_file)
        with pytest.raises(OperationFailure, match="Authentication failed"):
            stranger["kept"].find_one()
        stranger.client.close()
        own.stop()
        own.start()

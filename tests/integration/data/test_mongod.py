"""The parent of mongod: first start, another port, a killed server, the end."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.mongod import Place, find_binary, mongo_env
from services.shared.wait import wait_until
from tests.integration.box.processes import free_port
from tests.integration.mongo import Mongo


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Mongo]:
    made = Mongo(tmp_path, free_port())
    made.start()
    yield made
    made.stop()


def server_of(mongo: Mongo) -> psutil.Process:
    assert mongo.process is not None
    return next(child for child in psutil.Process(mongo.process.pid).children() if child.name() == "mongod")


def test_what_was_written_is_there_on_another_port(own: Mongo) -> None:
    db = own.database("kept")
    db["things"].insert_one({"_id": 1})
    db.client.close()
    assert own.stop() == 0
    own.port = free_port()
    own.start()
    db = own.database("kept")
    assert db["things"].find_one() == {"_id": 1}
    db.client.close()


def test_the_password_is_its_owners_only(own: Mongo) -> None:
    for file in (own.password_file, own.folder / "data/key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_listens_on_loopback_only_and_without_compression(own: Mongo) -> None:
    server = server_of(own)
    assert {found.laddr.ip for found in server.net_connections("inet") if found.status == "LISTEN"} == {"127.0.0.1"}
    db = own.database("admin")
    hello = db.command("hello", compression=["zlib", "snappy", "zstd"])
    assert "compression" not in hello
    db.client.close()


def test_with_a_killed_server_the_parent_ends_and_the_next_one_goes_on(own: Mongo) -> None:
    db = own.database("kept")
    db["things"].insert_one({"_id": 1})
    db.client.close()
    log = own.folder / "parent.log"
    wait_until(lambda: "ready on" in log.read_text(), 30, what="the parent's word")
    server = server_of(own)
    os.kill(server.pid, signal.SIGKILL)
    assert own.process is not None
    assert own.process.wait(timeout=30) == 1
    assert "mongod ended by itself" in log.read_text()
    own.process = None
    own.start()
    db = own.database("kept")
    assert db["things"].find_one() == {"_id": 1}
    db.client.close()


def test_a_killed_parent_takes_its_server_with_it(own: Mongo) -> None:
    server = server_of(own)
    own.stop(signal.SIGKILL)
    wait_until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE, 30, what="the server's end")
    own.start()


def test_a_server_that_outlived_its_parent_does_not_keep_the_next_one_out(tmp_path: Path) -> None:
    """Its parent was killed before the server was tied to it: nobody tells it to end."""
    made = Mongo(tmp_path, free_port())
    place = Place(tmp_path / "data", made.port, made.password_file, find_binary(mongo_env()), made.cache_gb)
    place.database.mkdir(parents=True)
    with subprocess.Popen(place.command(guarded=False)) as orphan:
        wait_until((place.database / "WiredTiger").exists, 30, what="the server's files")
        made.launch()
        try:
            wait_until(lambda: orphan.poll() is not None, 30, what="the orphan's end")
            made.wait()
            assert server_of(made).pid != orphan.pid
        finally:
            made.stop()
            orphan.kill()


@pytest.mark.parametrize("step", ["key", "db/WiredTiger", "db/collection-0*", "mongod.log"])
def test_a_first_start_that_was_cut_off_is_begun_again(tmp_path: Path, step: str) -> None:
    made = Mongo(tmp_path, free_port())
    made.launch()
    try:
        wait_until(lambda: list((tmp_path / "data").glob(step)), 30, every=0.01, what=step)
        made.stop(signal.SIGKILL)
        made.start()
        db = made.database("kept")
        db["things"].insert_one({"_id": 1})
        db.client.close()
    finally:
        made.stop()

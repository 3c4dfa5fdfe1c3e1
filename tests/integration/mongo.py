"""A real mongod for the tests of a folder: `from tests.integration.mongo import mongo` in its conftest."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.shared.data import database, ping
from services.shared.wait import wait_until
from tests.integration.box.processes import free_port

REPO = Path(__file__).parents[2]


@dataclass
class Mongo:
    """A running mongod: what a service's MONGO_URI and TBI_MONGO_PASSWORD_FILE would be."""

    folder: Path
    port: int
    cache_gb: float = 0.25
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://tbi@127.0.0.1:{self.port}/"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    @property
    def environment(self) -> dict[str, str]:
        return {"MONGO_URI": self.uri, "TBI_MONGO_PASSWORD_FILE": str(self.password_file)}

    def database(self, name: str) -> Database[dict[str, Any]]:
        """The caller closes its client: `db.client.close()`."""
        return database(self.uri, name, password_file=self.password_file)

    def start(self) -> None:
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Until it is there."""
        wait_until(self._answers, 60, every=0.2, what=f"mongod; see {self.folder / 'parent.log'}")

    def launch(self) -> None:
        """Starts it and waits for nothing."""
        command = [sys.executable, "-m", "deploy.local.mongod", "--cache-gb", str(self.cache_gb)]
        place = ["--data-dir", str(self.folder / "data"), "--port", str(self.port)]
        with (self.folder / "parent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *place, "--password-file", str(self.password_file)], stdout=log, stderr=log, cwd=REPO
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """Ends the parent, and with it mongod; gives the exit code."""
        process, self.process = self.process, None
        if process is None:
            return None
        process.send_signal(number)
        return process.wait(timeout=60)

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError((self.folder / "parent.log").read_text())
        if not (self.folder / "data/user-made").exists():
            return False
        db = self.database("admin")
        try:
            ping(db)
            return bool(db.command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False
        finally:
            db.client.close()


@pytest.fixture(scope="package")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongo]:
    """One for all tests of the folder that imports it: services have databases of fixed names."""
    running = Mongo(tmp_path_factory.mktemp("mongo"), free_port())
    running.start()
    yield running
    running.stop()

"""The parent of one mongod: a replica set of one member on loopback, with authentication, ended in order.

    python -m deploy.local.mongod --data-dir D --port P --password-file F

The binary comes from a package (environment TBI_MONGO_ENV, default .venv/mongo): MongoDB Community 6.0.5 of 2023, under
the SSPL, past its maintenance. It is for one machine: loopback only, compressors off (CVE-2025-14847), a user with a
password. A database for production is named by MONGO_URI instead.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.orphans import OrphanStays, end_orphans

_log = logging.getLogger("mongod")

HOST: Final = "127.0.0.1"
USER: Final = "tbi"
REPLICA_SET: Final = "rs0"
_REPO: Final = Path(__file__).parents[2]
_BINARY: Final = "lib/python*/site-packages/fiftyone/db/bin/mongod"
_START_S: Final = 60.0
_STOP_S: Final = 30.0
_ORPHAN_S: Final = 10.0
_POLL_S: Final = 0.1
_ENDS_WITH_US: Final = ("setpriv", "--pdeathsig", "TERM")
_LOG_BYTES: Final = 20_000_000


class MongodError(Exception):
    """mongod cannot run; the text says why."""


@dataclass(frozen=True)
class Place:
    """Where a mongod lives."""

    data: Path
    port: int
    password_file: Path
    binary: Path
    cache_gb: float = 0.5
    bind: str = HOST

    @property
    def database(self) -> Path:
        return self.data / "db"

    @property
    def key_file(self) -> Path:
        return self.data / "key"

    @property
    def made(self) -> Path:
        """Written when the first user is there; until then the start is a first start."""
        return self.data / "user-made"

    def command(self, *, guarded: bool) -> list[str]:
        """Without a guard only the first start runs: there is no user yet, and nobody else knows of the server."""
        words = [
            str(self.binary),
            *("--dbpath", str(self.database), "--port", str(self.port)),
            *("--bind_ip", self.bind if guarded else HOST),
            *("--replSet", REPLICA_SET, "--nounixsocket", "--networkMessageCompressors", "disabled"),
            *("--wiredTigerCacheSizeGB", str(self.cache_gb), "--oplogSize", "256", "--quiet"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--logpath", str(self.data / "mongod.log"), "--logappend"),
        ]
        return [*words, "--keyFile", str(self.key_file)] if guarded else words


def find_binary(env: Path) -> Path:
    """mongod in the environment `env`. Raises MongodError."""
    found = sorted(env.glob(_BINARY))
    if not found:
        raise MongodError(f"there is no mongod in {env}; install the group 'mongo' there, or set TBI_MONGO_ENV")
    return found[0]


def mongo_env() -> Path:
    """The environment with the package that carries mongod."""
    return Path(os.environ.get("TBI_MONGO_ENV") or _REPO / ".venv/mongo")


@dataclass
class Parent:
    """Runs mongod until told to stop. All calls come from the main thread."""

    place: Place
    child: subprocess.Popen[bytes] | None = None
    stopping: bool = False
    ready: Callable[[], None] = field(default=lambda: _log.info("ready"))

    def run(self) -> int:
        """Until `stop`; gives the exit code. Raises MongodError, OrphanStays."""
        end_orphans("--dbpath", self.place.database, _ORPHAN_S)
        self._prepare()
        if not self.place.made.exists():
            self._first_start()
        if not self.stopping:
            self._start(guarded=True)
            self._wait("to be primary", self._is_primary)
        if not self.stopping:
            self.ready()
        self._watch()
        return 0

    def stop(self) -> None:
        """SIGTERM to mongod: it closes its files, and the parent ends with it."""
        self.stopping = True
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)

    def _prepare(self) -> None:
        place = self.place
        place.database.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = place.data / "mongod.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        _written_once(place.key_file, secrets.token_urlsafe(64).replace("-", "+").replace("_", "/"))
        _written_once(place.password_file, secrets.token_urlsafe(32))

    def _first_start(self) -> None:
        """Make the replica set and its user on a server that asks nobody; a cut-off first start is begun again."""
        self._start(guarded=False)
        self._wait("to be primary", self._is_primary)
        if not self.stopping:
            self._make_user()
        self._end()
        if not self.stopping:
            _written_once(self.place.made, USER)

    def _make_user(self) -> None:
        roles = ["root"]
        password = self.place.password_file.read_text(encoding="ascii").strip()
        with self._client() as client:
            known = client.admin.command("usersInfo", USER)["users"]
            client.admin.command("updateUser" if known else "createUser", USER, pwd=password, roles=roles)

    def _start(self, *, guarded: bool) -> None:
        # its own group: Ctrl+C reaches the parent alone, which then ends it in order
        self.child = subprocess.Popen(
            [*_ENDS_WITH_US, *self.place.command(guarded=guarded)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self.stopping:
            self.stop()

    def _watch(self) -> None:
        code = self.child.wait() if self.child is not None else 0
        if not self.stopping:
            raise MongodError(f"mongod ended by itself with {code}; its log is {self.place.data / 'mongod.log'}")

    def _end(self) -> None:
        if self.child is None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def _wait(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_S
        while not self.stopping:
            if self.child is not None and self.child.poll() is not None:
                raise MongodError(
                    f"mongod ended with {self.child.returncode} while it should come {what}; "
                    f"its log is {self.place.data / 'mongod.log'}"
                )
            try:
                if condition():
                    return
            except PyMongoError as error:
                _log.debug("not yet: %s", error)
            if time.monotonic() > deadline:
                self._end()
                raise MongodError(f"mongod did not come {what} within {_START_S:g} s")
            time.sleep(_POLL_S)

    def _is_primary(self) -> bool:
        with self._client() as client:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            self._set_member(client)
            return False

    def _set_member(self, client: MongoClient[dict[str, Any]]) -> None:
        """The replica set's one member is this address: at the first start, and when the port has changed."""
        address = f"{HOST}:{self.place.port}"
        config = client.local.get_collection("system.replset").find_one()
        if config is None:
            members = [{"_id": 0, "host": address}]
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        elif config["members"][0]["host"] != address:
            _log.info("the port is another one than before: %s", address)
            config["members"][0]["host"] = address
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)

    def _client(self) -> MongoClient[dict[str, Any]]:
        options: dict[str, Any] = {}
        if self.place.made.exists():
            password = self.place.password_file.read_text(encoding="ascii").strip()
            options = {"username": USER, "password": password}
        return MongoClient(
            HOST, self.place.port, directConnection=True, serverSelectionTimeoutMS=500, appname="parent", **options
        )


def _written_once(file: Path, text: str) -> None:
    """`text` in `file`, mode 0600; an existing file stays. Whole or not at all."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(file)


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mongod", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="its files")
    parser.add_argument("--port", type=int, required=True, help="the port on 127.0.0.1")
    parser.add_argument("--password-file", type=Path, required=True, help=f"of the user '{USER}'; made when missing")
    parser.add_argument(
        "--bind", default=HOST, help="the address to listen on once its user is there (default: loopback)"
    )
    parser.add_argument("--cache-gb", type=float, default=0.5, help="WiredTiger's cache (default: 0.5)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s mongod %(message)s", stream=sys.stderr)
    try:
        place = Place(
            options.data_dir.resolve(),
            options.port,
            options.password_file.resolve(),
            find_binary(mongo_env()),
            options.cache_gb,
            options.bind,
        )
        parent = Parent(place, ready=lambda: _log.info("ready on %s:%s; not a production database", HOST, place.port))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: parent.stop())
        return parent.run()
    except (MongodError, OperationFailure, OrphanStays) as error:
        _log.error("%s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""`python -m deploy.backup write FILE | restore FILE [--replace]`: what is primary in MongoDB, to a file and back.

`./tbi backup` and `./tbi restore` do the same for the embedded system. MONGO_URI and TBI_MONGO_PASSWORD_FILE say where
the database is, as for the services.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymongo.errors import PyMongoError

from deploy.backup.archive import Archive, BackupError, Part, write
from deploy.backup.primary import DATABASES
from deploy.backup.store import Databases, read, restore
from services import __version__
from services.shared.data import database
from services.shared.web.config import ConfigurationError


def save(file: Path, uri: str, password_file: Path | None) -> list[Part]:
    """Write `file`; gives its parts. Raises BackupError, which says everything that may go wrong."""
    try:
        with _databases(uri, password_file) as databases:
            return write(file, read(databases), __version__)
    except (PyMongoError, ConfigurationError, OSError) as error:
        raise BackupError(f"{error} ({type(error).__name__})") from error


def put_back(file: Path, uri: str, password_file: Path | None, *, replace: bool) -> list[Part]:
    """Restore what is in `file`; gives its parts. Raises BackupError, as `save` does."""
    try:
        with _databases(uri, password_file) as databases:
            return restore(Archive(file), databases, replace=replace)
    except (PyMongoError, ConfigurationError, OSError) as error:
        raise BackupError(f"{error} ({type(error).__name__})") from error


@contextmanager
def _databases(uri: str, password_file: Path | None) -> Iterator[Databases]:
    client = database(uri, DATABASES[0], password_file=password_file).client
    try:
        yield {name: client[name] for name in DATABASES}
    finally:
        client.close()


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.backup", description=__doc__)
    parser.add_argument("what", choices=("write", "restore"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--replace", action="store_true", help="restore in the place of what is there")
    options = parser.parse_args(arguments)
    uri, secret = os.environ.get("MONGO_URI"), os.environ.get("TBI_MONGO_PASSWORD_FILE")
    if not uri:
        sys.stderr.write("MONGO_URI is not set: give it as the services have it\n")
        return 2
    password = Path(secret) if secret else None
    try:
        if options.what == "write":
            parts = save(options.file, uri, password)
        else:
            parts = put_back(options.file, uri, password, replace=options.replace)
    except BackupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for part in parts:
        sys.stdout.write(f"{part.database}.{part.collection}: {part.documents} documents\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

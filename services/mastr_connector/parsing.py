"""A process that reads files of an export into a generation: `python -m services.mastr_connector.parsing FD`.

Only the import starts it (service/crew.py). It gets its tasks over the connection whose descriptor is `FD`, tells of
each batch, and ends with whoever started it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from array import array
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from pymongo.errors import PyMongoError

from services.mastr_connector.building import Generation
from services.mastr_connector.bulk import Reader
from services.mastr_connector.domain import Document
from services.mastr_connector.errors import BadExport, Lost
from services.mastr_connector.packs import FOUND_BY, packed
from services.mastr_connector.tables import REFERENCES, Task, Told, documents
from services.shared.data import database

_BATCH: Final = 2000
_TELL_EVERY: Final = 20_000
_DIE_WITH_PARENT: Final = 1
_LOOK_FOR_CYCLES_EVERY: Final = 200_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where documents go."""

    mongo_uri: str
    database: str
    password_file: Path | None


@dataclass(frozen=True, slots=True)
class Setup:
    """The first thing that a process is told: the export, where its documents go, whose child it is."""

    export: Path
    place: Place
    generation: str
    parent: int


class _Work:
    """One task after the other."""

    def __init__(self, line: Connection, reader: Reader, generation: Generation) -> None:
        self._line = line
        self._reader = reader
        self._generation = generation
        self._told = Told()
        self._batch: list[Document] = []
        self._packs = 0

    def do(self, task: Task) -> None:
        """Read one file. Raises BadExport and PyMongoError; EOFError and OSError when nobody listens any more."""
        records = self._reader.records(
            task.member, task.table.record, self._read, task.wanted, skipped=task.table.skipped
        )
        told, batch = self._told, self._batch
        for document in documents(task, records, told):
            told.records += 1
            if document is not None:
                batch.append(document)
            if len(batch) == _BATCH or told.records >= _TELL_EVERY:
                self._flush(task)
        told.ended = True
        self._flush(task)

    def _read(self, size: int) -> None:
        self._told.read += size

    def _flush(self, task: Task) -> None:
        collection, batch = task.table.collection, self._batch
        if collection in FOUND_BY:
            packs = list(packed(batch, f"{task.member.name}/{self._packs}"))
            self._packs += 1
            self._generation.add(collection, packs)
            self._told.added = len(packs)
        else:
            twice = self._generation.add(collection, batch)
            self._told.added = len(batch) - twice
            if collection == "units":
                self._told.seen.update(records=self._told.records, twice=twice)
        self._tell_hashes(collection)
        self._told.repaired |= self._reader.repaired
        self._line.send(self._told)
        batch.clear()
        self._told.clear()

    def _tell_hashes(self, collection: str) -> None:
        """All processes of an import hash alike."""
        batch = self._batch
        if collection != "units":
            self._told.ids.extend(hash(document["_id"]) for document in batch)
            return
        for name, (field, _) in REFERENCES.items():
            self._told.references[name] = array("q", [hash(unit[field]) for unit in batch if field in unit])


def main(descriptor: int) -> int:
    """Until the connection ends."""
    for number in (signal.SIGINT, signal.SIGTERM):  # who started it ends it
        signal.signal(number, signal.SIG_IGN)
    line: Connection[Any, Any] = Connection(descriptor)
    try:
        setup: Setup = line.recv()
        _end_with(setup.parent)
        # nothing here is in a cycle but what was imported: looking for cycles among the documents finds none
        gc.freeze()
        gc.set_threshold(_LOOK_FOR_CYCLES_EVERY)
        db = database(setup.place.mongo_uri, setup.place.database, password_file=setup.place.password_file)
        with Reader(setup.export) as reader:
            work = _Work(line, reader, Generation(db, setup.generation))
            while True:
                work.do(line.recv())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return 0
    except BadExport as error:
        line.send(error)
    except PyMongoError as error:
        line.send(
            Lost(
                f"MongoDB went away while importing ({error.__class__.__name__}); start the import again: {error}"[:500]
            )
        )
    return 1


def _end_with(parent: int) -> None:
    """Nobody is left behind when the worker is killed, to write where the next import writes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        raise EOFError


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

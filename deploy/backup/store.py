"""MongoDB's side of a backup: all documents of what is primary, and back into a database that has none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from deploy.backup.archive import Archive, BackupError, Part
from deploy.backup.primary import primary

_BATCH = 500
Databases = Mapping[str, Database[Any]]
"""By their usual names (`primary.DATABASES`)."""

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


def read(databases: Databases) -> Iterator[tuple[str, str, Iterable[bytes]]]:
    """Database, collection, raw documents in the order of their ids. Each collection is read at one go; what is written
    meanwhile may be in it or not."""
    for name, database in databases.items():
        for collection in primary(name, database.list_collection_names()):
            found = database.get_collection(collection, codec_options=_RAW).find().sort("_id", 1)
            yield name, collection, (document.raw for document in found)


def occupied(archive: Archive, databases: Databases) -> list[str]:
    """Which collections of the backup have documents already."""
    return [
        f"{part.database}.{part.collection}"
        for part in archive.parts
        if databases[part.database][part.collection].find_one({}, {"_id": 1}) is not None
    ]


def restore(archive: Archive, databases: Databases, *, replace: bool = False) -> list[Part]:
    """Put everything back; with `replace` in the place of what is there.

    Raises BackupError where something is there already and is not to be replaced: nothing is written then.
    """
    there = occupied(archive, databases)
    if there and not replace:
        raise BackupError(
            f"there are documents already in {', '.join(there)}; say that they are to be replaced (--replace), or give "
            "another database"
        )
    for part in archive.parts if replace else ():
        databases[part.database][part.collection].delete_many({})
    for part in archive.parts:
        target = databases[part.database].get_collection(part.collection, codec_options=_RAW)
        documents = archive.documents(part)
        while batch := [RawBSONDocument(raw) for raw in islice(documents, _BATCH)]:
            target.insert_many(batch, ordered=False)
    return list(archive.parts)

"""A backup's file.

A zip of `DATABASE/COLLECTION.bson` (documents one after the other, as mongodump writes them) and `manifest.json` with
the count and SHA-256 of each, which is written last: a file without one is not whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import bson

MANIFEST: Final = "manifest.json"
FORM: Final = 1


class BackupError(Exception):
    """The text is one sentence: what is wrong, and what to do."""


@dataclass(frozen=True)
class Part:
    """One collection in the file."""

    database: str
    collection: str
    documents: int
    sha256: str

    @property
    def member(self) -> str:
        return f"{self.database}/{self.collection}.bson"


def write(file: Path, collections: Iterable[tuple[str, str, Iterable[bytes]]], version: str) -> list[Part]:
    """Write `file` of (database, collection, raw documents); nothing is left where it fails.

    Raises BackupError, OSError.
    """
    if file.exists():
        raise BackupError(f"{file} is there already; give another name, a backup is never overwritten")
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it holds names and addresses
    try:
        with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            parts = [_write_part(archive, *one) for one in collections]
            told = {"form": FORM, "version": version, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}
            archive.writestr(MANIFEST, json.dumps({**told, "parts": [vars(part) for part in parts]}, indent=1))
        os.link(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    return parts


def _write_part(archive: zipfile.ZipFile, database: str, collection: str, documents: Iterable[bytes]) -> Part:
    digest, count = hashlib.sha256(), 0
    with archive.open(f"{database}/{collection}.bson", "w", force_zip64=True) as member:
        for raw in documents:
            member.write(raw)
            digest.update(raw)
            count += 1
    return Part(database, collection, count, digest.hexdigest())


class Archive:
    """A backup that was read through once, and is whole. Raises BackupError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            with zipfile.ZipFile(file) as archive:
                self.about: Mapping[str, Any] = json.loads(archive.read(MANIFEST))
                self.parts = [Part(**part) for part in self.about["parts"]]
                if self.about["form"] != FORM:
                    raise BackupError(f"{file} is of form {self.about['form']}, this program reads {FORM}")
                for part in self.parts:
                    _check(archive, part)
        except KeyError as error:
            raise BackupError(f"{file} is no whole backup: {error} is missing; take another one") from error
        except (OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise BackupError(f"{file} cannot be read as a backup: {error}") from error

    def documents(self, part: Part) -> Iterator[bytes]:
        """The raw documents of a part."""
        with zipfile.ZipFile(self._file) as archive, archive.open(part.member) as member:
            yield from _split(member)


def _check(archive: zipfile.ZipFile, part: Part) -> None:
    digest, count = hashlib.sha256(), 0
    with archive.open(part.member) as member:
        for raw in _split(member):
            digest.update(raw)
            count += 1
    if (count, digest.hexdigest()) != (part.documents, part.sha256):
        raise BackupError(f"{part.member} is not what the manifest says; take another backup")


def _split(member: IO[bytes]) -> Iterator[bytes]:
    """Documents begin with their length (BSON). Raises ValueError where one is cut off."""
    while head := member.read(4):
        length = int.from_bytes(head, "little")
        raw = head + member.read(max(0, length - 4))
        if len(raw) != length or not bson.is_valid(raw):
            raise ValueError("a document is cut off or no BSON")
        yield raw

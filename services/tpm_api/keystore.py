"""Which keys the TPM holds for us, and the authorisation values with which it lets us use them: files of mode 0600.

A record is written before the key becomes persistent and completed after it, so that a power cut at any moment leaves
either no key or one that can be used.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from services.shared.web.config import ConfigurationError

_PENDING = ".pending"


@dataclass(frozen=True)
class KeyRecord:
    """A persistent key: its handle in the TPM, authorisation value, public area (TPM2B_PUBLIC, hex) and texts."""

    label: str
    handle: int
    auth: str
    public_area: str
    public_key: str
    pem: str

    def __repr__(self) -> str:
        """Without the authorisation value, for it must not reach a log."""
        return f"KeyRecord({self.label!r}, {self.handle:#x})"


class KeyStore:
    """The records in `directory`, which is made when it is not there. Not for two processes at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._records = {record.label: record for record in self._read("*.json")}
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(
                f"TBI_STATE_DIR: {directory} holds the keys' records and cannot be read ({error}); "
                "give the directory that belongs to this TPM, and let the service own it"
            ) from error

    def get(self, label: str) -> KeyRecord | None:
        """The completed record of `label`."""
        return self._records.get(label)

    def all(self) -> list[KeyRecord]:
        """All completed records by label."""
        return [self._records[label] for label in sorted(self._records)]

    def pending(self) -> list[KeyRecord]:
        """Records of keys whose making was broken off. One that is torn itself is removed: its key cannot be there."""
        records = []
        for file in self._directory.glob("*" + _PENDING):
            try:
                records.append(_record_in(file))
            except (ValueError, TypeError):
                file.unlink()
        return records

    def begin(self, record: KeyRecord) -> None:
        """Keep `record` before its key becomes persistent."""
        file = self._file(record.label, _PENDING)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            json.dump(asdict(record), out)
            out.flush()
            os.fsync(out.fileno())
        self._sync()

    def complete(self, record: KeyRecord) -> None:
        """The key of `record` is persistent now."""
        self._file(record.label, _PENDING).rename(self._file(record.label, ".json"))
        self._sync()
        self._records[record.label] = record

    def drop(self, record: KeyRecord) -> None:
        """The key of the pending `record` never became persistent."""
        self._file(record.label, _PENDING).unlink(missing_ok=True)

    def _read(self, pattern: str) -> list[KeyRecord]:
        return [_record_in(file) for file in self._directory.glob(pattern)]

    def _file(self, label: str, suffix: str) -> Path:
        return self._directory / f"{label}{suffix}"

    def _sync(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _record_in(file: Path) -> KeyRecord:
    return KeyRecord(**json.loads(file.read_text(encoding="ascii")))

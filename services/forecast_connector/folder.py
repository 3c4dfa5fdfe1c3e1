"""The forecast folder: a volume that the utility writes to and this service reads.

A workbook is withdrawn by an empty file beside it, named like it with `.withdrawn` behind: both are then moved away.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.forecast_connector.workbook.container import MAX_BYTES
from services.forecast_connector.workbook.findings import Finding, report
from services.shared.wait import wait_until

_log = logging.getLogger(__name__)

QUIET_S: Final = 1.5
"""A file that nobody has written to for so long is complete."""

_PATIENCE_S: Final = 30.0
_PIECE: Final = 2**20
_MARKER: Final = ".withdrawn"
_TAKEN: Final = frozenset({".xlsx", ".xlsm", ".xlsb", ".xltx", ".xltm", ".xls", ".ods", ".csv"})
"""Only the first is read. The others are somebody's forecast, too: they are refused with a report, not passed over."""

Signature = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it was when it was read. `digest` is the SHA-256 of its bytes, `file_time` when it was written."""

    name: str
    data: bytes
    digest: str
    file_time: int


class ForecastFolder:
    """`rejected` is where refused workbooks are put; the folder's own `rejected` when left out. `patience_s`: how long
    a file that is still being written to is waited for."""

    def __init__(self, folder: Path, rejected: Path | None = None, patience_s: float = _PATIENCE_S) -> None:
        self.folder = folder
        self._rejected = rejected or folder / "rejected"
        self._withdrawn = self._rejected.parent / "withdrawn"
        self._patience_s = patience_s

    def workbooks(self) -> list[Path]:
        """All workbooks, the oldest first. Raises OSError when the folder cannot be read."""
        found = [
            file
            for file in self.folder.iterdir()
            if file.suffix.lower() in _TAKEN and not file.name.startswith(("~$", ".")) and file.is_file()
        ]
        return sorted(found, key=lambda file: (_written(file), file.name))

    def withdrawals(self) -> list[str]:
        """The names of the workbooks that are to be withdrawn. Raises OSError when the folder cannot be read."""
        markers = (file.name for file in self.folder.iterdir() if file.name.endswith(_MARKER) and file.is_file())
        return sorted(name.removesuffix(_MARKER) for name in markers)

    def signature(self) -> Signature:
        """What is in the folder: another one when a file has come, gone or been written to. Raises OSError."""
        markers = [self.folder / f"{name}{_MARKER}" for name in self.withdrawals()]
        return frozenset(_stat(file) for file in (*self.workbooks(), *markers))

    def read(self, file: Path) -> Content | None:
        """The file's bytes, of one that is too large the first that show it; None when it has gone in the meantime."""
        digest, data = hashlib.sha256(), bytearray()
        try:
            with file.open("rb") as source:
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    if len(data) <= MAX_BYTES:
                        data += piece
        except FileNotFoundError:
            return None
        return Content(file.name, bytes(data), digest.hexdigest(), int(_written(file)))

    def digest_of(self, name: str) -> str | None:
        """The content of the file of that name, if it is there."""
        content = self.read(self.folder / name) if (self.folder / name).is_file() else None
        return None if content is None else content.digest

    def await_quiet(self, file: Path) -> bool:
        """Waits until nobody has written to the file for a moment: it may be on its way still. False: it still is."""
        try:
            wait_until(lambda: abs(time.time() - _written(file)) > QUIET_S, self._patience_s, what=file.name)
        except TimeoutError:
            _log.warning("%s is still being written to", file.name)
            return False
        return True

    def put(self, name: str, data: bytes) -> None:
        """Puts a workbook into the folder, whole at once, in the place of one of the same name. Raises OSError."""
        draft = self.folder / f".{name}.{secrets.token_hex(4)}.part"
        try:
            draft.write_bytes(data)
            draft.replace(self.folder / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def set_aside(self, content: Content, findings: Sequence[Finding]) -> str | None:
        """Moves a refused workbook out of the way, with a report beside it; the report's name.

        None when the volume cannot be written to: the workbook then stays where it is.
        """
        path = Path(content.name)
        kept = self._rejected / f"{path.stem}.{content.digest[:8]}{path.suffix}"
        told = kept.with_suffix(".report.txt")
        try:
            self._rejected.mkdir(parents=True, exist_ok=True)
            told.write_text(report(content.name, content.digest, findings), encoding="utf-8")
            (self.folder / content.name).replace(kept)
        except FileNotFoundError:
            return told.name
        except OSError as error:
            _log.warning("%s cannot be set aside (%s)", content.name, error.strerror)
            return None
        return told.name

    def put_away(self, name: str) -> None:
        """Moves a withdrawn workbook and its marker out of the way, where the volume can be written to."""
        stamp = secrets.token_hex(4)
        for file in (self.folder / name, self.folder / f"{name}{_MARKER}"):
            try:
                self._withdrawn.mkdir(parents=True, exist_ok=True)
                file.replace(self._withdrawn / f"{stamp}.{file.name}")
            except FileNotFoundError:
                continue
            except OSError as error:
                _log.warning("%s cannot be put away (%s)", file.name, error.strerror)


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _stat(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except FileNotFoundError:
        return file.name, 0, 0
    return file.name, found.st_mtime_ns, found.st_size

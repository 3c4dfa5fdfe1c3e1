"""The forecast folder: a volume that the utility writes to and this service reads."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.forecast_connector.workbook.findings import Finding
from services.shared.wait import wait_until

_log = logging.getLogger(__name__)

_QUIET_S = 1.5
"""A file that nobody has written to for so long is complete."""

_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it was when it was read. `digest` is the SHA-256 of its bytes, `file_time` when it was written."""

    name: str
    data: bytes
    digest: str
    file_time: int


class ForecastFolder:
    """`rejected` is where refused workbooks are put; the folder's own `rejected` when left out."""

    def __init__(self, folder: Path, rejected: Path | None = None) -> None:
        self.folder = folder
        self._rejected = rejected or folder / "rejected"

    def workbooks(self) -> list[Path]:
        """All workbooks, the oldest first. Raises OSError when the folder cannot be read."""
        found = [
            file
            for file in self.folder.iterdir()
            if file.suffix.lower() == ".xlsx" and not file.name.startswith(("~$", ".")) and file.is_file()
        ]
        return sorted(found, key=lambda file: (_written(file), file.name))

    def read(self, file: Path) -> Content | None:
        """The file's bytes; None when it has gone in the meantime."""
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            return None
        return Content(file.name, data, hashlib.sha256(data).hexdigest(), int(_written(file)))

    def await_quiet(self, file: Path) -> None:
        """Returns when nobody has written to the file for a moment: it may be on its way still."""
        try:
            wait_until(lambda: abs(time.time() - _written(file)) > _QUIET_S, _PATIENCE_S, what=file.name)
        except TimeoutError:
            _log.warning("%s is still being written to", file.name)

    def set_aside(self, content: Content, findings: Sequence[Finding]) -> str | None:
        """Moves a refused workbook out of the way, with a report beside it; the report's name.

        None when the volume cannot be written to: the workbook then stays where it is.
        """
        path = Path(content.name)
        kept = self._rejected / f"{path.stem}.{content.digest[:8]}{path.suffix}"
        report = kept.with_suffix(".report.txt")
        try:
            self._rejected.mkdir(parents=True, exist_ok=True)
            report.write_text(_report(content, findings), encoding="utf-8")
            (self.folder / content.name).replace(kept)
        except FileNotFoundError:
            return report.name
        except OSError as error:
            _log.warning("%s cannot be set aside (%s)", content.name, error.strerror)
            return None
        return report.name


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _report(content: Content, findings: Sequence[Finding]) -> str:
    lines = [
        f"{content.name} was not imported; no value of it counts.",
        f"SHA-256 {content.digest}",
        "",
        *(f"- {finding}" for finding in findings),
        "",
        "Correct it and put it into the forecast folder again.",
    ]
    return "\n".join(lines) + "\n"

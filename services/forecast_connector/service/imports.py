"""Reading the forecast folder: each content once, all of a workbook or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.forecast_connector.domain.series import UnitTypes
from services.forecast_connector.domain.times import iso
from services.forecast_connector.errors import ForecastError
from services.forecast_connector.folder import Content, ForecastFolder
from services.forecast_connector.repository import Repository
from services.forecast_connector.shelf import Shelf, Withdrawal
from services.forecast_connector.workbook.findings import WorkbookRefused
from services.forecast_connector.workbook.reader import Workbook, read_workbook

_log = logging.getLogger(__name__)

_FRESH_S = 60
_SHOWN_FINDINGS = 5
Outcome = tuple[str, dict[str, Any] | None]


@dataclass(frozen=True)
class Imports:
    """`clock` gives seconds since the epoch."""

    folder: ForecastFolder
    repository: Repository
    shelf: Shelf
    types: UnitTypes
    clock: Callable[[], float]

    def run(self, progress: Callable[[int, int, str], None]) -> dict[str, Any]:
        """Imports what is new; `progress(done, total, unit)` is told of every file.

        Gives `imported`, `rejected`, `withdrawn` and `growing` (still being written to: a list of files each) and
        `unchanged` (how many). Raises ForecastError when the folder cannot be read.
        """
        try:
            withdrawals = self.folder.withdrawals()
            files = self.folder.workbooks()
        except OSError as error:
            raise ForecastError(
                f"the forecast folder cannot be read ({error.strerror}); see TBI_FORECAST_FOLDER"
            ) from error
        result: dict[str, Any] = {"imported": [], "rejected": [], "withdrawn": [], "growing": [], "unchanged": 0}
        progress(0, len(files), "workbooks")
        result["withdrawn"] = [entry for name in withdrawals if (entry := self._withdraw(name)) is not None]
        for done, file in enumerate(files, start=1):
            outcome, entry = self._take(file)
            if entry is not None:
                result[outcome].append(entry)
            elif outcome == "unchanged":
                result["unchanged"] += 1
            progress(done, len(files), "workbooks")
        return result

    def _withdraw(self, name: str) -> dict[str, Any] | None:
        """The content that lies in the folder, else the one of that name that was read last."""
        digest = self.folder.digest_of(name) or self.shelf.newest_of(name)
        if digest is None or not self.repository.is_imported(digest):
            _log.warning("%s is to be withdrawn, but no such workbook was imported", name)
            return None
        changed = self.shelf.withdraw(digest, Withdrawal(int(self.clock()), "folder", "a file beside the workbook"))
        self.folder.put_away(name)
        return {"file": name, "workbook": digest} if changed else None

    def _take(self, file: Path) -> Outcome:
        content = self.folder.read(file)
        if content is None:
            return "gone", None
        if self.repository.is_imported(content.digest):
            return "unchanged", None
        try:
            return self._imported(content, self._read(content))
        except WorkbookRefused as refusal:
            return self._refused(file, content, refusal)

    def _read(self, content: Content) -> Workbook:
        now = int(self.clock())
        return read_workbook(content.data, types=self.types, now=now, file_time=min(content.file_time, now))

    def _imported(self, content: Content, workbook: Workbook) -> Outcome:
        self.repository.save(content, workbook, int(self.clock()))
        _log.info("%s: %d values, issued %s", content.name, workbook.values, iso(workbook.issued_at))
        entry = {
            "file": content.name,
            "workbook": content.digest,
            "issued_at": iso(workbook.issued_at),
            "series": workbook.series,
            "values": workbook.values,
        }
        return "imported", entry

    def _refused(self, file: Path, content: Content, refusal: WorkbookRefused) -> Outcome:
        """A fresh file may be a part of one that is still on its way."""
        if self.clock() - content.file_time < _FRESH_S:
            if not self.folder.await_quiet(file):
                return "growing", {"file": content.name}
            again = self.folder.read(file)
            if again is not None and again.digest != content.digest:
                return self._take(file)
        self.repository.reject(content, refusal.findings, int(self.clock()))
        report = self.folder.set_aside(content, refusal.findings)
        _log.warning("%s is refused: %s", content.name, refusal)
        findings = [str(finding) for finding in refusal.findings[:_SHOWN_FINDINGS]]
        return "rejected", {"file": content.name, "workbook": content.digest, "report": report, "findings": findings}

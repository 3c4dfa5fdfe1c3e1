"""What a dispatcher does with workbooks: looks what became of them, hands one in, takes one back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from services.forecast_connector.errors import Conflict, ForecastError, Unknown
from services.forecast_connector.folder import ForecastFolder
from services.forecast_connector.jobs import UPDATE
from services.forecast_connector.shelf import Place, Shelf, Withdrawal, WorkbookRecord
from services.forecast_connector.workbook.findings import report
from services.shared.data import Jobs


@dataclass(frozen=True)
class Workbooks:
    """`folder` is None where this service has none to put uploads into; `clock` gives seconds since the epoch."""

    shelf: Shelf
    folder: ForecastFolder | None
    jobs: Jobs
    clock: Callable[[], float]

    def page(
        self, limit: int, after: Place | None, name: str | None, status: str | None
    ) -> tuple[list[WorkbookRecord], Place | None]:
        """What was read last first, and where the next page begins."""
        return self.shelf.page(limit, after, name=name, status=status)

    def one(self, identity: str) -> WorkbookRecord:
        """Raises Unknown."""
        found = self.shelf.one(identity)
        if found is None:
            raise Unknown("there is no workbook of that id; GET /workbooks lists them")
        return found

    def report(self, identity: str) -> str:
        """Why a workbook was refused. Raises Unknown."""
        found = self.one(identity)
        if found.status != "rejected":
            raise Unknown(f"the workbook {found.name} was imported, so there is no report")
        return report(found.name, found.id, found.findings)

    def withdraw(self, identity: str, by: str, reason: str) -> WorkbookRecord:
        """From now on it does not count. Raises Unknown, Conflict."""
        known = self.one(identity)
        if known.status != "imported":
            raise Conflict(f"{known.name} is {known.status} already: nothing of it counts")
        self.shelf.withdraw(identity, Withdrawal(int(self.clock()), by, reason))
        return self.one(identity)

    def upload(self, name: str, data: bytes) -> tuple[str, str]:
        """Puts a workbook into the folder and has it read; its id and the job's. Raises ForecastError."""
        if self.folder is None:
            raise ForecastError("this service has no forecast folder; set TBI_FORECAST_FOLDER, or put the file there")
        digest = hashlib.sha256(data).hexdigest()
        try:
            self.folder.put(name, data)
        except OSError as error:
            raise ForecastError(
                f"the forecast folder cannot be written to ({error.strerror}); see TBI_FORECAST_FOLDER"
            ) from error
        job = f"upload-{digest[:32]}-{int(self.clock() * 1000)}"
        return digest, self.jobs.enqueue(UPDATE, {}, job)

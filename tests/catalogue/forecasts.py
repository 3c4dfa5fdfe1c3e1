"""What the utility's forecast department does: a workbook for the next hours, put into the forecast folder."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from services.shared.wait import wait_until
from tests.catalogue.world import FORECAST, QUARTER_S, UNIT, World, iso

GENERATION_WH = 2500
"""Of the newcomer's unit in each quarter hour, whatever the time of day: at night there is nothing to offer else."""
_QUARTERS = 16


def issue(world: World) -> None:
    """The workbook is written, and read by the Forecast-Connector."""
    name = f"catalogue_{datetime.now(UTC):%Y%m%d%H%M%S%f}.xlsx"
    _write(world.system.plan.settings.data / "forecasts" / name)
    job = world.answered(world.ask("admin", "POST", f"{FORECAST}/update"), 202)["job_id"]

    def ended() -> dict[str, Any] | None:
        told = world.got("admin", f"{FORECAST}/job/{job}")
        return told if told["status"] in ("finished", "failed") else None

    told = wait_until(ended, 60, what="the workbook to be read")
    assert told is not None
    assert name in str(told.get("result")), told


def _write(file: Path) -> None:
    """Beside its place, and moved there whole."""
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["Ausgegeben am", datetime.now(ZoneInfo("Europe/Berlin")).strftime("%d.%m.%Y %H:%M:%S")])
    sheet.append(["Zeitzone", "UTC"])
    sheet.append(["Zeit", f"PV {UNIT} (kWh)"])
    begin = int(time.time()) // QUARTER_S * QUARTER_S
    for number in range(_QUARTERS):
        sheet.append([iso(begin + number * QUARTER_S), GENERATION_WH / 1000])
    draft = file.with_suffix(".part")
    book.save(draft)
    draft.replace(file)

"""The register and the utility: an export to import, and workbooks for today and the days to come."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from deploy.local.boxes import Unit
from deploy.local.fill.people import FORECAST, MASTR, FillError, Person
from deploy.local.plan import Plan
from deploy.local.settings import REPO
from deploy.local.wellness import Say
from services.shared.wait import wait_until

LOCAL: Final = ZoneInfo("Europe/Berlin")
DAYS: Final = 3
_UNITS: Final = 2000
_JOB_S: Final = 180.0


def begin_import(plan: Plan, admin: Person, say: Say) -> str | None:
    """The job that imports the register; None when it is imported already."""
    if admin.get(f"{MASTR}/status")["last_init"] is not None:
        return None
    folder = plan.settings.data / "mastr"
    written = _simulate("simulators.mastr.generate", "--folder", str(folder), "--units", str(_UNITS))
    job = str(admin.post(f"{MASTR}/init", {"source": Path(written[-1]).name})["job_id"])
    say(f"register: {_UNITS} generated units are imported from {Path(written[-1]).name}")
    return job


def begin_forecasts(plan: Plan, admin: Person, today: date, say: Say) -> str | None:
    """The job that reads the workbooks which are missing from today on; None when there is none."""
    units = [unit for box in plan.boxes for unit in box.units]
    missing = missing_days(days_from(today), _covered(admin, units[-1], today))
    if not missing:
        return None
    plants = [word for unit in units for word in ("--plant", f"{unit.mastr_nr}={unit.peak_w}")]
    for first, count in _runs(missing):
        days = ("--from", first.isoformat(), "--days", str(count))
        _simulate("simulators.forecasts", "--folder", str(plan.settings.data / "forecasts"), *days, *plants)
    job = str(admin.post(f"{FORECAST}/update")["job_id"])
    say(f"forecasts: workbooks for {', '.join(str(day) for day in missing)} are read")
    return job


def wait_for_job(admin: Person, base: str, job: str) -> None:
    """Until it is done. Raises FillError with what it says of its failure."""

    def ended() -> dict[str, Any] | None:
        told = admin.get(f"{base}/job/{job}")
        return told if told["status"] in ("finished", "failed") else None

    told = wait_until(ended, _JOB_S, every=0.2, what=f"the job {job} of {base.split('/')[1]}")
    if told is not None and told["status"] == "failed":
        raise FillError(f"the job {job} of {base.split('/')[1]} failed: {told.get('error')}")


def today() -> date:
    """The day on which the market's people live."""
    return datetime.now(LOCAL).date()


def days_from(first: date) -> list[date]:
    return [first + timedelta(days=number) for number in range(DAYS)]


def missing_days(wanted: Iterable[date], covered: Iterable[datetime]) -> list[date]:
    """The days of which not every hour begins with a slot that is forecast."""
    there = {moment.timestamp() for moment in covered}
    return [day for day in wanted if not all(hour in there for hour in _hours(day))]


def _hours(day: date) -> list[float]:
    """The local day's hours: 23, 24 or 25."""
    begin, end = (
        datetime(at.year, at.month, at.day, tzinfo=LOCAL).timestamp() for at in (day, day + timedelta(days=1))
    )
    return [begin + 3600 * number for number in range(round((end - begin) / 3600))]


def _covered(admin: Person, unit: Unit, first: date) -> list[datetime]:
    """The starts of the slots that are forecast for a unit."""
    begin, end = (
        datetime(at.year, at.month, at.day, tzinfo=LOCAL).isoformat() for at in (first, first + timedelta(days=DAYS))
    )
    found = admin.all(f"{FORECAST}/forecasts", mastr_nr=unit.mastr_nr, **{"from": begin, "to": end})
    return [datetime.fromisoformat(entry["slot_start"]) for entry in found]


def _runs(days: Sequence[date]) -> list[tuple[date, int]]:
    """Days that follow each other, together: the first one and how many."""
    runs: list[tuple[date, int]] = []
    for day in days:
        if runs and runs[-1][0] + timedelta(days=runs[-1][1]) == day:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((day, 1))
    return runs


def _simulate(module: str, *arguments: str) -> list[str]:
    """A simulator's command; the paths that it wrote. Raises FillError."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=REPO,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        raise FillError(f"{module} wrote nothing: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout.split("\n")[:-1]

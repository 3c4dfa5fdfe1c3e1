"""`python -m simulators.forecasts`: writes the utility's workbooks for some days into a folder.

Each is written beside its place and moved there, so that nobody reads half of one.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from simulators.forecasts.profiles import LOCAL
from simulators.forecasts.region import Plant, forecast
from simulators.forecasts.workbooks import STYLES, workbook


def plant(text: str) -> Plant:
    """`SEE900000000119=9900`: a plant by its MaStR number and peak in W."""
    mastr_nr, equals, peak_w = text.partition("=")
    if not equals or not peak_w.isdigit() or not mastr_nr:
        raise argparse.ArgumentTypeError(f"{text!r} is no plant such as SEE900000000119=9900 (its peak in W)")
    return Plant(mastr_nr, int(peak_w) / 1000)


def write_days(folder: Path, first: date, days: int, plants: tuple[Plant, ...], *, seed: int, style: str) -> list[Path]:
    """The workbooks of `days` days from `first` on; those that were issued in the past by now, at the latest."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    written = []
    for number in range(days):
        made = forecast(first + timedelta(days=number), plants, seed=seed)
        if made.issued_at > now:
            made = forecast(made.day, plants, seed=seed, issued_at=now)
        file = folder / f"prognose_{made.day:%Y-%m-%d}.xlsx"
        draft = file.with_suffix(f".{os.getpid()}.part")
        draft.write_bytes(workbook(made, STYLES[style]))
        draft.replace(file)
        written.append(file)
    return written


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m simulators.forecasts", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the workbooks go")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="the first day; today when left out")
    parser.add_argument("--days", type=int, default=2, help="how many days: today and tomorrow when left out")
    parser.add_argument("--plant", type=plant, action="append", default=[], help="MaStR number=peak in W; repeatable")
    parser.add_argument("--seed", type=int, default=1, help="the weather's")
    parser.add_argument("--style", choices=sorted(STYLES), default="wide", help="how a workbook looks")
    options = parser.parse_args(arguments)
    first = options.first or datetime.now(LOCAL).date()
    plants = tuple(options.plant)
    for file in write_days(options.folder, first, options.days, plants, seed=options.seed, style=options.style):
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

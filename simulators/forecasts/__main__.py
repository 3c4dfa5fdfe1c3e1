"""`python -m simulators.forecasts`: writes the utility's workbooks for some days into a folder.

Each is written beside its place and moved there, so that nobody reads half of one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from simulators.forecasts.profiles import CODES, LOCAL, TYPES
from simulators.forecasts.region import ISSUES, DayForecast, Plant, forecast
from simulators.forecasts.workbooks import STYLES, workbook

Make = Callable[..., DayForecast]


def plant(text: str) -> Plant:
    """`SEE900000000119=9900`: a plant by its MaStR number and peak in W."""
    mastr_nr, equals, peak_w = text.partition("=")
    if not equals or not peak_w.isdigit() or not mastr_nr:
        raise argparse.ArgumentTypeError(f"{text!r} is no plant such as SEE900000000119=9900 (its peak in W)")
    return Plant(mastr_nr, int(peak_w) / 1000)


def code(text: str) -> str:
    """A profile that the generator has."""
    if text not in CODES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(CODES)}")
    return text


def write_days(folder: Path, days: Sequence[date], issues: int, style: str, make: Make) -> list[Path]:
    """The workbooks of these days, with so many issues each.

    What is to be issued later is not there yet, but a day's first issue always is: if it is to come, it is issued now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    written = []
    for day in days:
        for number, issue in enumerate(ISSUES[:issues], start=1):
            at = issue.at(day)
            if number > 1 and at > now:
                break
            made = make(day, issued_at=min(at, now), outlook=issue.outlook if issues > 1 else 0.0)
            file = folder / f"prognose_{day:%Y-%m-%d}{f'_{number}' if number > 1 else ''}.xlsx"
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
    parser.add_argument(
        "--profile", type=code, action="append", help=f"of {', '.join(CODES)}; {', '.join(TYPES)} when left out"
    )
    parser.add_argument(
        "--issues",
        type=int,
        choices=range(1, len(ISSUES) + 1),
        default=1,
        help="how often a day is forecast: 6:00 and 18:00 of the day before, 6:00 and 10:00 of the day",
    )
    options = parser.parse_args(arguments)
    first = options.first or datetime.now(LOCAL).date()
    days = [first + timedelta(days=number) for number in range(options.days)]
    make = partial(forecast, plants=tuple(options.plant), seed=options.seed, codes=tuple(options.profile or TYPES))
    for file in write_days(options.folder, days, options.issues, options.style, make):
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

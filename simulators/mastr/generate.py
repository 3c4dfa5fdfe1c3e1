"""Writes an export: `python -m simulators.mastr.generate --folder F [--units 2000] [--seed 1] ...`; prints its path."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from simulators.mastr.defects import ALL, HARMLESS
from simulators.mastr.export import Export, export_name
from simulators.mastr.register import Register


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m simulators.mastr.generate", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the export is written")
    parser.add_argument("--units", type=int, default=2000, help="how many units (default: 2000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--day", type=date.fromisoformat, default=Register().day, help="the day of the export")
    parser.add_argument("--records-per-file", type=int, default=100_000)
    parser.add_argument("--unzipped", action="store_true", help="a folder in place of a zip")
    parser.add_argument("--defect", action="append", choices=ALL, help=f"default: {', '.join(HARMLESS)}")
    options = parser.parse_args(arguments)
    register = Register(seed=options.seed, size=options.units, day=options.day)
    options.folder.mkdir(parents=True, exist_ok=True)
    name = export_name(register)
    target = options.folder / (name.removesuffix(".zip") if options.unzipped else name)
    written = Export(register, options.records_per_file, HARMLESS if options.defect is None else options.defect).write(
        target
    )
    sys.stdout.write(f"{written}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

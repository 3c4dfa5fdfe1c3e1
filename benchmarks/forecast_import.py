"""P9: a day's workbook into a real mongod, beside a bare read-only iteration of the same bytes.

    python -m benchmarks.forecast_import [--columns 250 1000 4000] [--rounds 5]

For each size: a workbook of 96 quarter hours (seeded, every column a plant with values of its own). The import is the
worker's own: bytes, all checks, blocks, documents, the note that it was read. The bare one is openpyxl's
`load_workbook(read_only=True, data_only=True)` and `iter_rows(values_only=True)` over every sheet, values thrown away.
Both run in turn, and the shortest of each counts. CPU seconds (mongod's are not among
them) stand beside: on a machine that others use they say more.
"""

from __future__ import annotations

import argparse
import gc
import io
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import openpyxl
import pymongo

from services.forecast_connector.domain.series import UNIT_TYPES
from services.forecast_connector.folder import ForecastFolder
from services.forecast_connector.repository import Repository
from services.forecast_connector.service.imports import Imports
from services.forecast_connector.shelf import Shelf
from simulators.forecasts.region import Column, DayForecast, Plant, forecast
from simulators.forecasts.workbooks import rows_of
from simulators.mastr.numbers import mastr_number
from tests.integration.box.processes import free_port
from tests.integration.mongo import Mongo

REACH = 1.5
DAY = date(2026, 11, 20)


def main() -> None:
    """Measure, print, and leave with 1 when the figure of the size that P9 names is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, nargs="+", default=[250, 1000, 4000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(
        f"{platform.platform()}, Python {platform.python_version()}, openpyxl {openpyxl.__version__}, "
        f"pymongo {pymongo.version}"
    )
    ratios = {}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        mongo = Mongo(Path(place) / "mongo", free_port())
        mongo.folder.mkdir()
        mongo.start()
        try:
            for columns in options.columns:
                ratios[columns] = _measure(columns, options.rounds, Path(place), mongo)
        finally:
            mongo.stop()
    if ratios.get(1000, 0) > REACH:
        sys.exit(f"missed: P9 with 1000 columns {ratios[1000]:.2f} > {REACH}")


def _measure(columns: int, rounds: int, place: Path, mongo: Mongo) -> float:
    folder = place / f"forecasts{columns}"
    folder.mkdir()
    content = _as_excel_writes(_day(columns))
    (folder / "day.xlsx").write_bytes(content)
    bare, bare_processor, imported, processor = [], [], [], []
    for turn in range(rounds):
        wall, own = _timed(partial(_bare, content))
        bare.append(wall)
        bare_processor.append(own)
        db = mongo.database(f"benchmark{columns}x{turn}")
        try:
            repository = Repository(db)
            repository.prepare()
            imports = Imports(ForecastFolder(folder), repository, Shelf(db), UNIT_TYPES, time.time)
            wall, own = _timed(partial(_import, imports, columns))
            imported.append(wall)
            processor.append(own)
        finally:
            db.client.drop_database(db.name)
            db.client.close()
    ratio = min(imported) / min(bare)
    print(
        f"96 x {columns:5d} ({len(content) / 2**20:.1f} MiB): import {min(imported):.2f} s ({min(processor):.2f} s of "
        f"CPU), bare {min(bare):.2f} s ({min(bare_processor):.2f} s of CPU), ratio {ratio:.2f} "
        f"({min(processor) / min(bare_processor):.2f} of CPU); {96 * columns / min(imported):,.0f} values a second"
    )
    return ratio


def _day(columns: int) -> DayForecast:
    """A plant's forecast scaled for each column, so that making the file takes less than reading it."""
    plain = forecast(DAY, (Plant("SEE900000000119", 9.9),))
    values = plain.columns[0].values
    chance = random.Random(1)
    own = [
        Column("PV", tuple(round((value or 0) * part, 6) for value in values), mastr_nr=mastr_number("SEE", index))
        for index, part in enumerate((chance.uniform(0.3, 30) for _ in range(columns)), start=1)
    ]
    return DayForecast(plain.day, plain.issued_at, plain.quarters, tuple(own))


def _as_excel_writes(day: DayForecast) -> bytes:
    """With the sheet's size in it: openpyxl's reader goes through a sheet without it twice, and so would the bare
    iteration."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows_of(day):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _bare(content: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    for sheet in book.worksheets:
        for _ in sheet.iter_rows(values_only=True):
            pass


def _import(imports: Imports, columns: int) -> None:
    result = imports.run(lambda *_: None)
    series = [one["series"] for one in result["imported"]]
    if series != [columns]:
        sys.exit(f"not imported as it should be: {result}")


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    gc.collect()
    wall, own = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - own


if __name__ == "__main__":
    main()

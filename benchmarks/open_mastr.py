"""open-MaStR's own parser on the same files, as a program of its own: it is AGPL, and nothing here imports it.

It runs in an environment that the reader makes (benchmarks/README.md says how), with as many processes as the import,
and fills its SQLite file. What it cannot read it logs and leaves out, so the rows of its tables are counted afterwards.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROGRAM: Final = """
import json, resource, sys, time

def main():
    from open_mastr import Mastr, mastr
    from open_mastr.utils.helpers import transform_data_parameter
    from open_mastr.xml_download.utils_write_to_database import write_mastr_xml_to_database
    db, data = Mastr(output_dir=sys.argv[2]), transform_data_parameter(None)
    tables = mastr._generate_data_model_from_downloaded_docs(mastr._get_fallback_xsd(), data)
    for table in tables.values():
        table.create(db.engine)
    begun = time.perf_counter()
    write_mastr_xml_to_database(
        engine=db.engine, zipped_xml_file_path=sys.argv[1], data=data, bulk_cleansing=True,
        bulk_download_date="20260911", mastr_table_to_db_table=tables, alter_database_tables=True,
    )
    seconds = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"seconds": seconds, "cpu_s": sum(each.ru_utime + each.ru_stime for each in used)}))

if __name__ == "__main__":
    main()
"""


@dataclass(frozen=True)
class Parsed:
    """`rows` in its tables; those of look-up lists and of doubled records are not among them."""

    rows: int
    seconds: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.rows / self.seconds:>9,.0f} records/s  ({self.seconds:.1f} s; CPU {self.cpu_s:.1f} s)"


def parsed(python: Path, export: Path, processes: int) -> Parsed:
    """Parse `export` with the open-MaStR of the environment whose interpreter is `python`. CalledProcessError."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        program = Path(folder) / "program.py"
        program.write_text(_PROGRAM)
        ran = subprocess.run(
            [str(python), str(program), str(export.resolve()), folder],
            env={**os.environ, "NUMBER_OF_PROCESSES": str(processes)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
        told = json.loads(ran.stdout.splitlines()[-1])
        return Parsed(_rows(Path(folder) / "data/sqlite/open-mastr.db"), told["seconds"], told["cpu_s"])


def _rows(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names)  # noqa: S608

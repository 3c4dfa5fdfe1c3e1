"""P1, P2: an import of the register into a real mongod, beside a bare parse of the same bytes.

    python -m benchmarks.mastr_import [--records 30000 100000 300000] [--processes 2] [--postcode 54329] [--keep FOLDER]
                                      [--mongod-cache-gb 4]
                                      [--open-mastr-python PATH]

For each size: exports as the register makes them (seeded, UTF-16, 100,000 records a file) are written once; the
worker's own import fills a new generation, a second one must change nothing, a third keeps one postcode; and two
processes do nothing with the same files but iterate their records with lxml. Records are those of all files that the
import reads; memory is the peak of the proportional set size of all processes of the import (this one among them),
mongod's aside. CPU seconds stand beside the rates: on a machine that others use they say more. In the end the largest
size stands beside the smallest. With an environment that has open-MaStR its own parser reads the same files, too.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import lxml.etree
import pymongo

from benchmarks.open_mastr import parsed
from services.mastr_connector.app import assemble
from services.mastr_connector.bulk import Export as Read
from services.mastr_connector.config import WorkerConfig
from services.mastr_connector.domain import Region
from services.mastr_connector.tables import ALL
from simulators.mastr.export import Export
from simulators.mastr.register import Register
from tests.integration.box.processes import free_port
from tests.integration.mongo import Mongo

P1, P2, MEMORY_MB = 0.5, 2.0, 1500
_SHARE_OF_UNITS = 0.198
"""Of all records that are read; the rest are locations, connections, plants, actors."""


def main() -> None:
    """Measure, print, and leave with 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[30_000, 100_000, 300_000])
    parser.add_argument("--processes", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--postcode", default="54329")
    parser.add_argument("--keep", type=Path, help="where exports are kept for the next run")
    parser.add_argument("--mongod-cache-gb", type=float, default=4.0, help="MongoDB's own default: half the memory")
    parser.add_argument("--open-mastr-python", type=Path, help="the interpreter of an environment with open-mastr")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] - a run takes minutes: its lines come at once
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"lxml {lxml.etree.__version__}, pymongo {pymongo.version}, {options.processes} processes, mongod with "
        f"{options.mongod_cache_gb} GB of cache"
    )
    missed, grown = [], []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, _mongo(Path(folder), options.mongod_cache_gb) as mongo:
        shelf = options.keep or Path(folder) / "exports"
        shelf.mkdir(parents=True, exist_ok=True)
        exports = _all_written(shelf, options.records)
        for export in exports:
            whole, missed_here = _measure(export, mongo, options.processes, options.postcode)
            grown.append(whole)
            missed += missed_here
            if options.open_mastr_python:
                print(f"  open-MaStR into SQLite       {parsed(options.open_mastr_python, export, options.processes)}")
    print(_growth(grown))
    sys.exit("missed: " + "; ".join(missed) if missed else 0)


def _all_written(shelf: Path, sizes: list[int]) -> list[Path]:
    """The exports, the largest ones begun first; two at a time."""
    largest_first = sorted(sizes, reverse=True)
    with get_context("spawn").Pool(2) as pool:
        made = pool.starmap(_written, [(shelf, size) for size in largest_first], chunksize=1)
    return made[::-1]


def _growth(figures: list[_Figure]) -> str:
    """How a record's work and the memory grow from the smallest size to the largest."""
    small, large = figures[0], figures[-1]
    per_record = [1e6 * each.all_cpu_s / each.records for each in (small, large)]
    return (
        f"\ngrowth from {small.records:,} to {large.records:,} records: {per_record[0]:.0f} to {per_record[1]:.0f} us "
        f"of CPU a record, {small.rate:,.0f} to {large.rate:,.0f} records/s, peak {small.peak_mb:.0f} to "
        f"{large.peak_mb:.0f} MB"
    )


def _written(shelf: Path, records: int) -> Path:
    target = shelf / f"seed1-{records}.zip"
    if not target.exists():
        Export(Register(seed=1, size=round(records * _SHARE_OF_UNITS)), defects=("duplicate_at_border",)).write(target)
    return target


def _measure(export: Path, mongo: Mongo, processes: int, postcode: str) -> tuple[_Figure, list[str]]:
    name = f"benchmark{export.stem.rpartition('-')[2]}"
    config = WorkerConfig(
        mongo_uri=mongo.uri,
        mongo_password_file=mongo.password_file,
        database=name,
        redis_url="redis://127.0.0.1:1/0",
        export_dir=export.parent,
        processes=processes,
    )
    parts = assemble(config)
    try:
        bare = _bare(export)
        whole = _import(parts.importing, export.name, Region(), mongo)
        again = parts.importing.run(export.name, Region(), lambda *_: None)
        region = _import(parts.importing, export.name, Region.of([postcode], []), mongo)
    finally:
        parts.db.client.drop_database(name)
        parts.close()
    ratio, gain = whole.rate / bare.rate, region.rate / whole.rate
    megabytes = f"{export.stat().st_size / 1e6:,.0f} MB of zip, {bare.size / 1e6:,.0f} MB unpacked"
    print(f"\n{whole.records:,} records in {megabytes}")
    print(f"  bare two-process lxml parse  {bare}")
    print(f"  import into MongoDB          {whole}, peak {whole.peak_mb:.0f} MB")
    print(f"  import of postcode {postcode}     {region}, peak {region.peak_mb:.0f} MB")
    print(f"  P1 import / bare {ratio:.2f} (reach: at least {P1}); P2 filtered / all {gain:.2f} (reach: at least {P2})")
    by_cpu, gain_by_cpu = bare.cpu_s / whole.all_cpu_s, whole.all_cpu_s / region.all_cpu_s
    print(f"  by CPU: P1 {by_cpu:.2f}, P2 {gain_by_cpu:.2f}; mongod uses {_disk_mb(mongo):,.0f} MB of disk")
    print(f"  the same export again: unchanged = {again['unchanged']}")
    checks = {
        f"P1 {ratio:.2f}": ratio >= P1,
        f"P2 {gain:.2f}": gain >= P2,
        f"memory {whole.peak_mb:.0f} MB": max(whole.peak_mb, region.peak_mb) <= MEMORY_MB,
        "unchanged": bool(again["unchanged"]),
    }
    return whole, [f"{text} at {whole.records:,} records" for text, reached in checks.items() if not reached]


@dataclass
class _Figure:
    records: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0
    size: int = 0
    cpu_s: float = 0.0
    mongod_cpu_s: float = 0.0

    def __str__(self) -> str:
        cpu = f"CPU {self.cpu_s:.1f} s" + (f" + mongod {self.mongod_cpu_s:.1f} s" if self.mongod_cpu_s else "")
        return f"{self.rate:>9,.0f} records/s  ({self.seconds:.1f} s; {cpu})"

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def all_cpu_s(self) -> float:
        return self.cpu_s + self.mongod_cpu_s


def _import(importing: Any, source: str, region: Region, mongo: Mongo) -> _Figure:
    last: dict[str, int] = {}

    def told(_done: int, _total: int, _unit: str, more: dict[str, int] | None = None) -> None:
        last.update(more or {})

    watch = _Memory()
    cpu, mongod = _cpu_s(), _mongod_cpu_s(mongo)
    begun = time.perf_counter()
    with watch:
        importing.run(source, region, told)
    seconds = time.perf_counter() - begun
    used = _cpu_s() - cpu - watch.cpu_s
    return _Figure(last["records"], seconds, watch.peak_mb, cpu_s=used, mongod_cpu_s=_mongod_cpu_s(mongo) - mongod)


def _cpu_s() -> float:
    """Of this process and those of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _mongod_cpu_s(mongo: Mongo) -> float:
    if mongo.process is None:
        return 0.0
    ticks = 0
    for process in _children_of(mongo.process.pid):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _disk_mb(mongo: Mongo) -> float:
    found = 0
    for file in mongo.folder.rglob("*"):
        with suppress(FileNotFoundError):  # a collection is dropped
            found += file.stat().st_size
    return found / 1e6


def _bare(export: Path) -> _Figure:
    """Each of two processes takes the next file, largest first."""
    with Read(export) as read:
        plan = [(member, table.record) for table in ALL.values() for member in read.members(table.name)]
    plan.sort(key=lambda item: item[0].size, reverse=True)
    tasks = [(str(export), member.name, record) for member, record in plan]
    with get_context("spawn").Pool(2) as pool:
        pool.map(_iterate, [tasks[-1]] * 2)
        begun = time.perf_counter()
        counted = list(pool.imap_unordered(_iterate, tasks))
        seconds = time.perf_counter() - begun
    records, cpu = sum(count for count, _ in counted), sum(used for _, used in counted)
    return _Figure(records, seconds, size=sum(member.size for member, _ in plan), cpu_s=cpu)


def _iterate(task: tuple[str, str, str]) -> tuple[int, float]:
    """Records, and CPU seconds."""
    export, member, record = task
    count, begun = 0, time.process_time()
    with zipfile.ZipFile(export) as archive, archive.open(member) as file:
        for _, element in lxml.etree.iterparse(file, tag=record):
            count += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return count, time.process_time() - begun


@dataclass
class _Memory:
    """The most that this process and its children have had together, looked at every second; and what looking took."""

    peak_mb: float = 0.0
    cpu_s: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> None:
        self._helper = threading.Thread(target=self._watch, daemon=True)
        self._helper.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._helper.join()

    def _watch(self) -> None:
        while not self._ended.wait(1):
            mine = [os.getpid(), *_children_of(os.getpid(), b"mastr_connector.parsing")]
            self.peak_mb = max(self.peak_mb, sum(_pss_kb(process) for process in mine) / 1024)
            self.cpu_s = time.thread_time()


def _children_of(parent: int, command: bytes = b"") -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            is_child = int(status.read_text().rpartition(")")[2].split()[1]) == parent
            if is_child and command in (status.parent / "cmdline").read_bytes():
                found.append(int(status.parent.name))
        except (OSError, ValueError):
            continue
    return found


def _pss_kb(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@contextmanager
def _mongo(folder: Path, cache_gb: float) -> Iterator[Mongo]:
    (folder / "mongo").mkdir()
    running = Mongo(folder / "mongo", free_port(), cache_gb)
    running.start()
    try:
        yield running
    finally:
        running.stop()


if __name__ == "__main__":
    print(f"{datetime.now(UTC):%Y-%m-%d}", end=" ")
    main()

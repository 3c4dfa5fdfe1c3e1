"""P3: a unit by its MaStR number over HTTP, beside a bare Flask-RESTX route that answers a constant.

    python -m benchmarks.register_read [--units 1000000] [--reads 2000] [--keep FOLDER]

A real mongod holds so many units (seeded, as an import stores them, with all their indexes). The service is its own
process, with its token check (RS256 against a pool's keys). The bare one is a process with one Flask-RESTX resource
that returns a unit as a constant, behind the same server, without guard, metrics or database. Both are asked in turns
over one kept connection each, so that whatever else the machine does falls on both alike; each read is of another,
randomly chosen number. Beside: the same read asked again with its tag (304). `--keep` keeps the database for the next
run, as filling it takes most of the time.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask

from services.mastr_connector.catalogue import KINDS
from services.mastr_connector.domain import Document, unit_of, view
from services.mastr_connector.elements import KNOWN
from services.mastr_connector.repository import Repository
from services.shared.wait import wait_until
from services.shared.web import serve
from services.shared.web.restx import Api, Resource
from simulators.mastr.register import Register
from tests.integration.box.processes import free_port
from tests.integration.forecast.pool import Pool
from tests.integration.mongo import Mongo

P50, P99 = 3.0, 5.0
_BATCH, _WARM = 2000, 200
_DATABASE = "register"
_ROUTE = "/mastr-connector/api/v1/unit/"
_CONSTANT = "/constant"


def main() -> None:
    """Measure, print, and leave with 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--reads", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="where the database is kept for the next run")
    parser.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        _serve_constant(options.bare)
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        folder = Path(place)
        (options.keep or folder / "stock").mkdir(parents=True, exist_ok=True)
        mongo = Mongo(options.keep or folder / "stock", free_port())
        mongo.start()
        try:
            numbers = _stocked(mongo, options.units)
            sys.exit(_measure(mongo, folder, numbers, options.reads))
        finally:
            mongo.stop()


def _units(size: int) -> Iterator[Document]:
    register = Register(seed=1, size=size)
    ours = {kind.table: kind for kind in KINDS}
    for kind in register.counts():
        for record in register.units(kind):
            unit = unit_of(ours[kind.table], record, KNOWN)
            if unit is not None:
                yield unit


def _stocked(mongo: Mongo, size: int) -> list[str]:
    """Fills the database, unless it is; gives some hundred thousand of its numbers at most."""
    db = mongo.database(_DATABASE)
    try:
        repository = Repository(db, lambda: datetime.now(UTC))
        live = repository.live()
        if live is None or live["init"]["size"] != size:
            building = repository.build()
            for batch in _batched(_units(size)):
                twice = building.generation.add("units", batch)
                building.expect("units", len(batch) - twice)
            repository.switch(building, {"size": size, "at": datetime.now(UTC)}, building.finish())
        units = db[(repository.live() or {})["units"]]
        print(f"{units.estimated_document_count():,} units, {len(units.index_information())} indexes")
        return [unit["_id"] for unit in units.aggregate([{"$sample": {"size": 100_000}}, {"$project": {"_id": 1}}])]
    finally:
        db.client.close()


def _batched(units: Iterator[Document]) -> Iterator[list[Document]]:
    while batch := list(islice(units, _BATCH)):
        yield batch


def _serve_constant(port: int) -> None:
    app = Flask("bare")
    unit = next(_units(10))
    constant = view(unit)

    @Api(app).namespace("bare", path="/").route(_CONSTANT)
    class Constant(Resource):
        def get(self) -> dict[str, Any]:
            return constant

    serve(app, host="127.0.0.1", port=port, threads=8)


class Client:
    """One kept connection."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = headers

    def get(self, path: str, expected: int = 200, **more: str) -> tuple[float, bytes, str]:
        """Seconds, body and tag; another status than expected ends the benchmark."""
        begun = time.perf_counter()
        self._connection.request("GET", path, headers={**self._headers, **more})
        answer = self._connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - begun
        if answer.status != expected:
            raise SystemExit(f"{path}: {answer.status} {body.decode()}")
        return took, body, answer.headers.get("ETag", "")


def _measure(mongo: Mongo, folder: Path, numbers: list[str], reads: int) -> str | int:
    pool = Pool(folder)
    pool.start()
    ports = free_port(), free_port()
    (folder / "exports").mkdir()
    environment = {
        **os.environ,
        **mongo.environment,
        "TBI_MONGO_DATABASE": _DATABASE,
        "TBI_REDIS_URL": "redis://127.0.0.1:1/0",
        "TBI_MASTR_EXPORT_DIR": str(folder / "exports"),
        "TBI_IDENTITY_FILE": str(pool.file),
        "TBI_PORT": str(ports[0]),
    }
    commands = ["services.mastr_connector"], ["benchmarks.register_read", "--bare", str(ports[1])]
    running = [
        subprocess.Popen([sys.executable, "-m", *command], env=environment, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        for port in ports:
            wait_until(partial(_open, port), 120, every=0.2, what=f"the server at {port}")
        clients = Client(ports[0], pool.header("User")), Client(ports[1], {})
        return _report(*_in_turns(*clients, numbers, reads))
    finally:
        for process in running:
            process.terminate()
            process.wait(30)
        pool.stop()


def _open(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except OSError:
        return False


def _in_turns(service: Client, bare: Client, numbers: list[str], reads: int) -> tuple[list[float], ...]:
    chance = random.Random(1)
    units: list[float] = []
    constants: list[float] = []
    unchanged: list[float] = []
    for turn in range(reads + _WARM):
        number = chance.choice(numbers)
        took, body, tag = service.get(_ROUTE + number)
        if json.loads(body)["mastr_nr"] != number:
            raise SystemExit(f"{number} was asked for; the answer is {body.decode()}")
        same, _, _ = service.get(_ROUTE + number, 304, **{"If-None-Match": tag})
        constant, _, _ = bare.get(_CONSTANT)
        if turn >= _WARM:
            units.append(took)
            constants.append(constant)
            unchanged.append(same)
    return units, constants, unchanged


def _report(units: list[float], constants: list[float], unchanged: list[float]) -> str | int:
    packages = ", ".join(f"{name} {version(name)}" for name in ("flask", "flask-restx", "waitress", "pymongo"))
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    print(f"Python {platform.python_version()}, {packages}; {len(units)} reads of each, seed 1")
    shown = {"unit by number": units, "the same, 304": unchanged, "bare constant": constants}
    for name, times in shown.items():
        print(f"  {name:<15} p50 {_p50(times) * 1e3:.2f} ms, p99 {_p99(times) * 1e3:.2f} ms")
    middle, most = _p50(units) / _p50(constants), _p99(units) / _p99(constants)
    print(f"P3 p50 {middle:.2f} (reach: {P50:g}), p99 {most:.2f} (reach: {P99:g})")
    return f"missed: P3 p50 {middle:.2f}, p99 {most:.2f}" if middle > P50 or most > P99 else 0


def _p50(times: list[float]) -> float:
    return statistics.median(times)


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    main()

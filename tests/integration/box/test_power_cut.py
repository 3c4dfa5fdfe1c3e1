"""R3: whenever the power goes, the stores of a box open again, and nothing is lost that it took as done.

The calls that the real stores make of the system are recorded (strace); for each of 500 moments a disk is made as the
cut may have left it, and the stores are opened on it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.box.power.disk import CALLS, Call, Disk, calls
from tests.integration.box.power.workload import MARKET, Stores
from tests.integration.box.processes import REPO

CUTS, SEED = 500, 20_261_128
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace records the calls; install it: apt-get install strace"
)


@dataclass
class Done:
    """What the program took as done before the cut."""

    samples: dict[int, int] = field(default_factory=dict)
    events: dict[str, bool] = field(default_factory=dict)
    batches: dict[int, tuple[Any, bool]] = field(default_factory=dict)
    entry: tuple[int, str] = (0, bytes(32).hex())
    head: tuple[int, str] | None = None

    def hear(self, line: bytes) -> None:
        kind, *words = json.loads(line)
        if kind == "sample":
            self.samples[words[0]] = words[1]
        elif kind in ("event", "finished"):
            self.events[words[0]] = kind == "finished"
        elif kind == "batch":
            self.batches[words[0]] = (words[1], False)
        elif kind == "delivered":
            self.batches[words[0]] = (self.batches[words[0]][0], True)
        elif kind == "entry":
            self.entry = (words[0], words[1])
        elif kind == "head":
            self.head = (words[0], words[1])


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: the calls are the same there, and quick."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


def test_r3_no_cut_of_500_loses_what_was_acknowledged(memory: Path) -> None:
    folder, trace = record(memory, "careful")
    lost = [loss for _, loss in losses(folder, trace, memory / "cut", CUTS) if loss is not None]
    assert lost == []


def test_a_store_that_does_not_wait_for_the_disk_is_found_out(memory: Path) -> None:
    folder, trace = record(memory, "careless")
    lost = [loss for _, loss in losses(folder, trace, memory / "cut", 30) if loss is not None]
    assert len(lost) > 20, "the cuts are too gentle to prove anything"


def record(memory: Path, mode: str) -> tuple[Path, list[Call]]:
    """Runs the workload; gives its folder and its calls."""
    folder, log = memory / "stores", memory / "trace"
    folder.mkdir()
    command = ["strace", "-y", "-xx", "-s", "100000", "-e", f"trace={CALLS}", "-o", str(log), sys.executable]
    command += ["-m", "tests.integration.box.power.workload", str(folder), str(SEED), mode]
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    ended = subprocess.run(command, env=environment, cwd=REPO, capture_output=True, check=False, timeout=300)
    if b"ptrace" in ended.stderr:
        pytest.skip(f"strace may not trace here: {ended.stderr.decode().strip()}")
    assert ended.returncode == 0, ended.stderr.decode()
    return folder, list(calls(log, folder))


def losses(folder: Path, trace: list[Call], into: Path, cuts: int) -> Iterator[tuple[int, str | None]]:
    """For each cut its place in the trace and what was lost, None when nothing was."""
    chance = random.Random(SEED)
    places = sorted(chance.sample(range(1, len(trace)), cuts))
    disk, done = Disk(folder), Done()
    for place, call in enumerate(trace):
        if places and place == places[0]:
            places.pop(0)
            into.mkdir()
            disk.cut(chance, into)
            yield place, loss(into, done)
            shutil.rmtree(into)
        if call.name == "say":
            done.hear(call.data)
        else:
            disk.take(call)


def loss(folder: Path, done: Done) -> str | None:
    """Opens the stores after a cut and works on: what is missing of `done`, or broken."""
    try:
        stores = Stores(folder)
    except Exception as error:
        return f"a store does not open: {error}"
    try:
        return _missing(stores, done) or _goes_on(stores)
    except Exception as error:  # whatever a torn store raises, it is torn
        return f"{type(error).__name__}: {error}"
    finally:
        stores.close()


def _missing(stores: Stores, done: Done) -> str | None:
    journal, inbox = stores.journal, stores.inbox
    last = journal.verify()
    if last < done.entry[0] or journal.before(done.entry[0]) != (done.entry[0], bytes.fromhex(done.entry[1])):
        return f"the journal ends at {last}, and {done.entry} was in it"
    if done.head is not None and done.head[0] not in [head.seq for head in journal.heads(0, last)]:
        return f"the signed head {done.head} is gone"
    there = {sample.at_ms: sample.wh for sample in stores.samples.series("meter0/ActiveProductionEnergy", 0, 2**62)}
    if not done.samples.items() <= there.items():
        return "a sample is gone"
    for event_id, finished in done.events.items():
        if inbox.event(event_id) is None or (finished and inbox.outcome(event_id) is None):
            return f"the event {event_id} is gone or open again"
    for slot, (reading, delivered) in done.batches.items():
        kept = inbox.batches(MARKET, slot)
        if len(kept) != 1 or kept[0].readings != (reading,) or (delivered and kept[0].outcome is None):
            return f"the reading of slot {slot} is not what was kept"
    return None


def _goes_on(stores: Stores) -> str | None:
    seq = stores.journal.append("bound", {"after": "the cut"})
    if stores.journal.verify() != seq:
        return "the journal does not go on"
    checked = [
        row[0]
        for name in ("journal", "inbox", "samples")
        for row in sqlite3.connect(stores.folder / f"{name}.db").execute("PRAGMA integrity_check")
    ]
    return None if checked == ["ok"] * 3 else f"SQLite says {checked}"

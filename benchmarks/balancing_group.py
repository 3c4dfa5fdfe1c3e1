"""P10: the balancing group's day over HTTP, from figures that were summed when the actions came.

    python -m benchmarks.balancing_group [--participants 1000 10000 100000] [--calls 300] [--without-slots]

For each size a real mongod is filled with a market's read model as the fold leaves it: a metering point a participant,
a document a point and quarter hour of one day in four balancing groups (seeded; `--without-slots` leaves these out),
and the groups' sums. Then the Background-Manager-Logic, as a process of its own, is asked by an EVU's token for that
day, one call after the other; what it says must be the sums of the points' own figures. Beside it stands what the
database would take to add the day up for each call.
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo

from services.shared.times import iso
from tests.integration.background_manager_logic.manager import Manager, Register
from tests.integration.box.processes import free_port
from tests.integration.identity.pool import Identity
from tests.integration.mongo import Mongo

MARKET, GROUPS, SLOT_S = "lem", ("norda", "nordb", "suda", "sudb"), 900
DAY = 1_780_272_000
"""1 June 2026, midnight UTC."""
SLOTS = range(DAY, DAY + 86_400, SLOT_S)
REACH_S = 0.3
_SUMS = ("forecast_generation_wh", "forecast_consumption_wh", "produced_wh", "fed_in_wh", "consumed_wh", "traded_wh")
Document = dict[str, Any]


def main() -> None:
    """Measure, print, and leave with 1 when the figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--participants", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--without-slots", action="store_true", help="fill no documents of single points")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, pymongo {pymongo.version}, seed 1")
    missed = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, _running(Path(folder)) as (mongo, manager):
        for size in options.participants:
            totals = _fill(mongo, size, not options.without_slots)
            missed += _measure(manager, size, options.calls, totals)
            if not options.without_slots:
                print(f"  the same added up by the database for each call: {_added_up(mongo, totals) * 1e3:.0f} ms")
    sys.exit("missed: " + "; ".join(missed) if missed else 0)


@contextmanager
def _running(folder: Path) -> Iterator[tuple[Mongo, Manager]]:
    identity, mongo = Identity(folder / "identity"), Mongo(folder / "mongo", free_port())
    for place in (identity.data, mongo.folder):
        place.mkdir(parents=True)
    identity.start()
    register = Register(identity)
    mongo.start()
    manager = Manager(folder, identity, mongo, register)
    try:
        manager.program.start()
        yield mongo, manager
    finally:
        manager.program.end()
        mongo.stop()
        register.close()
        identity.stop()


def _fill(mongo: Mongo, size: int, slots: bool) -> Document:
    """The read model of one day; gives the sums over all."""
    db = mongo.database("background_manager")
    chance = random.Random(size)
    begun = time.perf_counter()
    for kind in ("markets", "points", "slots", "pool"):
        db[f"market_{kind}"].delete_many({})
    params = {"from_slot": 0, "deadline_s": 345_600, "lead_s": 300}
    about = {"market": MARKET, "slot_s": SLOT_S, "params": [params], "prices": [{"from_slot": 0}], "points": size}
    db["market_markets"].insert_one({"_id": MARKET, "batch": 1, **about})
    points = ({"_id": f"{MARKET}:{n:010d}", "market": MARKET, "group": GROUPS[n % 4], "since": 1} for n in range(size))
    _insert(db["market_points"], points)
    sums = {(slot, group): dict.fromkeys(_SUMS, 0) for slot in SLOTS for group in GROUPS}
    rows = (_row(sums, chance, slot, number) for slot in SLOTS for number in range(size))
    if slots:
        _insert(db["market_slots"], rows)
    else:
        for _ in rows:
            pass
    fixed = {"measured_points": size // 4, "pending_offers": 0, "market": MARKET}
    pool = ({"_id": f"{MARKET}:{s}:{g}", "slot": s, "group": g, **fixed, **known} for (s, g), known in sums.items())
    _insert(db["market_pool"], pool)
    db.client.close()
    print(f"\n{size} participants x {len(SLOTS)} slots: filled in {time.perf_counter() - begun:.0f} s")
    return {name: sum(known[name] for known in sums.values()) for name in _SUMS}


def _row(sums: dict[tuple[int, str], Document], chance: random.Random, slot: int, number: int) -> Document:
    """A metering point's quarter hour, counted in its group."""
    generation, consumption = chance.randrange(2_500), chance.randrange(400)
    row: Document = {"_id": f"{MARKET}:{slot:010d}:{number:010d}", "market": MARKET, "slot": slot, "point": number}
    row |= {"group": GROUPS[number % 4], "fed_in_wh": max(0, generation - consumption), "consumed_wh": consumption}
    row |= {"forecast_generation_wh": generation, "forecast_consumption_wh": consumption, "produced_wh": generation}
    row["traded_wh"] = row["fed_in_wh"] // 2
    known = sums[slot, row["group"]]
    for name in _SUMS:
        known[name] += row[name]
    return row


def _insert(collection: Any, documents: Iterator[Document]) -> None:
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == 5_000:
            collection.insert_many(batch, ordered=False)
            batch = []
    if batch:
        collection.insert_many(batch, ordered=False)


def _measure(manager: Manager, size: int, calls: int, totals: Document) -> list[str]:
    took = []
    for _ in range(calls):
        begun = time.perf_counter()
        answer = manager.ask("evu", "GET", "/balancing-group", **{"from": iso(DAY), "to": iso(DAY + 86_400)})
        took.append(time.perf_counter() - begun)
        if not answer.ok or {name: answer.json()["totals"][name] for name in _SUMS} != totals:
            sys.exit(f"the answer is wrong: {answer.status_code} {answer.text[:300]}")
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    print(
        f"  {calls} calls: p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms (reach {REACH_S * 1e3:.0f}); totals are right"
    )
    return [f"p99 {p99:.3f} s with {size}"] if p99 > REACH_S else []


def _added_up(mongo: Mongo, totals: Document) -> float:
    db = mongo.database("background_manager")
    group = {"_id": "$slot", **{name: {"$sum": f"${name}"} for name in _SUMS}}
    match = {"market": MARKET, "slot": {"$gte": DAY, "$lt": DAY + 86_400}}
    begun = time.perf_counter()
    found = list(db["market_slots"].aggregate([{"$match": match}, {"$group": group}], allowDiskUse=True))
    took = time.perf_counter() - begun
    db.client.close()
    if {name: sum(row[name] for row in found) for name in _SUMS} != totals:
        sys.exit("the database adds up something else")
    return took


if __name__ == "__main__":
    main()

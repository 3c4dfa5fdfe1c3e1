"""When samples are taken, and what is kept of a counter that has no value. The clock is the test's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from services.cls_box_logic.domain.energy import Energy, Missing, Sample, energy_of_slot
from services.cls_box_logic.errors import OpenEmsUnavailable
from services.cls_box_logic.sampler import Sampler
from services.cls_box_logic.samples import KEEP_MS, SampleStore

T0 = 1_795_305_600_000
METER, PV = "meter0/ActiveProductionEnergy", "pvInverter0/ActiveProductionEnergy"


class Time(threading.Event):
    """A clock that waiting moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = T0 + 100

    def __call__(self) -> int:
        return self.now_ms

    def wait(self, timeout: float | None = None) -> bool:
        self.now_ms += round((timeout or 0) * 1000)
        return self.is_set()


class Edge:
    """Counters that grow by one Wh a second; `off` and `null` say from when to when they do not answer."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.off = (0, 0)
        self.null = (0, 0)
        self.takes_ms = 0
        self.reads = 0

    def read(self, wanted: frozenset[str]) -> Mapping[str, int | None]:
        self.reads += 1
        self.time.now_ms += self.takes_ms
        now = self.time.now_ms - T0
        if self.off[0] <= now < self.off[1]:
            raise OpenEmsUnavailable("OpenEMS does not answer")
        asleep = self.null[0] <= now < self.null[1]
        return {channel: None if channel == PV and asleep else now // 1000 for channel in wanted}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    made = SampleStore(tmp_path)
    yield made
    made.close()


def sample_until(store: SampleStore, end_ms: int, takes_ms: int = 0, **faults: tuple[int, int]) -> Edge:
    time = Time()
    edge = Edge(time)
    edge.takes_ms = takes_ms
    for name, span in faults.items():
        setattr(edge, name, span)
    lengths = frozenset({20, 30})
    channels = frozenset({METER, PV})
    sampler = Sampler(
        store, channels, edge.read, lambda: lengths, clock_ms=time, clock_is=lambda: "good", tolerance_ms=1500
    )
    while time.now_ms < T0 + end_ms:
        sampler.round(time)
    return edge


def series(store: SampleStore, channel: str) -> list[Sample]:
    return [Sample(s.at_ms - T0, s.wh) for s in store.series(channel, T0, T0 + 10**6)]


def test_each_border_of_each_market_is_met(store: SampleStore) -> None:
    edge = sample_until(store, 61_000)
    assert [s.at_ms for s in series(store, METER)] == [100, 20_000, 30_000, 40_000, 60_000]
    assert edge.reads == 5


def test_after_an_outage_the_first_value_is_kept_as_a_neighbour(store: SampleStore) -> None:
    sample_until(store, 61_000, off=(19_000, 33_400))
    times = [s.at_ms for s in series(store, METER)]
    assert times[0] == 100
    assert 33_400 <= times[1] <= 34_500
    assert times[2:] == [40_000, 60_000]
    found = series(store, METER)
    first, second = (energy_of_slot(found, at, at + 20_000, 1500) for at in (0, 20_000))
    assert isinstance(first, Energy)
    assert isinstance(second, Energy)
    assert first.substituted
    assert second.substituted
    assert first.wh + second.wh == 40  # nothing is lost, only shared out


def test_a_short_null_at_a_border_is_outwaited_within_the_tolerance(store: SampleStore) -> None:
    sample_until(store, 25_000, null=(19_900, 20_600))
    assert energy_of_slot(series(store, PV), 0, 20_000, 1500) == Energy(20)
    assert energy_of_slot(series(store, METER), 0, 20_000, 1500) == Energy(20)


def test_a_null_that_lasts_is_kept_as_such_and_spoils_no_other_counter(store: SampleStore) -> None:
    sample_until(store, 61_000, null=(19_900, 24_000))
    assert isinstance(energy_of_slot(series(store, PV), 0, 20_000, 1500), Missing)
    assert energy_of_slot(series(store, METER), 0, 20_000, 1500) == Energy(20)
    assert energy_of_slot(series(store, PV), 40_000, 60_000, 1500) == Energy(20)


def test_a_box_that_takes_part_nowhere_reads_nothing_until_it_does(store: SampleStore) -> None:
    time = Time()
    edge = Edge(time)
    lengths: list[frozenset[int]] = [frozenset()]
    sampler = Sampler(
        store,
        frozenset({METER, PV}),
        edge.read,
        lambda: lengths[-1],
        clock_ms=time,
        clock_is=lambda: "good",
        tolerance_ms=1500,
    )
    while time.now_ms < T0 + 50_000:
        sampler.round(time)
    assert (edge.reads, sampler.state().next_border_ms, sampler.state().trouble) == (0, None, None)
    lengths.append(frozenset({20}))
    while time.now_ms < T0 + 61_000:
        sampler.round(time)
    assert [s.at_ms for s in series(store, METER)] == [50_100, 60_000], "a neighbour, then the first border"


def test_samples_are_bounded_by_age(store: SampleStore) -> None:
    store.add(T0, {METER: 1})
    store.add(T0 + KEEP_MS, {METER: 2})
    store.prune(T0 + KEEP_MS + 1)
    assert [s.wh for s in store.series(METER, 0, T0 + 2 * KEEP_MS)] == [2]


def test_slot_lengths_survive(tmp_path: Path) -> None:
    first = SampleStore(tmp_path)
    first.remember_slot_lengths(frozenset({20, 900}))
    first.close()
    second = SampleStore(tmp_path)
    assert second.slot_lengths() == {20, 900}
    second.close()


def test_a_border_that_comes_while_a_sleeping_inverter_is_asked_is_met_all_the_same(store: SampleStore) -> None:
    sample_until(store, 301_000, takes_ms=400, null=(0, 10**9))
    found = series(store, METER)
    for begin in range(20_000, 300_000, 20_000):
        energy = energy_of_slot(found, begin, begin + 20_000, 1500)
        assert isinstance(energy, Energy)
        assert not energy.substituted


def test_a_full_disk_costs_the_border_and_not_the_sampling(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    time = Time()
    edge = Edge(time)
    sampler = Sampler(
        store,
        frozenset({METER}),
        edge.read,
        lambda: frozenset({20}),
        clock_ms=time,
        clock_is=lambda: "good",
        tolerance_ms=1500,
    )
    fill_up(store)
    while time.now_ms < T0 + 25_000:
        sampler.round(time)
    assert "make room on the box's disk" in str(sampler.state().trouble)
    make_room(store)
    while time.now_ms < T0 + 61_000:
        sampler.round(time)
    assert sampler.state().trouble is None
    found = series(store, METER)
    assert energy_of_slot(found, 40_000, 60_000, 1500) == Energy(20)
    after = energy_of_slot(found, 20_000, 40_000, 1500)
    assert isinstance(after, Energy)
    assert after.substituted
    store.close()


def fill_up(store: SampleStore) -> None:
    """As a full disk does it: SQLite gets no page more. The limit is a connection's."""
    connection = store._database.connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        add_many(store)


def add_many(store: SampleStore) -> None:
    for number in range(10_000):
        store.add(T0 - 10**5 + number, {METER: 0})


def make_room(store: SampleStore) -> None:
    store._database.connection().execute("PRAGMA max_page_count = 1000000")

"""Set-points: within what a device takes, again and again while they hold, and over a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.cls_box_logic.chrony import Chrony
from services.cls_box_logic.domain.clock import ClockState
from services.cls_box_logic.errors import JournalFull, NotAllowedHere, OpenEmsUnavailable, Unknown
from services.cls_box_logic.host import host_state, temperature_c, uptime_s
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.provisioning import Control
from services.cls_box_logic.service.control import Controls

BATTERY = Control("battery", "ess0/SetActivePowerEquals", -3000, 3000)


class Edge:
    def __init__(self) -> None:
        self.written: list[tuple[str, int]] = []
        self.away = False

    def write(self, address: str, value: int) -> None:
        if self.away:
            raise OpenEmsUnavailable("OpenEMS does not answer")
        self.written.append((address, value))


class Clock:
    now_ms = 1_795_305_600_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    made = Journal(tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def make(tmp_path: Path, edge: Edge, clock: Clock, journal: Journal) -> Iterator[Callable[[], Controls]]:
    made: list[Controls] = []

    def controls() -> Controls:
        made.append(Controls((BATTERY,), edge, journal, tmp_path, clock))
        return made[-1]

    yield controls
    for one in made:
        one.close()


def test_a_set_point_is_written_again_until_its_end(make: Callable[[], Controls], edge: Edge, clock: Clock) -> None:
    controls = make()
    shown = controls.start("battery", -1500, 60)
    assert (shown["running"], shown["power_w"]) == (True, -1500)
    controls.write()
    clock.now_ms += 15_000
    make().write()  # a restarted service goes on
    assert edge.written == [("ess0/SetActivePowerEquals", -1500)] * 2
    clock.now_ms += 45_000
    controls.write()
    assert len(edge.written) == 2
    assert controls.list()[0]["running"] is False


def test_stopped_it_is_written_no_more_and_both_stand_in_the_journal(
    make: Callable[[], Controls], edge: Edge, journal: Journal
) -> None:
    controls = make()
    controls.start("battery", 500, 600)
    assert controls.stop("battery")["running"] is False
    controls.write()
    controls.stop("battery")
    assert edge.written == []
    assert [entry.data["power_w"] for entry in journal.since(0, 9)] == [500, None]


def test_a_full_journal_keeps_nobody_from_letting_a_device_go(
    tmp_path: Path, edge: Edge, clock: Clock, journal: Journal
) -> None:
    full = Journal(tmp_path, clock, max_bytes=1)
    controls = Controls((BATTERY,), edge, journal, tmp_path, clock)
    controls.start("battery", 500, 600)
    controls.close()
    after = Controls((BATTERY,), edge, full, tmp_path, clock)
    assert after.stop("battery")["running"] is False
    after.write()
    assert edge.written == []
    with pytest.raises(JournalFull):
        after.start("battery", 500, 600)
    after.close()
    full.close()


def test_what_a_device_does_not_take_is_refused(make: Callable[[], Controls]) -> None:
    controls = make()
    for power_w in (-3001, 3001):
        with pytest.raises(NotAllowedHere):
            controls.start("battery", power_w, 60)
    with pytest.raises(Unknown):
        controls.start("heat-pump", 0, 60)
    with pytest.raises(Unknown):
        controls.stop("heat-pump")


def test_an_edge_that_is_away_is_told_and_written_to_when_it_is_back(make: Callable[[], Controls], edge: Edge) -> None:
    controls = make()
    controls.start("battery", 500, 600)
    edge.away = True
    controls.write()
    assert controls.list()[0]["trouble"] == "OpenEMS does not answer"
    edge.away = False
    controls.write()
    assert (edge.written, controls.list()[0]["trouble"]) == ([("ess0/SetActivePowerEquals", 500)], None)


def test_the_board_tells_what_it_can(tmp_path: Path) -> None:
    (tmp_path / "uptime").write_text("1234.56 99.9\n")
    for name, text in (("thermal_zone0", "41000\n"), ("thermal_zone1", "52500\n"), ("thermal_zone2", "off")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "temp").write_text(text)
    assert (uptime_s(tmp_path / "uptime"), temperature_c(tmp_path)) == (1234, 52.5)
    assert (uptime_s(tmp_path / "none"), temperature_c(tmp_path / "none")) == (None, None)
    told = host_state(Chrony("no-such-command-of-ours", kernel=lambda: ClockState(None, None)), tmp_path)
    assert told["clock"]["is"] == "unknown"
    assert told["disk"]["size_mb"] >= told["disk"]["free_mb"] > 0

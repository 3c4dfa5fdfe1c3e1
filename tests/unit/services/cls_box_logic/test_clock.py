"""How well the box's clock goes, and that readings say so."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from services.cls_box_logic.chrony import KEEP_S, Chrony
from services.cls_box_logic.domain.clock import ClockState, of_kernel, parse_tracking, worst
from services.cls_box_logic.domain.energy import Energy, Sample, energy_of_slot
from services.cls_box_logic.kernel_clock import kernel_clock
from services.cls_box_logic.samples import BACK_MS, KEEP_MS, SampleStore

TRACKING = """Reference ID    : C0A80101 (192.168.1.1)
Stratum         : 3
Ref time (UTC)  : Sat Nov 28 10:00:29 2026
System time     : {offset} seconds slow of NTP time
Last offset     : -0.000001632 seconds
RMS offset      : 0.000002360 seconds
Frequency       : 331.898 ppm {direction}
Residual freq   : -0.004 ppm
Skew            : 0.154 ppm
Root delay      : 0.200000000 seconds
Root dispersion : {dispersion} seconds
Update interval : 64.8 seconds
Leap status     : {leap}
"""


def told(offset: str = "0.000001501", dispersion: str = "0.100000000", leap: str = "Normal", to: str = "fast") -> str:
    return TRACKING.format(offset=offset, dispersion=dispersion, leap=leap, direction=to)


def test_the_error_is_bounded_as_chrony_bounds_it() -> None:
    state = parse_tracking(told("0.500000000"))
    assert state.error_s == pytest.approx(0.7)
    assert state.drift_ppm == pytest.approx(331.898)
    assert state.judgement == "good"
    assert parse_tracking(told(to="slow")).drift_ppm == pytest.approx(-331.898)


@pytest.mark.parametrize(
    ("text", "judgement"),
    [
        (told("1.800000000"), "good"),
        (told("1.800000001"), "off"),
        (told("-1.900000000"), "off"),
        (told("0.000000000", "3.000000000"), "off"),
        (told(leap="Not synchronised"), "unknown"),
        ("506 Cannot talk to daemon", "unknown"),
        ("", "unknown"),
        (told().replace("seconds", "minutes"), "unknown"),
    ],
)
def test_more_than_two_seconds_is_off_and_silence_is_unknown(text: str, judgement: str) -> None:
    state = parse_tracking(text)
    assert state.judgement == judgement
    assert (state.reason is not None) == (judgement == "unknown")


def test_the_worst_counts() -> None:
    assert worst([]) == "good"
    assert worst(["good", "unknown"]) == "unknown"
    assert worst(["good", "unknown", "off"]) == "off"


@pytest.mark.parametrize(
    ("status", "maxerror_us", "judgement"),
    [
        (0x2001, 2_000_000, "good"),
        (0x2001, 2_000_001, "off"),
        (0x2041, 10, "unknown"),
        (0x40, 16_000_000, "unknown"),
    ],
)
def test_in_a_container_the_kernel_tells_what_the_hosts_chrony_told_it(
    status: int, maxerror_us: int, judgement: str
) -> None:
    state = Chrony(
        "no-such-command-of-ours", kernel=lambda: of_kernel(status, maxerror_us, -65536 * 20, 10_000)
    ).state()
    assert state.judgement == judgement
    assert ("install chrony" in str(state.reason)) == (judgement == "unknown")
    assert state.drift_ppm == (None if judgement == "unknown" else 20)


def test_a_tick_that_chrony_changed_is_part_of_the_drift() -> None:
    assert of_kernel(0, 0, 0, 9_999).drift_ppm == 100


def test_this_kernel_answers() -> None:
    state = kernel_clock()
    assert "install chrony" in str(state.reason) if state.error_s is None else 0 <= state.error_s <= 16


def test_chronyc_is_asked_now_and_then(tmp_path: Path) -> None:
    command, now = tmp_path / "chronyc", [0.0]
    _program(command, f"cat <<'END'\n{told()}END\n")
    chrony = Chrony(str(command), lambda: now[0])
    assert chrony.state().judgement == "good"
    _program(command, "echo '506 Cannot talk to daemon'; exit 1")
    now[0] = KEEP_S - 1
    assert chrony.state().judgement == "good"
    now[0] = KEEP_S
    assert chrony.state() == ClockState(None, None, f"{command} says: 506 Cannot talk to daemon")


def test_a_reading_says_how_the_clock_went_at_its_borders(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    store.add(0, {"c": 10}, "good")
    store.add(500, {"c": 11}, "off")
    store.add(1000, {"c": 15}, "unknown")
    assert energy_of_slot(store.series("c", -10, 1010), 0, 1000, 10) == Energy(5, clock="unknown")
    assert energy_of_slot([Sample(0, 1, "off"), Sample(1000, 2)], 0, 1000, 10) == Energy(1, clock="off")
    store.close()


def test_a_clock_that_goes_back_begins_an_era_also_over_a_restart(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    store.add(10_000, {"c": 10}, "good")
    store.add(10_000 - BACK_MS, {"c": 10}, "good")
    store.close()
    again = SampleStore(tmp_path)
    again.add(5_000, {"c": 30}, "unknown")
    again.close()
    last = SampleStore(tmp_path)
    last.add(6_000, {"c": 31}, "unknown")
    assert [(s.at_ms, s.era) for s in last.series("c", 0, 20_000)] == [(5000, 1), (6000, 1), (9000, 0), (10_000, 0)]
    with sqlite3.connect(tmp_path / "samples.db") as former:  # a box may go back to its version before
        former.execute("INSERT OR REPLACE INTO samples VALUES (?, ?, ?)", (11_000, '{"c": 40}', "good"))
    last.prune(6_000 + KEEP_MS)
    assert [(s.at_ms, s.era) for s in last.series("c", 0, 20_000)] == [(6000, 1), (9000, 0), (10_000, 0), (11_000, 0)]
    last.close()


def _program(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)

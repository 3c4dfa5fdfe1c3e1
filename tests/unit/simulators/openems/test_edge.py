"""The Edge at a clock of its own: cycles, nulls, faults, restarts, history."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.openems.app import create_edge
from simulators.openems.channels import Channel
from simulators.openems.config import Config, ConfigError, read
from simulators.openems.edge import Edge
from simulators.openems.faults import CounterBack, Faults, Orders, Restart, parse_faults
from simulators.openems.jsonrpc import JsonRpc
from simulators.openems.sources import Stretch, parse_schedule

START = 1_782_036_000_000  # 21 June 2026, 10:00 UTC
BUY = "meter0/ActiveProductionEnergy"
SELL = "meter0/ActiveConsumptionEnergy"


class Clock:
    def __init__(self) -> None:
        self.now_ms = START

    def __call__(self) -> int:
        return self.now_ms


def config(directory: Path, **more: str) -> Config:
    aliases = "meter0=1TBI1,pvInverter0=SEE900000000119"
    silent = {"TBI_OPENEMS_KWH_ANNUM": "0", "TBI_OPENEMS_PEAK_W": "0"}
    return read({"TBI_STATE_DIR": str(directory), "TBI_OPENEMS_ALIASES": aliases, **silent, **more})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def edge(tmp_path: Path, clock: Clock) -> Iterator[Edge]:
    with contextlib.closing(create_edge(config(tmp_path), clock)) as made:
        clock.now_ms += 1000
        yield made


def channel(edge: Edge, address: str) -> Channel:
    return next(channel for channel in edge.channels if channel.address == address)


def value(edge: Edge, address: str) -> int | None:
    return edge.values([channel(edge, address)])[0]


def test_signs_and_units_are_openems_own(edge: Edge, clock: Clock) -> None:
    edge.put_schedule([Stretch("pvInverter0", 0, START * 2, 5000), Stretch("meter1", 0, START * 2, 2000)])
    clock.now_ms += 3_600_000
    assert value(edge, "meter0/ActivePower") == -3000  # + = bought, so feed-in is negative
    assert value(edge, "_sum/GridActivePower") == -3000
    assert value(edge, SELL) == 3000
    assert value(edge, "_sum/GridSellActiveEnergy") == 3000
    assert value(edge, BUY) == 0
    assert value(edge, "meter1/ActiveProductionEnergy") == value(edge, "_sum/ConsumptionActiveEnergy")
    assert value(edge, "pvInverter0/ActivePower") == 5000
    assert channel(edge, SELL).unit == "Wh_Σ"


def test_values_change_once_a_cycle(edge: Edge, clock: Clock) -> None:
    edge.put_schedule([Stretch("meter1", 0, START * 2, 3_600_000)])
    before = value(edge, BUY)
    clock.now_ms += 999
    assert value(edge, BUY) == before
    clock.now_ms += 1
    assert value(edge, BUY) == (before or 0) + 1000


def test_values_are_null_after_the_start_until_the_first_cycle(tmp_path: Path, clock: Clock) -> None:
    with contextlib.closing(create_edge(config(tmp_path), clock)) as fresh:
        assert value(fresh, BUY) is None
        clock.now_ms += 1000
        assert value(fresh, BUY) == 0


def test_a_written_value_holds_from_the_next_cycle(edge: Edge, clock: Clock) -> None:
    edge.write(channel(edge, "datasourcePv0/Data"), 4500)
    assert value(edge, "pvInverter0/ActivePower") != 4500
    clock.now_ms += 1000
    assert value(edge, "pvInverter0/ActivePower") == 4500
    with pytest.raises(ValueError, match="not a WriteChannel"):
        edge.write(channel(edge, BUY), 1)


def test_a_restarted_process_goes_on_where_it_was_and_counts_the_time_between(tmp_path: Path, clock: Clock) -> None:
    first = create_edge(config(tmp_path), clock)
    first.put_schedule([Stretch("meter1", START, START + 7_200_000, 1000)])
    clock.now_ms += 1_000
    first.history.close()  # as after kill -9: nothing was saved since the schedule
    clock.now_ms = START + 3_600_000
    with contextlib.closing(create_edge(config(tmp_path), clock)) as second:
        clock.now_ms += 3_600_000
        assert value(second, BUY) == 2000
        assert second.schedule() == (Stretch("meter1", START, START + 7_200_000, 1000),)


def test_a_counter_goes_back(edge: Edge, clock: Clock) -> None:
    edge.put_schedule([Stretch("meter1", 0, START * 2, 1000)])
    clock.now_ms += 3_600_000
    edge.put_faults(Orders(Faults(), CounterBack("meter0", 400)))
    assert value(edge, BUY) == 600
    assert value(edge, "meter1/ActiveProductionEnergy") == 1000


def test_a_restart_shows_nulls_and_goes_on_from_an_earlier_value(edge: Edge, clock: Clock) -> None:
    edge.put_schedule([Stretch("meter1", 0, START * 2, 3600)])
    clock.now_ms += 100_000
    edge.put_faults(Orders(Faults(), restart=Restart(5, 40)))
    assert value(edge, BUY) is None
    clock.now_ms += 5_000
    assert value(edge, BUY) == 100 - 40 + 5


def test_nulls_hide_the_channels_that_are_named(edge: Edge) -> None:
    edge.put_faults(Orders(Faults(nulls="meter0/.*")))
    assert value(edge, BUY) is None
    assert value(edge, "pvInverter0/ActiveProductionEnergy") == 0
    edge.put_faults(Orders(Faults()))
    assert value(edge, BUY) == 0


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"null": True},
        {"nulls": "("},
        {"offline": 1},
        {"counter_back": {"component": "x"}},
        {"restart": {"null_s": -1}},
    ],
)
def test_faults_that_do_not_fit_are_refused(body: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_faults(body, ("meter0",))


@pytest.mark.parametrize(
    "entry",
    [
        {"component": "meter0", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z", "power_w": 1},
        {"component": "meter1", "from": "2026-01-01T00:00:00", "to": "2026-01-01T01:00:00Z", "power_w": 1},
        {"component": "meter1", "from": "2026-01-01T01:00:00Z", "to": "2026-01-01T01:00:00Z", "power_w": 1},
        {"component": "meter1", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z", "power_w": 1.5},
    ],
)
def test_a_schedule_that_does_not_fit_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_schedule([entry], ("meter1", "pvInverter0"))


def test_history_has_averages_of_5_minutes_and_counters_by_the_hour(edge: Edge, clock: Clock) -> None:
    edge.put_schedule([Stretch("meter1", START + 1000, START + 5_400_000, 1200)])
    clock.now_ms = START + 7_200_000
    edge.tick()
    day = {"fromDate": "2026-06-21", "toDate": "2026-06-21", "timezone": "Europe/Berlin"}
    channels = ["meter0/ActivePower", BUY]
    rpc = JsonRpc(edge)

    def call(method: str, **more: object) -> dict[str, Any]:
        status, answer = rpc.handle({"method": method, "params": {**day, "channels": channels, **more}})
        assert status == 200
        return dict(answer["result"])

    data = call("queryHistoricTimeseriesData")
    at_noon = data["timestamps"].index("2026-06-21T10:05:00Z")
    assert data["data"]["meter0/ActivePower"][at_noon] == 1200
    assert data["data"]["meter0/ActivePower"][0] is None
    hourly = call("queryHistoricTimeseriesEnergyPerPeriod", resolution={"value": 1, "unit": "Hours"})
    assert [wh for wh in hourly["data"][BUY] if wh is not None] == [600.0]
    quarterly = call("queryHistoricTimeseriesEnergyPerPeriod", resolution={"value": 15, "unit": "Minutes"})
    assert set(quarterly["data"][BUY]) == {None}  # rrd4j keeps counters by the hour only


def test_an_hour_in_which_the_edge_was_off_is_a_gap_in_its_history(tmp_path: Path, clock: Clock) -> None:
    create_edge(config(tmp_path), clock).close()
    clock.now_ms += 3_600_000
    with contextlib.closing(create_edge(config(tmp_path), clock)) as later:
        clock.now_ms += 600_000
        later.tick()
        averages = later.history.averages(START, clock.now_ms)
        assert sorted(averages) == [START + 3_600_000, START + 3_900_000]


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="TBI_STATE_DIR"):
        read({})
    with pytest.raises(ConfigError, match="TBI_OPENEMS_ALIASES"):
        read({"TBI_STATE_DIR": "/tmp/x", "TBI_OPENEMS_ALIASES": "heater0=1"})  # noqa: S108 - never used

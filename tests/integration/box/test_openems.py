"""The simulator as a process, over its wire; and the box's adapter against it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from services.cls_box_logic.errors import OpenEmsUnavailable
from services.cls_box_logic.openems import OpenEms
from services.shared.wait import wait_until
from tests.integration.box.processes import Program, free_port, openems

BUY, SELL, PV = "meter0/ActiveProductionEnergy", "meter0/ActiveConsumptionEnergy", "pvInverter0/ActiveProductionEnergy"


class Lab:
    """A simulator with one session for the test's own requests."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.program: Program = openems(folder, port, "meter0=1TBI0000000011,pvInverter0=SEE900000000119")
        self.session = requests.Session()
        self.session.auth = ("x", "owner")

    def rest(self, path: str) -> requests.Response:
        return self.session.get(f"{self.url}/rest/channel/{path}", timeout=10)

    def faults(self, **body: object) -> None:
        self.session.put(f"{self.url}/simulator/faults", json=body, timeout=10).raise_for_status()

    def write(self, address: str, value: int | None) -> requests.Response:
        return self.session.post(f"{self.url}/rest/channel/{address}", json={"value": value}, timeout=10)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("openems"))
    made.program.start()
    yield made
    made.program.end()
    made.session.close()


@pytest.fixture
def lab(running: Lab) -> Lab:
    running.faults()
    return running


@pytest.fixture
def adapter(lab: Lab) -> Iterator[OpenEms]:
    made = OpenEms(lab.url, "owner")
    yield made
    made.close()


def test_one_match_is_an_object_and_several_are_an_array(lab: Lab) -> None:
    one = lab.rest("meter0/ActivePower").json()
    assert set(one) == {"address", "type", "accessMode", "text", "unit", "value"}
    assert (one["address"], one["unit"], one["accessMode"]) == ("meter0/ActivePower", "W", "RO")
    several = lab.rest("meter./Active.*Energy").json()
    assert [entry["unit"] for entry in several] == ["Wh_Σ"] * 4


def test_no_match_is_404_and_a_bad_expression_400_both_empty(lab: Lab) -> None:
    for path, status in (("meter/ActivePower", 404), ("(/ActivePower", 400)):
        answer = lab.rest(path)
        assert (answer.status_code, answer.content) == (status, b"")


def test_errors_come_in_both_styles(lab: Lab) -> None:
    wrong = {"auth": ("x", "wrong"), "timeout": 10}
    with requests.Session() as stranger:
        early = stranger.get(f"{lab.url}/rest/channel/meter0/ActivePower", **wrong)  # type: ignore[arg-type]
        assert (early.status_code, early.json()["error"]["code"]) == (401, 1003)
        lab.faults(jetty_errors=True)
        late = stranger.get(f"{lab.url}/rest/channel/meter0/ActivePower", **wrong)  # type: ignore[arg-type]
        assert late.status_code == 500
        assert "text/html" in late.headers["Content-Type"]
        assert "WWW-Authenticate" not in late.headers


def test_a_written_value_is_shown_and_counted(lab: Lab) -> None:
    assert lab.write("datasourcePv0/Data", 36_000_000).json() == {}
    wait_until(lambda: lab.rest("pvInverter0/ActivePower").json()["value"] == 36_000_000, 5, what="the power")
    before = lab.rest(SELL).json()["value"]
    wait_until(lambda: lab.rest(SELL).json()["value"] >= before + 10_000, 5, what="the energy")
    lab.write("datasourcePv0/Data", None)
    assert lab.write(BUY, 1).status_code == 400


def test_a_guest_reads_and_does_not_write(lab: Lab) -> None:
    with requests.Session() as guest:
        guest.auth = ("guest", "user")
        assert guest.get(f"{lab.url}/rest/channel/_sum/State", timeout=10).status_code == 200
        denied = guest.post(f"{lab.url}/jsonrpc", json={"method": "getEdgeConfig"}, timeout=10)
        assert (denied.status_code, denied.json()["error"]["code"]) == (400, 1002)


def test_a_killed_process_goes_on_where_it_was(lab: Lab) -> None:
    now = time.time()
    begin, end = now - now % 1 + 1, now - now % 1 + 2
    times = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (begin, end))
    first, last = times
    before = lab.rest(BUY).json()["value"]
    entry = {"component": "meter1", "from": first, "to": last, "power_w": 3_600_000}
    lab.session.put(f"{lab.url}/simulator/schedule", json=[entry], timeout=10).raise_for_status()
    lab.program.kill()
    wait_until(lambda: time.time() > end + 0.2, 10, what="the end of the power")
    lab.program.start()
    assert lab.rest(BUY).json()["value"] == before + 1000  # the meter counted on
    lab.session.delete(f"{lab.url}/simulator/schedule", timeout=10).raise_for_status()


def test_the_adapter_reads_everything_in_one_call(adapter: OpenEms) -> None:
    found = adapter.values([BUY, SELL, PV, "nix0/Nothing"])
    assert set(found) == {BUY, SELL, PV}
    assert all(isinstance(value, int) for value in found.values())
    assert {c.id: c.alias for c in adapter.components()}["pvInverter0"] == "SEE900000000119"


def test_the_adapter_keeps_one_connection_and_is_never_throttled(lab: Lab) -> None:
    adapter = OpenEms(lab.url, "owner")
    begun = time.monotonic()
    for _ in range(100):
        adapter.values([BUY])
    assert time.monotonic() - begun < 4  # 100 connections would take at least 40 s here
    adapter.close()


def test_whoever_opens_many_connections_is_throttled(lab: Lab) -> None:
    begun = time.monotonic()
    for _ in range(12):
        requests.get(f"{lab.url}/simulator/faults", timeout=20)
    assert time.monotonic() - begun > 1


def test_a_missing_value_is_none(lab: Lab, adapter: OpenEms) -> None:
    lab.faults(nulls="meter0/.*")
    found = adapter.values([BUY, PV])
    assert found[BUY] is None
    assert found[PV] is not None


@pytest.mark.parametrize("jetty", [False, True])
def test_a_wrong_password_is_not_ok_in_either_style(lab: Lab, jetty: bool) -> None:
    lab.faults(jetty_errors=jetty)
    stranger = OpenEms(lab.url, "wrong")
    with pytest.raises(OpenEmsUnavailable, match="TBI_OPENEMS_PASSWORD"):
        stranger.values([BUY])
    stranger.close()


def test_an_edge_that_hangs_up_is_unavailable_and_then_there_again(lab: Lab, adapter: OpenEms) -> None:
    adapter.values([BUY])
    lab.faults(offline=True)
    with pytest.raises(OpenEmsUnavailable, match="does not answer"):
        adapter.values([BUY])
    lab.faults()
    assert adapter.values([BUY])[BUY] is not None


def test_a_restarted_edge_is_found_again_by_the_same_adapter(lab: Lab, adapter: OpenEms) -> None:
    adapter.values([BUY])
    lab.program.kill()
    lab.program.start()
    assert adapter.values([BUY])[BUY] is not None

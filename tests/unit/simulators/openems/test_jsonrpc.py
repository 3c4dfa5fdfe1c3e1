"""JSON-RPC: ids, codes, configuration, channels."""

from __future__ import annotations

import base64
import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.openems.app import create_edge
from simulators.openems.channels import matching
from simulators.openems.config import read
from simulators.openems.edge import Edge
from simulators.openems.jsonrpc import JsonRpc
from simulators.openems.users import GUEST, OWNER, authenticate, users

ID = "0b1c2d3e-4f50-4a61-9b72-8c93a4b5c6d7"


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    aliases = "meter0=1TBI1,pvInverter0=SEE900000000119,ess0=battery"
    made = create_edge(
        read({"TBI_STATE_DIR": str(tmp_path), "TBI_OPENEMS_ALIASES": aliases}), lambda: 1_782_036_000_000
    )
    with contextlib.closing(made):
        yield made


def test_edge_config_names_components_by_id_with_the_numbers_as_aliases(edge: Edge) -> None:
    status, answer = JsonRpc(edge).handle({"id": ID, "method": "getEdgeConfig"})
    assert (status, answer["jsonrpc"], answer["id"]) == (200, "2.0", ID)
    components = answer["result"]["components"]
    assert components["meter0"]["alias"] == "1TBI1"
    assert components["pvInverter0"]["alias"] == "SEE900000000119"
    assert set(components["ess0"]) == {"alias", "factoryId", "properties"}
    assert components["pvInverter0"]["factoryId"] in answer["result"]["factories"]


def test_channels_of_a_component_come_through_the_component_manager(edge: Edge) -> None:
    payload = {"method": "getChannelsOfComponent", "params": {"componentId": "meter0"}}
    params = {"componentId": "_componentManager", "payload": payload}
    status, answer = JsonRpc(edge).handle({"method": "componentJsonApi", "params": params})
    assert status == 200
    channels = {c["id"]: c for c in answer["result"]["payload"]["result"]["channels"]}
    assert channels["ActiveProductionEnergy"]["unit"] == "Wh_Σ"
    assert uuid.UUID(answer["result"]["payload"]["id"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"method": "fly"}, 4001),
        ({"method": "getChannel", "params": {"componentId": "nix0", "channelId": "x"}}, 2000),
        ({"method": "getChannel", "params": {"componentId": "meter0", "channelId": "x"}}, 1),
        ({"id": "7", "method": "getEdgeConfig"}, 5001),
        ({"method": "queryHistoricTimeseriesData", "params": {}}, 5000),
        ([], 1),
    ],
)
def test_errors_have_openems_codes(edge: Edge, body: object, code: int) -> None:
    status, answer = JsonRpc(edge).handle(body)
    assert (status, answer["error"]["code"]) == (400, code)


def test_regular_expressions_match_as_a_whole(edge: Edge) -> None:
    found = {c.address for c in matching(edge.channels, "meter.|pvInverter0", "Active(Production|Consumption)Energy")}
    assert len(found) == 6
    assert not list(matching(edge.channels, "meter", "ActivePower"))


def test_users_log_in_by_name_or_by_password_alone() -> None:
    def header(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    known = users(None)
    assert (found := authenticate(known, header("x:user"))) is not None
    assert found.role == GUEST
    assert authenticate(known, header("owner:wrong")) is None
    assert authenticate(known, None) is None
    assert authenticate(known, "Basic %%%") is None
    only = authenticate(users("secret"), header("x:secret"))
    assert only is not None
    assert only.role == OWNER
    assert authenticate(users("secret"), header("admin:admin")) is None

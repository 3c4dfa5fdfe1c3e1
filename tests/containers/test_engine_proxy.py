"""What a box's container reaches of the engine: what the list names, over the proxy, and the socket not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.containers.world import World

pytestmark = pytest.mark.timeout(3600)

_ASK = """
import json, sys, urllib.error, urllib.request
method, url, secret, body = json.loads(sys.argv[1])
headers = {"Content-Type": "application/json"}
if secret:
    headers["Authorization"] = "Bearer " + open("/var/lib/tbi/box/secret").read().strip()
asked = urllib.request.Request(url, json.dumps(body).encode() if method == "POST" else None, headers, method=method)
try:
    status, text = 200, urllib.request.urlopen(asked, timeout=60).read().decode()
except urllib.error.HTTPError as error:
    status, text = error.code, error.read().decode()
except urllib.error.URLError as error:
    status, text = 0, str(error)
print(json.dumps([status, text]))
"""


def ask(
    world: World, part: str, method: str, url: str, *, secret: bool = False, body: Mapping[str, object] | None = None
) -> tuple[int, str]:
    """(status, text) as a program in that container of the seller's box gets it; 0: it reached nobody."""
    container = str(world.boxes["seller"].states()[part]["ID"])
    what = json.dumps([method, url, secret, body or {}])
    status, text = json.loads(world.engine.docker("exec", container, "python", "-c", _ASK, what))
    return int(status), str(text)


PROXY = "http://engine-proxy.box:2375"
BOX = "box-seller"


def test_what_is_listed_is_let_through(world: World) -> None:
    status, text = ask(world, "cls-box-logic", "GET", f"{PROXY}/containers/{BOX}-redis-1/json")
    assert status == 200
    assert json.loads(text)["Name"] == f"/{BOX}-redis-1"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/containers/{BOX}-cls-box-logic-1/json", {}),
        ("POST", f"/containers/{BOX}-cls-box-logic-1/stop", {}),
        ("POST", f"/containers/{BOX}-engine-proxy-1/stop", {}),
        ("POST", "/containers/box-bidder1-redis-1/stop", {}),
        ("POST", f"/containers/{BOX}-redis-1/exec", {"Cmd": ["sh"]}),
        ("POST", "/containers/create?name=mine", {"Image": "tbienergy/box:local", "HostConfig": {"Privileged": True}}),
        (
            "POST",
            f"/containers/create?name={BOX}-redis-1.new",
            {"Image": "tbienergy/redis:local", "HostConfig": {"Binds": ["/:/host"]}},
        ),
        ("POST", "/images/create?fromImage=debian&tag=latest", {}),
        ("POST", "/build", {}),
        ("GET", "/secrets", {}),
        ("DELETE", f"/containers/{BOX}-redis-1?force=1", {}),
    ],
)
def test_what_is_not_listed_is_refused(world: World, method: str, path: str, body: dict[str, object]) -> None:
    before = world.boxes["seller"].states()
    status, text = ask(world, "cls-box-logic", method, PROXY + path, body=body)
    assert status == 403, text
    assert "not let through" in text
    assert {name: state["ID"] for name, state in world.boxes["seller"].states().items()} == {
        name: state["ID"] for name, state in before.items()
    }


@pytest.mark.parametrize("part", ["worker", "tpm-api", "box-connector", "redis"])
def test_no_other_part_reaches_the_proxy_and_none_has_the_socket(world: World, part: str) -> None:
    if part != "redis":  # no Python in there for us to ask with
        assert ask(world, part, "GET", f"{PROXY}/version")[0] == 0
    for name in (part, "cls-box-logic"):
        container = str(world.boxes["seller"].states()[name]["ID"])
        found = world.engine.docker("exec", container, "sh", "-c", "test -e /var/run/docker.sock && echo found || true")
        assert found.strip() == ""


def test_cls_box_logic_restarts_a_part_over_its_own_route_and_never_itself(world: World) -> None:
    base = "http://127.0.0.1:8081/cls-box-logic/api/v1"
    status, text = ask(world, "cls-box-logic", "GET", f"{base}/containers", secret=True)
    assert status == 200, text
    shown = {entry["name"]: entry for entry in json.loads(text)["items"]}
    assert set(shown) == {f"{BOX}-{name}-1" for name in ("box-connector", "redis", "tpm-api", "worker")}
    assert {entry["state"] for entry in shown.values()} == {"running"}
    status, text = ask(world, "cls-box-logic", "POST", f"{base}/container/{BOX}-worker-1/restart", secret=True)
    assert status == 200, text
    assert json.loads(text)["started_at"] > shown[f"{BOX}-worker-1"]["started_at"]
    status, text = ask(world, "cls-box-logic", "POST", f"{base}/container/{BOX}-cls-box-logic-1/stop", secret=True)
    assert status == 403, text

"""A box's way in: by its certificate and by nothing else. One that was stolen is out, and nothing is started anew."""

from __future__ import annotations

import json
import time

import pytest

from deploy.cls_box.provision.leaving import leave
from services.shared.wait import wait_until
from tests.containers.world import World

pytestmark = pytest.mark.timeout(3600)

_ASK = """
import http.client, json, ssl, sys
link, certificate = "/var/lib/tbi/box/link", json.loads(sys.argv[1])
context = ssl.create_default_context(cafile=f"{link}/authority.pem")
if certificate:
    context.load_cert_chain(f"{link}/certificate.pem", f"{link}/key.pem")
door = http.client.HTTPSConnection("gateway", 8443, timeout=30, context=context)
door.request("GET", "/v1/chain/get_info")
answer = door.getresponse()
print(json.dumps([answer.status, json.loads(answer.read())]))
"""

_REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 8888), 3)
    print("reached")
except OSError:
    print("not reached")
"""
_ADDRESSES = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"


def ask(world: World, player: str, *, certificate: bool = True) -> tuple[int, dict[str, object]]:
    """(status, body) as a program in the container of that box's connector gets it."""
    container = str(world.boxes[player].states()["box-connector"]["ID"])
    told = world.engine.docker("exec", container, "python", "-c", _ASK, json.dumps(certificate))
    status, body = json.loads(told)
    return int(status), body


def checks(world: World, player: str) -> dict[str, dict[str, str]]:
    """What that box's connector says of itself."""
    container = str(world.boxes[player].states()["box-connector"]["ID"])
    asked = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8083/blockchain-connector/api/v1/health').read().decode())"
    found: dict[str, dict[str, str]] = json.loads(world.engine.docker("exec", container, "python", "-c", asked))[
        "checks"
    ]
    return found


def test_a_box_is_let_in_by_its_certificate_alone(world: World) -> None:
    status, told = ask(world, "seller")
    assert (status, told["chain_id"]) == (200, world.stage().chain.client.info().chain_id)
    assert ask(world, "seller", certificate=False) == (
        403,
        {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "A certificate of this box is needed."},
    )


def test_no_box_reaches_a_node_beside_the_door(world: World) -> None:
    container = str(world.boxes["seller"].states()["box-connector"]["ID"])
    node = str(world.cloud.states()["chain-a"]["ID"])
    addresses = world.engine.docker("inspect", "--format", _ADDRESSES, node).split()
    assert addresses
    for where in ("chain-a", *addresses):
        told = world.engine.docker("exec", container, "python", "-c", _REACH, where)
        assert told.strip() == "not reached", where


def test_every_box_traded_through_the_door(world: World) -> None:
    for player in world.boxes:
        assert world.member(player).status == "ready"
        assert checks(world, player)["chain"]["status"] == "ok", player


def test_a_stolen_box_is_out_and_nobody_else(world: World) -> None:
    leave(world.folder.desk, world.member("bidder2").name, "stolen")
    (world.folder.path / "gateway/link/boxes.crl").write_bytes(
        (world.folder.path / "desk/authority/boxes.crl").read_bytes()
    )
    began = time.monotonic()
    wait_until(lambda: ask(world, "bidder2")[0] == 403, 60, every=0.5, what="the gateway's new list")
    world.say(f"stolen: refused after {time.monotonic() - began:.1f} s")
    assert "revoked" in str(ask(world, "bidder2")[1]["detail"])
    wait_until(lambda: checks(world, "bidder2")["chain"]["status"] != "ok", 400, every=2, what="the box to notice")
    assert ask(world, "seller")[0] == 200

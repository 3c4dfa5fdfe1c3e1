"""TC01.1 Add CLS box: the newcomer's, which is powered and in the network, and which nobody has added."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.catalogue.world import MANAGER, NEWCOMER, World

OPENEMS = ("x", "owner")
"""OpenEMS goes by the password alone; this is the one that it ships with."""


def health(world: World) -> dict[str, Any]:
    """What the box says of itself; no token is asked for."""
    answer = requests.get(f"{world.part('cls-box-logic')}/health", timeout=10)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def test_tc01_1_ts01_the_box_is_operational(world: World) -> None:
    """A person looks at the power indicator; here the box's health says that its parts are up."""
    checks = health(world)["checks"]
    assert {name: checks[name]["status"] for name in ("openems", "redis", "tpm", "sampler")} == {
        "openems": "ok",
        "redis": "ok",
        "tpm": "ok",
        "sampler": "ok",
    }


def test_tc01_1_ts02_the_box_can_communicate(world: World) -> None:
    """A person looks at the link indicator; here the box's health says that its uplink reaches the chain, and where
    the box is."""
    checks = health(world)["checks"]
    assert checks["connector"]["status"] == "ok"
    assert "chain" in checks["connector"]["detail"]
    assert checks["uplink"]["status"] == "ok"
    assert NEWCOMER.address in checks["uplink"]["detail"]
    assert "signal" in checks["uplink"]["detail"]


def test_tc01_1_ts03_openems_shows_devices_live_and_with_history(world: World) -> None:
    """At the box's local address, as OpenEMS' own user interface asks for it."""
    url = world.part("openems")
    live = requests.get(f"{url}/rest/channel/.*/ActivePower", auth=OPENEMS, timeout=10).json()
    devices = {"meter0/ActivePower", f"{NEWCOMER.units[0].component}/ActivePower"}
    assert devices <= {channel["address"] for channel in live if isinstance(channel["value"], int)}
    today = datetime.now(UTC).date()
    asked = {
        "jsonrpc": "2.0",
        "id": "00000000-0000-0000-0000-000000000001",
        "method": "queryHistoricTimeseriesData",
        "params": {
            "timezone": "UTC",
            "fromDate": (today - timedelta(days=1)).isoformat(),
            "toDate": today.isoformat(),
            "channels": sorted(devices),
            "resolution": {"value": 5, "unit": "Minutes"},
        },
    }
    told = requests.post(f"{url}/jsonrpc", json=asked, auth=OPENEMS, timeout=10).json()["result"]
    assert set(told["data"]) == devices
    assert all(len(values) == len(told["timestamps"]) == 2 * 24 * 12 for values in told["data"].values())


def test_tc01_1_ts04_an_administrator_signs_in(world: World) -> None:
    """A person sees the "Entwickler-Dashboard" at the portal; here what stands behind it: the token, and a route that
    only an administrator may call."""
    assert set(world.sign_in("admin")) >= {"access_token", "id_token", "refresh_token", "expires_in"}
    assert world.got("admin", f"{MANAGER}/components")["items"]
    assert world.ask("seller", "GET", f"{MANAGER}/components").status_code == 403
    wrong = {"username": "admin", "password": "not the password"}
    assert world.ask(None, "POST", f"{MANAGER}/token", wrong).status_code == 401


def test_tc01_1_ts05_a_box_is_added_when_it_answers(world: World) -> None:
    """A person fills in the dialog "CLS-Box hinzufügen"; here the call behind its button."""
    silent = {"ip": "127.0.1.99", "name": "nobody", "location": "Trier"}
    assert world.ask("admin", "POST", f"{MANAGER}/cls-box", silent).status_code == 504
    assert world.ask("admin", "GET", f"{MANAGER}/cls-box/127.0.1.99").status_code == 404

    wanted = {"ip": NEWCOMER.address, "name": "newcomer", "location": "Trier, Haus 14"}
    if world.box() is None:
        made = world.made("admin", f"{MANAGER}/cls-box", **wanted)
        assert {name: made[name] for name in wanted} == wanted
    assert world.ask("admin", "POST", f"{MANAGER}/cls-box", wanted).status_code == 409


def test_tc01_1_ts06_the_box_is_in_the_list(world: World) -> None:
    """A person opens the "Liste aller verbundenen CLS-Boxen"; here the list behind it."""
    world.add_box()
    listed = [box["ip"] for box in world.items("admin", f"{MANAGER}/cls-boxes")]
    assert listed.count(NEWCOMER.address) == 1


def test_tc01_1_ts07_the_box_is_online(world: World) -> None:
    """A person opens the "Komponentenübersicht"; here what it shows."""
    world.add_box()
    parts = world.got("admin", f"{MANAGER}/components")["items"]
    (found,) = [part for part in parts if NEWCOMER.address in part["address"]]
    assert found["status"] == "online"
    assert found["version"]
    assert found["last_seen"]

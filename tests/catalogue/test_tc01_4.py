"""TC01.4 Register EOSIO user: an account on the chain whose key the newcomer's box has in its TPM."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.catalogue.world import LEM, MANAGER, NEWCOMER, World, pseudonym


@pytest.fixture(autouse=True)
def _box_meter_unit_and_user_are_known(world: World) -> None:
    """TC01.1 to TC01.3 passed, and the newcomer has a participant record."""
    world.add_meter()
    world.add_unit()
    world.add_participant()


def on_the_chain(world: World, account: str) -> dict[str, Any]:
    """What the node tells everybody of an account."""
    url = f"{world.system.endpoints['chain']}/v1/chain/get_account"
    answer = requests.post(url, json={"account_name": account}, timeout=10)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_tc01_4_ts01_the_dialog_opens(world: World) -> None:
    """A person opens "Registrierung eines Eos Accounts"; here what the dialog loads, for administrators only."""
    assert NEWCOMER.address in [box["ip"] for box in world.items("admin", f"{MANAGER}/cls-boxes")]
    world.items("admin", f"{MANAGER}/eos-accounts")
    assert world.ask("newcomer", "GET", f"{MANAGER}/eos-accounts").status_code == 403


def test_tc01_4_ts02_the_account_has_the_tpms_key(world: World) -> None:
    """A person presses "Registrieren". The box has shown its key with its TPM's quote and certification."""
    if world.account() is None:
        name = pseudonym()
        made = world.made("admin", f"{MANAGER}/eos-account", cls_box_ip=NEWCOMER.address, account_name=name, market=LEM)
        assert made["account_name"] == name
        assert made["participant_sub"] == world.users["newcomer"]["sub"]
    known = world.account()
    assert known is not None
    assert known["attested"] is True
    assert LEM in known["markets"]

    active = next(
        entry for entry in on_the_chain(world, known["account_name"])["permissions"] if entry["perm_name"] == "active"
    )
    assert [key["key"] for key in active["required_auth"]["keys"]] == [known["public_key"]]
    assert known["public_key"].startswith("PUB_R1_")
    others = [entry["public_key"] for entry in world.items("admin", f"{MANAGER}/eos-accounts")]
    assert others.count(known["public_key"]) == 1
    (point,) = [row for row in world.rows("tbiclsbox", "points", LEM) if row["account"] == known["account_name"]]
    assert point["box"] == known["account_name"]

    body = {"cls_box_ip": NEWCOMER.address, "account_name": pseudonym(), "market": LEM}
    assert world.ask("admin", "POST", f"{MANAGER}/eos-account", body).status_code == 409

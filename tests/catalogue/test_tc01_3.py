"""TC01.3 Add meter: the newcomer's grid meter, at his box."""

from __future__ import annotations

import pytest

from tests.catalogue.world import MANAGER, NEWCOMER, World

SERIAL = NEWCOMER.serial_number


@pytest.fixture(autouse=True)
def _box_is_added(world: World) -> None:
    """TC01.1 passed."""
    world.add_box()


def test_tc01_3_ts01_the_dialog_opens(world: World) -> None:
    """A person opens "Meter hinzufügen"; here what the dialog loads, which only an administrator gets."""
    assert world.items("admin", f"{MANAGER}/cls-boxes")
    assert world.ask("newcomer", "GET", f"{MANAGER}/grid-meters").status_code == 403


def test_tc01_3_ts02_a_box_is_chosen(world: World) -> None:
    """A person presses "CLS-Box auswählen"."""
    assert world.got("admin", f"{MANAGER}/cls-box/{NEWCOMER.address}")["ip"] == NEWCOMER.address


def test_tc01_3_ts03_the_serial_number_is_given(world: World) -> None:
    """A person presses "Seriennummer übergeben"; a meter that this box does not see is not added."""
    for wrong, statuses in (("1TBI0000000099", (404, 409, 502, 504)), ("not a number!", (400,))):
        body = {"serial_number": wrong, "cls_box_ip": NEWCOMER.address}
        answer = world.ask("admin", "POST", f"{MANAGER}/grid-meter", body)
        assert answer.status_code in statuses, answer.text
    listed = {meter["serial_number"] for meter in world.items("admin", f"{MANAGER}/grid-meters")}
    assert "1TBI0000000099" not in listed


def test_tc01_3_ts04_the_meter_is_added(world: World) -> None:
    """A person confirms the summary with "Meter hinzufügen"."""
    body = {"serial_number": SERIAL, "cls_box_ip": NEWCOMER.address, "kwh_annum": NEWCOMER.kwh_annum}
    if world.meter() is None:
        made = world.made("admin", f"{MANAGER}/grid-meter", **body)
        assert {name: made[name] for name in body} == body
    assert world.ask("admin", "POST", f"{MANAGER}/grid-meter", body).status_code == 409


def test_tc01_3_ts05_the_meter_is_in_the_list(world: World) -> None:
    """A person opens the "Liste aller verbundenen Meter"; here the list behind it."""
    world.add_meter()
    (found,) = [m for m in world.items("admin", f"{MANAGER}/grid-meters") if m["serial_number"] == SERIAL]
    assert found["cls_box_ip"] == NEWCOMER.address

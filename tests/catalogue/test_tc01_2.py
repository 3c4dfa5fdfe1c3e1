"""TC01.2 Add unit: the newcomer's photovoltaics, at his box."""

from __future__ import annotations

import pytest

from tests.catalogue.world import MANAGER, NEWCOMER, UNIT, World

OPERATOR = str(NEWCOMER.operator_nr)


@pytest.fixture(autouse=True)
def _box_is_added(world: World) -> None:
    """TC01.1 passed."""
    world.add_box()


def test_tc01_2_ts01_the_dialog_opens(world: World) -> None:
    """A person opens "Einheit hinzufügen"; here what the dialog loads, which only an administrator gets."""
    assert world.items("admin", f"{MANAGER}/cls-boxes")
    assert world.ask("newcomer", "GET", f"{MANAGER}/cls-boxes").status_code == 403


def test_tc01_2_ts02_a_box_is_chosen(world: World) -> None:
    """A person presses "CLS-Box auswählen"; boxes are known by address, name and location."""
    box = world.got("admin", f"{MANAGER}/cls-box/{NEWCOMER.address}")
    assert (box["ip"], box["name"]) == (NEWCOMER.address, "newcomer")
    assert box["location"]


def test_tc01_2_ts03_the_operators_number_is_given(world: World) -> None:
    """A person presses "Marktakteursnummer übergeben"; a number that was mistyped is refused."""
    ask = f"{MANAGER}/marktakteur/{OPERATOR}/units"
    world.got("admin", ask, cls_box_ip=NEWCOMER.address)
    mistyped = OPERATOR[:-1] + str((int(OPERATOR[-1]) + 1) % 10)
    answer = world.ask("admin", "GET", f"{MANAGER}/marktakteur/{mistyped}/units", cls_box_ip=NEWCOMER.address)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_tc01_2_ts04_the_unit_is_among_the_operators_units(world: World) -> None:
    """A person presses "Einheit auswählen"; offered is what the register has, the box sees, and nobody has added."""
    found = world.got("admin", f"{MANAGER}/marktakteur/{OPERATOR}/units", cls_box_ip=NEWCOMER.address)["items"]
    numbers = [unit["mastr_nr"] for unit in found]
    assert numbers == ([UNIT] if world.unit() is None else [])


def test_tc01_2_ts05_the_unit_is_added_when_its_box_reaches_it(world: World) -> None:
    """A person presses "Einheit hinzufügen"; a unit that this box does not see is not added."""
    body = {"cls_box_ip": NEWCOMER.address, "marktakteur_mastr_nr": OPERATOR}
    foreign = {**body, "unit_mastr_nr": "SEE900000000119", "marktakteur_mastr_nr": "ABR900000000119"}
    answer = world.ask("admin", "POST", f"{MANAGER}/unit", foreign)
    assert answer.status_code in (404, 409, 502, 504), answer.text

    if world.unit() is None:
        made = world.made("admin", f"{MANAGER}/unit", unit_mastr_nr=UNIT, **body)
        assert (made["mastr_nr"], made["cls_box_ip"]) == (UNIT, NEWCOMER.address)
    assert world.ask("admin", "POST", f"{MANAGER}/unit", {**body, "unit_mastr_nr": UNIT}).status_code == 409


def test_tc01_2_ts06_the_unit_is_in_the_list(world: World) -> None:
    """A person opens the "Liste aller hinzugefügten Einheiten"; here the list behind it."""
    world.add_unit()
    (found,) = [unit for unit in world.items("admin", f"{MANAGER}/units") if unit["mastr_nr"] == UNIT]
    assert found["cls_box_ip"] == NEWCOMER.address
    assert found["marktakteur_mastr_nr"] == OPERATOR

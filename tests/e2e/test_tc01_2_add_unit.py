"""TC01.2 Add unit, at the portal: the newcomer's photovoltaics, at his box."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.newcomer import BOX, OPERATOR, UNIT, Newcomer
from tests.e2e.portal import Portal, button, dialog, step


@pytest.fixture
def box_is_there(newcomer: Newcomer) -> None:
    """TC01.1 passed, and the unit is not added yet."""
    newcomer.add_box()
    if newcomer.find_unit() is not None:
        pytest.skip("the unit has been added on this system already")


def _opened(page: Page, portal: Portal) -> Locator:
    portal.enter(page, "admin")
    button(page.get_by_role("region", name="Background-Manager-Logic"), "Einheit hinzufügen").click()
    return dialog(page, "Einheit hinzufügen")


def _with_box(page: Page, portal: Portal) -> Locator:
    """By its name, then from what is left."""
    unit = _opened(page, portal)
    first = step(unit, "Auswahl der CLS-Box")
    first.get_by_label("Adresse, Name oder Ort").fill(BOX.name)
    expect(first.get_by_role("radio")).to_have_count(1)
    first.get_by_role("radio", name=BOX.address).check()
    button(first, "CLS-Box auswählen").click()
    return unit


def _with_operator(page: Page, portal: Portal) -> Locator:
    unit = _with_box(page, portal)
    second = step(unit, "Angabe der Marktakteursnummer")
    second.get_by_label("MaStR-Nummer des Betreibers").fill(OPERATOR)
    button(second, "Marktakteursnummer übergeben").click()
    return unit


def test_tc01_2_ts01_the_dialog_opens(page: Page, portal: Portal) -> None:
    expect(_opened(page, portal)).to_be_visible()


@pytest.mark.usefixtures("box_is_there")
def test_tc01_2_ts02_a_box_is_chosen(page: Page, portal: Portal) -> None:
    step(_with_box(page, portal), "Angabe der Marktakteursnummer")


@pytest.mark.usefixtures("box_is_there")
def test_tc01_2_ts03_the_operators_number_is_given(page: Page, portal: Portal) -> None:
    """A mistyped number is refused in its step, and stays to be corrected."""
    unit = _with_box(page, portal)
    second = step(unit, "Angabe der Marktakteursnummer")
    number = second.get_by_label("MaStR-Nummer des Betreibers")
    mistyped = OPERATOR[:-1] + str((int(OPERATOR[-1]) + 1) % 10)
    number.fill(mistyped)
    button(second, "Marktakteursnummer übergeben").click()
    expect(second.get_by_role("alert").first).to_be_visible()
    expect(number).to_have_value(mistyped)
    number.fill(OPERATOR)
    button(second, "Marktakteursnummer übergeben").click()
    step(unit, "Auswahl der Einheit")


@pytest.mark.usefixtures("box_is_there")
def test_tc01_2_ts04_the_unit_is_chosen(page: Page, portal: Portal) -> None:
    unit = _with_operator(page, portal)
    third = step(unit, "Auswahl der Einheit")
    expect(third.get_by_role("radio")).to_have_count(1)
    third.get_by_role("radio", name=UNIT).check()
    button(third, "Einheit auswählen").click()
    step(unit, "Einheit hinzufügen")


@pytest.mark.usefixtures("box_is_there")
def test_tc01_2_ts05_the_unit_is_added(page: Page, portal: Portal) -> None:
    unit = _with_operator(page, portal)
    button(step(unit, "Auswahl der Einheit"), "Einheit auswählen").click()
    last = step(unit, "Einheit hinzufügen")
    expect(last).to_contain_text(UNIT)
    button(last, "Einheit hinzufügen").dblclick()
    expect(unit.get_by_role("status")).to_have_text("Die Einheit ist hinzugefügt.")


def test_tc01_2_ts06_the_unit_is_in_the_list(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    newcomer.add_unit()
    portal.enter(page, "admin")
    page.get_by_role("link", name="Liste aller hinzugefügten Einheiten").click()
    row = page.get_by_role("row").filter(has_text=UNIT)
    expect(row).to_have_count(1)
    expect(row).to_contain_text(BOX.address)

"""TC01.3 Add meter, at the portal."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.newcomer import BOX, Newcomer
from tests.e2e.portal import Portal, button, dialog, step


@pytest.fixture(autouse=True)
def _box_is_there(newcomer: Newcomer) -> None:
    """TC01.1 passed."""
    newcomer.add_box()


def _opened(page: Page, portal: Portal) -> Locator:
    portal.enter(page, "admin")
    button(page.get_by_role("region", name="Background-Manager-Logic"), "Meter hinzufügen").click()
    return dialog(page, "Meter hinzufügen")


def _with_box(page: Page, portal: Portal) -> Locator:
    meter = _opened(page, portal)
    first = step(meter, "Auswahl der CLS-Box")
    first.get_by_role("radio", name=BOX.address).check()
    button(first, "CLS-Box auswählen").click()
    return meter


def _with_number(page: Page, portal: Portal, number: str) -> Locator:
    meter = _with_box(page, portal)
    second = step(meter, "Angabe der Seriennummer des Meters")
    second.get_by_label("Seriennummer").fill(number)
    second.get_by_label("Jahresverbrauch").fill(str(BOX.kwh_annum))
    button(second, "Seriennummer übergeben").click()
    return meter


def test_tc01_3_ts01_the_dialog_opens(page: Page, portal: Portal) -> None:
    expect(_opened(page, portal)).to_be_visible()


def test_tc01_3_ts02_a_box_is_chosen(page: Page, portal: Portal) -> None:
    step(_with_box(page, portal), "Angabe der Seriennummer des Meters")


def test_tc01_3_ts03_the_serial_number_is_given(page: Page, portal: Portal) -> None:
    """One that the box does not see is refused at the end, and nothing that was typed is lost."""
    meter = _with_number(page, portal, "1TBI0000000099")
    last = step(meter, "Meter hinzufügen")
    button(last, "Meter hinzufügen").click()
    expect(last.get_by_role("alert")).to_be_visible()
    button(last, "Zurück").click()
    second = step(meter, "Angabe der Seriennummer des Meters")
    expect(second.get_by_label("Seriennummer")).to_have_value("1TBI0000000099")


def test_tc01_3_ts04_the_meter_is_added(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    if newcomer.find_meter() is not None:
        pytest.skip("the meter has been added on this system already")
    meter = _with_number(page, portal, BOX.serial_number)
    last = step(meter, "Meter hinzufügen")
    expect(last).to_contain_text(BOX.serial_number)
    button(last, "Meter hinzufügen").dblclick()
    expect(meter.get_by_role("status")).to_have_text("Das Meter ist hinzugefügt.")


def test_tc01_3_ts05_the_meter_is_in_the_list(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    newcomer.add_meter()
    portal.enter(page, "admin")
    page.get_by_role("link", name="Liste aller verbundenen Meter").click()
    expect(page.get_by_role("row").filter(has_text=BOX.serial_number)).to_contain_text(BOX.address)

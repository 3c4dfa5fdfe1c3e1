"""TC01.1 Add CLS box, at the portal. (Steps TS01 to TS03 are looked at on the box: tests/catalogue.)"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.newcomer import BOX, LOCATION, Newcomer
from tests.e2e.portal import Portal, button, dialog


def test_tc01_1_ts04_an_administrator_signs_in(page: Page, portal: Portal) -> None:
    portal.enter(page, "admin")
    expect(page.get_by_role("heading", name="Entwickler-Dashboard", level=1)).to_be_visible()
    expect(page.get_by_role("region", name="Background-Manager-Logic")).to_be_visible()


def test_tc01_1_ts05_a_box_is_added_when_it_answers(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    """A silent address is refused and loses nothing that was typed; the right one is added once, pressed twice."""
    if newcomer.find_box() is not None:
        pytest.skip("the box has been added on this system already")
    portal.enter(page, "admin")
    button(page, "CLS-Box hinzufügen").click()
    box = dialog(page, "CLS-Box hinzufügen")
    box.get_by_label("VPN-Adresse").fill("127.0.1.99")
    box.get_by_label("Name").fill(BOX.name)
    box.get_by_label("Standort").fill(LOCATION)
    button(box, "CLS-Box hinzufügen").click()
    expect(box.get_by_role("alert")).to_contain_text("Die Box antwortet nicht.")
    expect(box.get_by_label("Standort")).to_have_value(LOCATION)
    box.get_by_label("VPN-Adresse").fill(BOX.address)
    button(box, "CLS-Box hinzufügen").dblclick()
    expect(box.get_by_role("status")).to_have_text(f"Die CLS-Box „{BOX.name}“ ist erreichbar und hinzugefügt.")
    button(box, "Schließen").click()
    expect(box).to_have_count(0)


def test_tc01_1_ts06_the_box_is_in_the_list(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    newcomer.add_box()
    portal.enter(page, "admin")
    page.get_by_role("link", name="Liste aller verbundenen CLS-Boxen").click()
    expect(page.get_by_role("heading", name="Liste aller verbundenen CLS-Boxen", level=1)).to_be_visible()
    row = page.get_by_role("row").filter(has_text=BOX.address)
    expect(row).to_have_count(1)
    expect(row).to_contain_text(LOCATION)


def test_tc01_1_ts07_the_box_is_online(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    newcomer.add_box()
    portal.enter(page, "admin")
    expect(page.get_by_role("heading", name="Komponentenübersicht", level=2)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=BOX.address)).to_contain_text("Online")


def test_a_box_that_is_there_already_is_refused_where_it_was_typed(
    page: Page, portal: Portal, newcomer: Newcomer
) -> None:
    newcomer.add_box()
    portal.enter(page, "admin", "/developer/boxes")
    button(page, "CLS-Box hinzufügen").click()
    box = dialog(page, "CLS-Box hinzufügen")
    for label, text in (("VPN-Adresse", BOX.address), ("Name", "twice"), ("Standort", LOCATION)):
        box.get_by_label(label).fill(text)
    button(box, "CLS-Box hinzufügen").click()
    expect(box.get_by_role("alert")).to_contain_text("Diese CLS-Box ist schon hinzugefügt.")
    expect(box.get_by_label("Name")).to_have_value("twice")

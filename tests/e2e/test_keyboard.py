"""Without a mouse: into a dialog, through its steps, out of it again, and back where one was."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.portal import Portal, button, dialog

MOST_STOPS = 25
FOCUSED = "element => element === document.activeElement"


def tab_to(page: Page, wanted: Locator) -> None:
    """By the Tab key alone, from where the focus is."""
    for _ in range(MOST_STOPS):
        if wanted.evaluate(FOCUSED):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not lead to {wanted}")


def test_an_offer_s_steps_are_walked_with_the_keyboard(page: Page, portal: Portal) -> None:
    portal.enter(page, "seller", "/market/offers")
    opener = button(page, "Angebot einstellen")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    offer = dialog(page, "Angebot platzieren")
    expect(offer.get_by_role("radio")).to_be_checked()
    tab_to(page, button(offer, "Einheit auswählen"))
    page.keyboard.press("Enter")
    expect(offer.get_by_role("button", name="Angebotszeitpunkt", expanded=True)).to_be_focused()
    tab_to(page, offer.get_by_test_id("date"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(offer.get_by_test_id("date")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_focus_does_not_leave_a_dialog_and_returns_from_it(page: Page, portal: Portal) -> None:
    portal.enter(page, "admin")
    opener = button(page, "Einheit hinzufügen")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    unit = dialog(page, "Einheit hinzufügen")
    expect(unit.get_by_role("radio").first).to_be_visible()
    for _ in range(MOST_STOPS):
        expect(unit.locator(":focus")).to_have_count(1)
        page.keyboard.press("Tab")
    tab_to(page, button(unit, "Abbrechen"))
    page.keyboard.press("Space")
    expect(unit).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_content_is_one_key_away(page: Page, portal: Portal) -> None:
    """Past name, pages, language and colours."""
    portal.enter(page, "seller")
    page.reload()
    expect(page.get_by_role("heading", name="Angebote", level=2)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Zum Inhalt")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

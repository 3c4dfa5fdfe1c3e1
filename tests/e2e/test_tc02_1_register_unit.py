"""TC02.1 Register unit on the local market, at the portal."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.newcomer import UNIT, Newcomer
from tests.e2e.portal import Portal, button, dialog

NAME = "Registrierung einer Einheit auf dem lokalen Energiemarkt"


@pytest.fixture(autouse=True)
def _account_is_there(newcomer: Newcomer) -> None:
    """TC01.1 to TC01.4 passed."""
    newcomer.add_account()


def _opened(page: Page, portal: Portal) -> Locator:
    portal.enter(page, "admin")
    button(page, NAME).click()
    return dialog(page, NAME)


def test_tc02_1_ts01_the_dialog_opens(page: Page, portal: Portal) -> None:
    expect(_opened(page, portal).get_by_role("radio", name=UNIT)).to_be_visible()


def test_tc02_1_ts02_the_unit_is_on_the_chain(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    if newcomer.find_market_unit() is not None:
        pytest.skip("the unit is on the market of this system already")
    unit = _opened(page, portal)
    unit.get_by_role("radio", name=UNIT).check()
    button(unit, "Einheit registrieren").dblclick()
    expect(unit.get_by_role("status")).to_have_text("Die Einheit ist auf dem lokalen Energiemarkt registriert.")
    button(unit, "Schließen").click()
    assert newcomer.find_market_unit() is not None
    page.get_by_role("link", name="Liste aller hinzugefügten Einheiten").click()
    expect(page.get_by_role("row").filter(has_text=UNIT)).to_contain_text("lem")

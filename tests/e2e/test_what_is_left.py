"""What a slot leaves behind, in a browser: money that is missing, energy that passed to the EVU, tokens for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import expect_nothing_serious
from tests.e2e.portal import Portal, button, dialog
from tests.e2e.short_market import FED_IN_WH, MANAGER, ShortMarket
from tests.local_system import RunningSystem


@pytest.fixture(scope="module")
def short(running_system: RunningSystem) -> Iterator[ShortMarket]:
    """A slot is over in which 2.5 kWh were fed in, and the EVU could not pay them."""
    market = ShortMarket.open(running_system)
    try:
        market.wait_until_stuck()
        yield market
    finally:
        market.close()


@pytest.fixture
def evu(page: Page, portal: Portal, short: ShortMarket) -> Page:
    """The EVU's browser, in which the pages are about the short market."""
    short.shows(page)
    portal.enter(page, "evu")
    return page


def surplus(page: Page) -> Locator:
    return page.get_by_role("article").filter(has_text="Überschuss ohne Deckung")


def test_what_cannot_be_paid_is_repaired_after_a_deposit(evu: Page, portal: Portal, short: ShortMarket) -> None:
    """Without money the repair says what is missing; with it, it is done, and the item goes."""
    portal.open(evu, "/operation/stuck")
    item = surplus(evu)
    expect(item).to_have_count(1)
    expect(item).to_contain_text("2,500\u00a0kWh")
    missing = str(short.stuck()[0]["missing_eur"])
    expect_nothing_serious(evu)
    item.get_by_role("button", name="Beheben").dblclick()
    expect(item.get_by_role("status")).to_contain_text("Es fehlt Geld: Zahlen Sie")
    expect(item).to_be_visible()

    short.system.post("evu", MANAGER, "/market/deposit", {"amount_eur": missing, "market": short.name})
    item.get_by_role("button", name="Beheben").click()
    expect(item).to_have_count(0)
    expect(evu.get_by_text("Behoben.")).to_be_visible()
    expect(evu.get_by_text("Nichts ist stecken geblieben.")).to_be_visible()
    assert short.stuck() == []


def test_what_passed_to_the_evu_stands_in_diagram_and_table(evu: Page, portal: Portal, short: ShortMarket) -> None:
    """After the repair: the slot's surplus, at the EVU's own price of 8 ct/kWh."""
    assert short.stuck() == []
    portal.open(evu, "/market/secondary")
    expect(evu.get_by_role("img", name="Sekundärmarkt").locator("canvas")).to_be_visible()
    row = evu.get_by_role("table").locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("2,500\u00a0kWh")
    expect(row).to_contain_text("0,20\u00a0€")
    expect_nothing_serious(evu)


def test_tokens_are_minted_once_and_counted(evu: Page, portal: Portal, short: ShortMarket) -> None:
    """Two whole kWh lie in the slot; one is converted, so that one is left, and the history says so."""
    before = int(short.system.get("evu", MANAGER, "/market/p2x", market=short.name)["ptx_balance"])
    portal.open(evu, "/market/power2x")
    slot = evu.locator("tr[data-slot]")
    expect(slot).to_have_count(1)
    expect_nothing_serious(evu)
    slot.get_by_role("button").click()
    mint = dialog(evu, "Token erzeugen")
    mint.get_by_label("Energiemenge").fill(str(FED_IN_WH // 1000 + 1))
    expect(mint.get_by_role("alert")).to_be_visible()
    expect_nothing_serious(evu)
    mint.get_by_label("Energiemenge").fill("1")
    button(mint, "Erzeugen").dblclick()
    expect(mint.get_by_role("status")).to_have_text("1 PTX sind erzeugt.")
    button(mint, "Schließen").click()
    expect(evu.get_by_test_id("ptx")).to_contain_text(f"{before + 1:,} PTX".replace(",", "."))
    expect(slot).to_contain_text("1,000\u00a0kWh")
    expect(slot.get_by_role("button")).to_have_count(1)
    expect(evu.get_by_role("table", name="Erzeugte Token").locator("tbody tr")).to_have_count(1, timeout=30_000)

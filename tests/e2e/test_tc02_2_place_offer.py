"""TC02.2 Place offer and TC02.3 Place bid, at the portal: the seller offers, bidder1 bids."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.portal import Portal, button, dialog, step
from tests.e2e.slots import UNIT, Slot, find_slot
from tests.local_system import RunningSystem

ENERGY, START_PRICE, BID = "0,010", "21,50", "23,7"


@pytest.fixture(scope="module")
def slot(running_system: RunningSystem) -> Slot:
    return find_slot(running_system)


def _opened(page: Page, portal: Portal) -> Locator:
    portal.enter(page, "seller")
    button(page, "Angebot einstellen").click()
    return dialog(page, "Angebot platzieren")


def _with_unit(page: Page, portal: Portal) -> Locator:
    offer = _opened(page, portal)
    first = step(offer, "Einheit")
    first.get_by_role("radio", name=UNIT).check()
    button(first, "Einheit auswählen").click()
    return offer


def _with_slot(page: Page, portal: Portal, slot: Slot) -> Locator:
    offer = _with_unit(page, portal)
    second = step(offer, "Angebotszeitpunkt")
    for name, text in (("date", slot.day), ("slot", slot.time)):
        second.get_by_test_id(name).press("Enter")
        page.get_by_role("option").filter(has_text=text).first.click()
        expect(page.get_by_role("listbox")).to_have_count(0)
    expect(second.get_by_role("status")).to_contain_text("können Sie bis zu")
    button(second, "Zeitpunkt auswählen").click()
    return offer


def _with_amount(page: Page, portal: Portal, slot: Slot) -> Locator:
    offer = _with_slot(page, portal, slot)
    third = step(offer, "Startpreis und Energiemenge")
    third.get_by_label("Energiemenge").fill("999")
    expect(third.get_by_role("alert")).to_contain_text("Das ist mehr als")
    expect(button(third, "Weiter zur Bestätigung")).to_be_disabled()
    third.get_by_label("Energiemenge").fill(ENERGY)
    third.get_by_label("Startpreis").fill(START_PRICE)
    button(third, "Weiter zur Bestätigung").click()
    return offer


def test_tc02_2_ts01_a_user_signs_in(page: Page, portal: Portal) -> None:
    portal.enter(page, "seller")
    expect(page.get_by_role("heading", name="Lokaler Energiemarkt", level=1)).to_be_visible()
    expect(page.get_by_role("region", name="Ihr erwarteter Bedarf")).to_be_visible()


def test_tc02_2_ts02_the_dialog_shows_the_users_units(page: Page, portal: Portal) -> None:
    expect(_opened(page, portal).get_by_role("radio", name=UNIT)).to_be_visible()


def test_tc02_2_ts03_the_unit_is_chosen(page: Page, portal: Portal) -> None:
    step(_with_unit(page, portal), "Angebotszeitpunkt")


def test_tc02_2_ts04_the_slot_is_chosen(page: Page, portal: Portal, slot: Slot) -> None:
    step(_with_slot(page, portal, slot), "Startpreis und Energiemenge")


def test_tc02_2_ts05_amount_and_price_are_given(page: Page, portal: Portal, slot: Slot) -> None:
    """Above the forecast's maximum there is no way on."""
    expect(step(_with_amount(page, portal, slot), "Bestätigung des Angebotes")).to_contain_text(slot.time)


def test_tc02_2_ts06_the_offer_is_placed_once(page: Page, portal: Portal, slot: Slot) -> None:
    last = step(_with_amount(page, portal, slot), "Bestätigung des Angebotes")
    button(last, "Angebot einstellen").dblclick()
    expect(page.get_by_text("Das Angebot ist eingestellt.")).to_be_visible()


def test_tc02_2_ts07_the_offer_is_in_the_overview(page: Page, portal: Portal, slot: Slot) -> None:
    portal.enter(page, "seller")
    page.get_by_role("radio", name="Meine").click()
    expect(page.get_by_role("row").filter(has_text=slot.day).filter(has_text=slot.time)).to_have_count(1)


def test_tc02_3_ts01_the_available_offers_are_shown(page: Page, portal: Portal, slot: Slot) -> None:
    portal.enter(page, "bidder1")
    button(page, "Gebot erstellen").click()
    expect(dialog(page, "Gebot erstellen").get_by_role("button").filter(has_text=slot.time).first).to_be_visible()


def test_tc02_3_ts02_a_bid_is_placed_once(page: Page, portal: Portal, slot: Slot) -> None:
    portal.enter(page, "bidder1")
    button(page, "Gebot erstellen").click()
    bid = dialog(page, "Gebot erstellen")
    bid.get_by_role("button").filter(has_text=slot.day).filter(has_text=slot.time).first.click()
    bid.get_by_label("Mein Gebot").fill("1")
    expect(bid.get_by_role("alert")).to_contain_text("Bitte mindestens")
    bid.get_by_label("Mein Gebot").fill(BID)
    button(bid, "Gebot abgeben").dblclick()
    expect(page.get_by_text("Das Gebot ist abgegeben.")).to_be_visible()


def test_tc02_3_ts03_the_bid_is_in_the_overview(page: Page, portal: Portal, slot: Slot) -> None:
    portal.enter(page, "bidder1", "/market/bids")
    row = page.get_by_role("row").filter(has_text=slot.day).filter(has_text=slot.time[:5])
    expect(row.first).to_contain_text("23,70")

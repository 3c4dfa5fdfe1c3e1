"""An auction as people live through it: two at once, outbid, without a connection, a session that ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from deploy.local.boxes import BOXES
from services.shared.wait import wait_until
from tests.e2e.portal import Portal, button, dialog
from tests.local_system import RunningSystem

MANAGER = "background-manager-logic"
UNIT = BOXES[0].units[0].mastr_nr
LOCAL = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def offer(running_system: RunningSystem) -> dict[str, Any]:
    """One of the seller's, open for hours, that nobody has bid on."""

    def free() -> str | None:
        now = datetime.now(UTC)
        for ahead in (0, 1):
            day = (now.astimezone(LOCAL) + timedelta(days=ahead)).date()
            told = running_system.get("seller", MANAGER, "/market/day", unit_mastr_nr=UNIT, date=day.isoformat())
            for item in reversed(told["items"]):
                far = datetime.fromisoformat(item["slot_start"]) > now + timedelta(hours=2)
                if far and (item["max_offer_wh"] or 0) >= 20 and not item["offered_wh"]:
                    return str(item["slot_start"])
        return None

    slot = wait_until(free, 60, every=1, what="a slot that the seller may offer")
    body = {"unit_mastr_nr": UNIT, "slot_start": slot, "energy_wh": 10, "start_price_ct_per_kwh": "21.0000"}
    placed = running_system.post("seller", MANAGER, "/market/offer", body)
    return {**placed, "slot_start": slot}


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """A second person's browser."""
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def bid_dialog(page: Page, offer: dict[str, Any]) -> Locator:
    """Open, with the offer chosen."""
    button(page, "Gebot erstellen").click()
    bid = dialog(page, "Gebot erstellen")
    start = datetime.fromisoformat(offer["slot_start"]).astimezone(LOCAL)
    found = bid.get_by_role("button").filter(has_text=f"{start:%d.%m.%Y}").filter(has_text=f"{start:%H:%M}–")  # noqa: RUF001
    found.first.click()
    return bid


def place(page: Page, offer: dict[str, Any], price: str) -> None:
    bid = bid_dialog(page, offer)
    bid.get_by_label("Mein Gebot").fill(price)
    button(bid, "Gebot abgeben").click()
    expect(page.get_by_text("Das Gebot ist abgegeben.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_is_outbid_is_told_at_once(page: Page, other: Page, portal: Portal, offer: dict[str, Any]) -> None:
    portal.enter(page, "bidder1")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    place(page, offer, "22")
    portal.enter(other, "bidder2")
    place(other, offer, "22,5")
    notice = page.locator("mat-snack-bar-container").filter(has_text="wurde überboten")
    expect(notice).to_be_visible()
    page.get_by_role("link", name="Gebote", exact=True).click()
    row = page.locator(f'tr[data-offer="{offer["offer_id"]}"]').first
    expect(row).to_contain_text("Überboten")


def test_of_two_equal_bids_at_once_one_is_taken(
    page: Page, other: Page, portal: Portal, offer: dict[str, Any], running_system: RunningSystem
) -> None:
    """The other is told that it is too low by now; what he typed stays."""
    opened = []
    for person, role in ((page, "bidder1"), (other, "bidder2")):
        portal.enter(person, role)
        bid = bid_dialog(person, offer)
        bid.get_by_label("Mein Gebot").fill("24")
        opened.append(bid)
    for bid in opened:
        button(bid, "Gebot abgeben").click(no_wait_after=True)

    for person in (page, other):
        expect(
            person.get_by_text("Das Gebot ist abgegeben.").or_(person.get_by_role("dialog").get_by_role("alert")).first
        ).to_be_visible()
    told = running_system.get("seller", MANAGER, f"/market/bids?offer_id={offer['offer_id']}")
    assert [one["price_ct_per_kwh"] for one in told["items"]].count("24.0000") == 1


def test_a_lost_connection_is_said_and_made_good(
    page: Page, other: Page, portal: Portal, offer: dict[str, Any]
) -> None:
    """What was typed stays; once the link is back, what happened meanwhile shows, and the bid is placed."""
    portal.enter(page, "bidder1")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    bid = bid_dialog(page, offer)
    bid.get_by_label("Mein Gebot").fill("30")
    page.context.set_offline(True)
    button(bid, "Gebot abgeben").click()
    expect(bid.get_by_role("alert")).to_contain_text("Keine Verbindung")
    expect(bid.get_by_label("Mein Gebot")).to_have_value("30")
    portal.enter(other, "bidder2")
    place(other, offer, "26")
    page.context.set_offline(False)
    expect(bid.get_by_test_id("highest")).to_contain_text("26,00", timeout=20_000)
    button(bid, "Gebot abgeben").click()
    expect(page.get_by_text("Das Gebot ist abgegeben.")).to_be_visible()


def test_a_session_that_has_ended_leads_to_the_sign_in_and_back(page: Page, portal: Portal) -> None:
    portal.enter(page, "seller", "/market/balances")
    expect(page.get_by_role("heading", name="Bilanzen", level=2)).to_be_visible()
    page.evaluate(
        "() => Object.keys(localStorage).filter(key => key.startsWith('Cognito')).forEach(key => {"
        "  if (/accessToken|idToken|refreshToken/.test(key)) localStorage.setItem(key, 'gone.gone.gone') })"
    )
    page.reload()
    expect(page.get_by_role("heading", name="Anmelden", level=1)).to_be_visible()
    portal.sign_in(page, "seller")
    expect(page.get_by_role("heading", name="Bilanzen", level=2)).to_be_visible()


def test_signing_out_everywhere_ends_the_other_session_too(page: Page, other: Page, portal: Portal) -> None:
    for person in (page, other):
        portal.enter(person, "bidder2", "/market/account")
    button(page, "Benutzer: bidder2").click()
    page.get_by_role("menuitem", name="Überall abmelden").click()
    expect(page.get_by_text("Sie sind überall abgemeldet.")).to_be_visible()


def test_a_week_of_the_balancing_group(page: Page, portal: Portal) -> None:
    portal.enter(page, "evu", "/balancing-group")
    page.get_by_role("radio", name="Woche").click()
    table = page.get_by_role("table")
    expect(table.locator("tbody tr").first).to_be_visible()
    assert table.locator("tbody tr").count() <= 7
    button(page, "Woche davor").click()
    button(page, "Woche danach").click()
    with page.expect_download() as saved:
        button(page, "CSV").click()
    assert saved.value.suggested_filename.startswith("balancing-group-week-")


def test_a_balance_can_be_printed(page: Page, portal: Portal) -> None:
    """On paper stand the figures, and nothing that can be pressed."""
    portal.enter(page, "seller", "/market/balances")
    expect(button(page, "Drucken")).to_be_visible()
    page.emulate_media(media="print")
    expect(button(page, "Drucken")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("heading", name="Bilanzen", level=2)).to_be_visible()

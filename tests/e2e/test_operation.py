"""The administrator's pages of the operation: participants, register and forecasts, chain, an event by hand."""

from __future__ import annotations

import re
import secrets
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.e2e.portal import Portal, button, dialog

SLOT_S = 900


def test_jobs_are_started_and_followed_to_their_end(page: Page, portal: Portal) -> None:
    portal.enter(page, "admin", "/developer/data")
    expect(page.get_by_text("Letzter Gesamtimport")).to_be_visible()
    for part, start in (("Marktstammdatenregister", "Abgleich starten"), ("Prognosen", "Arbeitsmappen einlesen")):
        section = page.get_by_role("region", name=part)
        button(section, start).click()
        expect(section.get_by_text("fertig", exact=True)).to_be_visible(timeout=60_000)
        expect(section.get_by_role("progressbar")).to_have_count(0)
        expect(button(section, start)).to_be_enabled()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_export_that_is_not_there_fails_with_its_reason(page: Page, portal: Portal) -> None:
    portal.enter(page, "admin", "/developer/data")
    page.get_by_label("Exportdatei, Ordner oder Adresse").fill("nowhere.zip")
    button(page, "Import starten").click()
    expect(page.get_by_role("alert")).to_contain_text("nowhere.zip", timeout=60_000)
    expect(button(page, "Import starten")).to_be_enabled()


def test_the_chain_is_shown_as_it_grows(page: Page, portal: Portal) -> None:
    portal.enter(page, "admin", "/developer/chain")
    head = page.get_by_test_id("head")
    expect(head).to_have_text(re.compile(r"\d"))
    first = head.inner_text()
    expect(head).not_to_have_text(first, timeout=10_000)
    page.get_by_label("Kennung der Transaktion").fill("ab" * 32)
    button(page, "Transaktion nachschlagen").click()
    expect(page.get_by_role("alert")).to_contain_text("Das gibt es nicht")


def test_tc02_4_an_event_is_raised_by_hand_and_seen_on_the_chain(page: Page, portal: Portal) -> None:
    (unit,) = portal.users["seller"]["household"]["unit_mastr_nrs"]
    portal.enter(page, "admin")
    button(page, "Ereignis von Hand auslösen").click()
    inside = dialog(page, "Ereignis von Hand auslösen")
    ahead = secrets.randbelow(60) + 1  # a system that was up before may have had the next one's already
    start = datetime.fromtimestamp((int(time.time()) // SLOT_S + ahead) * SLOT_S, ZoneInfo("Europe/Berlin"))
    inside.get_by_label("Einheit oder Meter").fill("SEE999999999999")
    inside.get_by_label("Tag", exact=True).fill(start.strftime("%Y-%m-%d"))
    inside.get_by_label("Beginn des Zeitraums").fill(start.strftime("%H:%M"))
    button(inside, "Auslösen").click()
    expect(inside.get_by_role("alert")).to_be_visible()
    inside.get_by_label("Einheit oder Meter").fill(unit)
    button(inside, "Auslösen").click()
    expect(inside.get_by_text("Das Ereignis steht auf der Kette.")).to_be_visible()
    transaction = inside.locator("dd.key").inner_text()
    button(inside, "Schließen").click()
    page.get_by_role("link", name="Blockchain").click()
    page.get_by_label("Kennung der Transaktion").fill(transaction)
    button(page, "Transaktion nachschlagen").click()
    expect(page.get_by_text("tbiclsbox::raise").last).to_be_visible()


def test_a_participant_is_changed_and_told_what_is_stored(page: Page, portal: Portal) -> None:
    portal.enter(page, "admin", "/developer/participants")
    button(page, "Bearbeiten: bidder2").click()
    inside = dialog(page, "Teilnehmer bidder2")
    consumption = inside.get_by_label("Jahresverbrauch")
    was = consumption.input_value()
    for kwh in ("2900", was):
        consumption.fill(kwh)
        button(inside, "Speichern").click()
        expect(inside.get_by_text("bidder2 ist geändert.")).to_be_visible()
    with page.expect_download() as told:
        button(inside, "Gespeicherte Daten herunterladen").click()
    assert told.value.suggested_filename == "bidder2.json"
    assert '"bidder2"' in told.value.path().read_text()
    inside.get_by_label("CLS-Box").fill("127.0.1.11")
    button(inside, "Speichern").click()
    expect(inside.get_by_role("alert")).to_contain_text("die Box gehört zu jemand anderem")
    button(inside, "Schließen").click()
    expect(page.get_by_role("row").filter(has_text="bidder2")).to_contain_text("127.0.1.13")

"""What the EVU and administrators look after: prices, rules, what is stuck, audits, who did what, settlement files."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.portal import Portal, button, dialog
from tests.local_system import RunningSystem

MANAGER = "background-manager-logic"


def test_prices_are_proposed_to_the_governors_and_taken_back(
    page: Page, portal: Portal, running_system: RunningSystem
) -> None:
    """Nothing changes by a proposal alone; what cannot be right is not sent."""
    portal.enter(page, "evu", "/operation/rules")
    before = page.get_by_test_id("evu-buy").inner_text()
    button(page, "Preise ändern").click()
    change = dialog(page, "Neue Preise vorschlagen")
    change.get_by_label("Ankauf").fill("9000")
    expect(change.get_by_role("alert")).to_have_text("Der Verkauf darf nicht unter dem Ankauf liegen.")
    expect(button(change, "Vorschlagen")).to_be_disabled()
    change.get_by_label("Ankauf").fill("7,77")
    button(change, "Vorschlagen").dblclick()
    expect(change.get_by_role("status")).to_contain_text("liegt den Verantwortlichen vor.")
    button(change, "Schließen").click()
    proposal = page.get_by_role("article").filter(has_text="7,77").filter(has_text="Offen").first
    expect(proposal).to_contain_text("0 von 2 nötigen Zustimmungen")
    expect(page.get_by_test_id("evu-buy")).to_have_text(before)
    button(proposal, "Zurücknehmen").click()
    asked = dialog(page, "Vorschlag zurücknehmen")
    button(asked, "Zurücknehmen").click()
    expect(asked.get_by_role("status")).to_have_text("Der Vorschlag ist zurückgenommen.")
    button(asked, "Schließen").click()
    told = running_system.get("evu", MANAGER, "/market/proposals", status="open", limit=100)["items"]
    assert not [one for one in told if one["changes"][0]["prices"] and "7.77" in str(one["changes"][0]["prices"])]


def test_what_is_stuck_is_told(page: Page, portal: Portal, running_system: RunningSystem) -> None:
    told = running_system.get("evu", MANAGER, "/market/stuck")
    portal.enter(page, "evu", "/operation/stuck")
    if told["items"]:
        expect(page.get_by_role("article").first).to_be_visible()
    else:
        expect(page.get_by_text("Nichts ist stecken geblieben.")).to_be_visible()


def test_an_audit_is_started_and_finds_the_chain_to_be_right(page: Page, portal: Portal) -> None:
    portal.enter(page, "admin", "/developer/audit")
    button(page, "Prüfung starten").click()
    expect(page.get_by_role("heading", name="Prüfung läuft")).to_be_visible()
    last = page.get_by_role("region", name="Letztes Ergebnis")
    expect(last).to_contain_text("Kette und Regeln stimmen überein", timeout=300_000)


def test_the_access_log_says_who_looked(page: Page, portal: Portal) -> None:
    """An administrator opened the participants: that is another person's data."""
    portal.enter(page, "admin", "/developer/participants")
    expect(page.get_by_role("table")).to_be_visible()
    page.goto(f"{portal.url.rstrip('/')}/developer/accesses")
    page.get_by_label("Wer").fill("admin")
    button(page, "Anzeigen").click()
    expect(page.get_by_role("table").get_by_text("/participants", exact=False).first).to_be_visible()
    page.get_by_label("Wer").fill("nobody-of-that-name")
    button(page, "Anzeigen").click()
    expect(page.get_by_text("Nichts passt zu dieser Auswahl.")).to_be_visible()


def test_a_settlement_file_is_made_and_downloaded(page: Page, portal: Portal, tmp_path: Path) -> None:
    portal.enter(page, "seller", "/market/settlements")
    button(page, "Abrechnung erstellen").click()
    row = page.locator("tr[data-settlement]").first
    expect(row).to_contain_text("fertig", timeout=300_000)
    with page.expect_download() as waited:
        row.get_by_role("button", name="CSV").click()
    waited.value.save_as(tmp_path / "settlement.csv")
    assert (tmp_path / "settlement.csv").stat().st_size > 0


def test_what_something_depends_on_is_not_removed(page: Page, portal: Portal) -> None:
    """The dialog says so and stays; nothing is lost."""
    portal.enter(page, "admin", "/developer/boxes")
    box = page.get_by_role("row").filter(has_text="seller").first
    button_name = "Entfernen: seller"
    box.get_by_role("button", name=button_name).click()
    asked = dialog(page, "CLS-Box „seller“ entfernen")
    button(asked, "Entfernen").click()
    expect(asked.get_by_role("alert")).to_contain_text("Nichts ist entfernt")
    expect(asked.get_by_role("alert")).to_contain_text("depends on it")
    button(asked, "Abbrechen").click()
    expect(box).to_be_visible()

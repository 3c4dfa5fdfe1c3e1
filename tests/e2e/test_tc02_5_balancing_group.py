"""TC02.5 Balancing group overview, at the portal; and money, which the EVU credits and people move."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.portal import Portal, button, dialog


def test_tc02_5_ts01_the_overview_is_shown_at_once(page: Page, portal: Portal) -> None:
    portal.enter(page, "evu")
    expect(page.get_by_role("heading", name="Bilanzkreis", level=1)).to_be_visible()
    expect(page.get_by_role("img", name="Bilanzkreis")).to_be_visible()


def test_tc02_5_ts02_energy_stands_there_per_slot(page: Page, portal: Portal, tmp_path: Path) -> None:
    """As a table, a drawn diagram, and a file."""
    portal.enter(page, "evu")
    expect(page.locator("app-chart canvas")).to_be_visible()
    table = page.get_by_role("table")
    for head in ("Erzeugt", "Verbraucht", "Gehandelt", "Saldo"):
        expect(table.get_by_role("columnheader", name=head)).to_be_visible()
    expect(table.get_by_role("rowheader").first).to_contain_text("00:00")
    for name, begin in (("CSV", b"slot_start"), ("Excel", b"PK")):
        with page.expect_download() as waited:
            button(page, name).click()
        waited.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begin)


def test_money_is_credited_paid_in_and_withdrawn(page: Page, portal: Portal) -> None:
    """The same person afterwards has what was credited, outside of the market."""
    account = str(portal.users["bidder2"]["attributes"]["eos_account"])
    portal.enter(page, "evu", "/market/account")
    button(page, "Einzahlung gutschreiben").click()
    credit = dialog(page, "Einzahlung gutschreiben")
    credit.get_by_label("EOS-Account des Teilnehmers").fill(account)
    credit.get_by_label("Betrag").fill("5,25")
    button(credit, "Gutschreiben").dblclick()
    expect(credit.get_by_role("status")).to_have_text("5,25\u00a0€ sind gutgeschrieben.")
    button(credit, "Schließen").click()
    button(page, "Benutzer: evu").click()
    page.get_by_role("menuitem", name="Abmelden", exact=True).click()

    portal.sign_in(page, "bidder2")
    page.get_by_role("link", name="Konto").click()
    for opened, title, submit, done in (
        ("Einzahlen", "In den Markt einzahlen", "Einzahlen", "5,25\u00a0€ sind eingezahlt."),
        ("Auszahlen", "Aus dem Markt auszahlen", "Auszahlen", "5,25\u00a0€ sind ausgezahlt."),
    ):
        button(page, opened).click()
        money = dialog(page, title)
        money.get_by_label("Betrag").fill("100000")
        expect(money.get_by_role("alert")).to_contain_text("Das ist mehr als")
        money.get_by_label("Betrag").fill("5,25")
        button(money, submit).dblclick()
        expect(money.get_by_role("status")).to_have_text(done)
        button(money, "Schließen").click()

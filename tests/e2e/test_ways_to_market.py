"""The ways to market beside offers and bids: passive contracts, peer-to-peer deals, secondary market and Power2X."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.portal import Portal, button, dialog
from tests.e2e.slots import UNIT, find_slot
from tests.local_system import RunningSystem

MANAGER = "background-manager-logic"


def test_a_passive_contract_is_proposed_accepted_and_ended(page: Page, portal: Portal) -> None:
    """The EVU proposes, the owner accepts at his box, the EVU ends it before its first day: nothing of it stays."""
    portal.enter(page, "evu", "/market/passive")
    button(page, "Vertrag vorschlagen").click()
    proposal = dialog(page, "Abnahmevertrag vorschlagen")
    _choose(page, proposal, "unit", UNIT)
    proposal.get_by_label("Preis").fill("9,75")
    button(proposal, "Vorschlagen").dblclick()
    expect(proposal.get_by_role("status")).to_have_text("Der Vertrag ist vorgeschlagen.")
    button(proposal, "Schließen").click()
    expect(_row(page, "9,75", "Vorgeschlagen")).to_be_visible()
    _sign_out(page, "evu")

    portal.enter(page, "seller", "/market/passive")
    button(_row(page, "9,75", "Vorgeschlagen"), "Annehmen").click()
    answer = dialog(page, "Abnahmevertrag annehmen")
    expect(answer).to_contain_text("9,75\u00a0ct/kWh")
    button(answer, "Verbindlich annehmen").dblclick()
    expect(answer.get_by_role("status")).to_have_text("Der Abnahmevertrag ist geschlossen.")
    button(answer, "Schließen").click()
    expect(_row(page, "9,75", "Vereinbart")).to_be_visible()
    _sign_out(page, "seller")

    portal.enter(page, "evu", "/market/passive")
    button(_row(page, "9,75", "Vereinbart"), "Beenden").click()
    end = dialog(page, "Abnahmevertrag beenden")
    button(end, "Beenden").click()
    expect(end.get_by_role("status")).to_have_text("Der Vertrag ist aufgehoben, bevor er begonnen hat.")
    button(end, "Schließen").click()
    expect(_row(page, "9,75", "Vereinbart")).to_have_count(0)


def test_a_deal_is_proposed_and_refused_then_accepted(
    page: Page, portal: Portal, running_system: RunningSystem
) -> None:
    """The buyer refuses the first one; the second one he accepts, and it becomes a sold offer."""
    buyer = str(portal.users["bidder2"]["attributes"]["eos_account"])
    slot = find_slot(running_system)
    for answer, done, state in (
        ("Ablehnen", "Der Vorschlag ist abgelehnt.", "Zurückgenommen"),
        ("Annehmen", "Der Direktvertrag ist geschlossen.", "Vereinbart"),
    ):
        portal.enter(page, "seller", "/market/deals")
        button(page, "Direktvertrag vorschlagen").click()
        proposal = dialog(page, "Direktvertrag vorschlagen")
        _choose(page, proposal, "date", slot.day)
        _choose(page, proposal, "slot", slot.time)
        expect(proposal.get_by_text("Für diesen Zeitraum können Sie bis zu")).to_be_visible()
        proposal.get_by_label("Energiemenge").fill("0,01")
        proposal.get_by_label("Preis").fill("11,25")
        proposal.get_by_label("EOS-Account des Käufers").fill(buyer)
        button(proposal, "Vorschlagen").dblclick()
        expect(proposal.get_by_role("status")).to_have_text("Der Direktvertrag ist vorgeschlagen.")
        button(proposal, "Schließen").click()
        expect(_row(page, f"Sie verkaufen an {buyer}", "Vorgeschlagen")).to_be_visible()
        _sign_out(page, "seller")

        portal.enter(page, "bidder2", "/market/deals")
        button(_row(page, "Sie kaufen von", "Vorgeschlagen"), answer).click()
        asked = page.get_by_role("dialog")
        button(asked, "Verbindlich annehmen" if answer == "Annehmen" else answer).dblclick()
        expect(asked.get_by_role("status")).to_have_text(done)
        button(asked, "Schließen").click()
        expect(page.locator("tr", has_text="11,25").first).to_contain_text(state)
        _sign_out(page, "bidder2")


def test_the_evu_sees_what_passed_to_it(page: Page, portal: Portal, running_system: RunningSystem) -> None:
    """What the route tells of today stands in the table; what a day without anything means is said."""
    told = running_system.get("evu", MANAGER, "/market/secondary")
    portal.enter(page, "evu", "/market/secondary")
    if told["items"]:
        expect(page.get_by_role("img", name="Sekundärmarkt")).to_be_visible()
        assert page.get_by_role("table").get_by_role("rowheader").count() >= len(told["items"]) + 1
    else:
        expect(page.get_by_text("An diesem Tag ist nichts an Sie übergegangen.")).to_be_visible()
    button(page, "Tag danach").click()
    expect(page.get_by_text("An diesem Tag ist nichts an Sie übergegangen.")).to_be_visible()


def test_tokens_are_minted_for_what_was_taken_over(page: Page, portal: Portal, running_system: RunningSystem) -> None:
    """One token, where a slot has a whole kWh; the balance grows by it. Else the page says what it takes."""
    told = running_system.get("evu", MANAGER, "/market/p2x")
    portal.enter(page, "evu", "/market/power2x")
    expect(page.get_by_test_id("ptx")).to_have_text(f"{told['ptx_balance']} PTX")
    if not told["mintable_kwh"]:
        expect(page.get_by_text("Zurzeit lassen sich keine Token erzeugen.")).to_be_visible()
        return
    page.get_by_role("button", name=re.compile("^Token erzeugen: ")).first.click()
    mint = dialog(page, "Token erzeugen")
    mint.get_by_label("Energiemenge").fill("1")
    button(mint, "Erzeugen").dblclick()
    expect(mint.get_by_role("status")).to_have_text("1 PTX sind erzeugt.")
    button(mint, "Schließen").click()
    expect(page.get_by_test_id("ptx")).to_have_text(f"{told['ptx_balance'] + 1} PTX")


def _choose(page: Page, inside: Locator, name: str, text: str) -> None:
    inside.get_by_test_id(name).press("Enter")
    page.get_by_role("option").filter(has_text=text).first.click()
    expect(page.get_by_role("listbox")).to_have_count(0)


def _row(page: Page, *words: str) -> Locator:
    found = page.locator("tbody tr")
    for word in words:
        found = found.filter(has_text=word)
    return found


def _sign_out(page: Page, role: str) -> None:
    button(page, f"Benutzer: {role}").click()
    page.get_by_role("menuitem", name="Abmelden", exact=True).click()
    expect(page.get_by_label("Benutzername oder E-Mail")).to_be_visible()

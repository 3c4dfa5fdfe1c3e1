"""TC01.4 Register EOSIO user, at the portal: an account whose key the newcomer's box has in its TPM."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.newcomer import BOX, Newcomer
from tests.e2e.portal import Portal, button, dialog


@pytest.fixture(autouse=True)
def _box_meter_unit_and_owner_are_there(newcomer: Newcomer) -> None:
    """TC01.1 to TC01.3 passed."""
    newcomer.add_unit()
    newcomer.add_meter()
    newcomer.add_participant()


def _opened(page: Page, portal: Portal) -> Locator:
    portal.enter(page, "admin")
    button(page, "Registrierung eines Eos Accounts").click()
    return dialog(page, "Registrierung eines neuen EOS Accounts durch einen Administrator")


def test_tc01_4_ts01_the_dialog_opens(page: Page, portal: Portal) -> None:
    """A pseudonym is suggested; a name with other characters is not accepted."""
    account = _opened(page, portal)
    name = account.get_by_label("EOS-Account-Name")
    expect(name).to_have_value(re.compile("^[a-z][a-z1-5]{11}$"))
    account.get_by_role("radio", name=BOX.address).check()
    name.fill("Herr Müller")
    expect(button(account, "Registrieren")).to_be_disabled()
    button(account, "Anderen Namen vorschlagen").click()
    expect(name).to_have_value(re.compile("^[a-z][a-z1-5]{11}$"))
    expect(button(account, "Registrieren")).to_be_enabled()


def test_tc01_4_ts02_the_account_has_the_tpms_key(page: Page, portal: Portal, newcomer: Newcomer) -> None:
    if newcomer.find_account() is not None:
        pytest.skip("the box has its account on this system already")
    account = _opened(page, portal)
    name = account.get_by_label("EOS-Account-Name").input_value()
    account.get_by_role("radio", name=BOX.address).check()
    button(account, "Registrieren").dblclick()
    expect(account.get_by_role("status").filter(has_text=name)).to_have_text(f"Der Account {name} ist registriert.")
    expect(account).to_contain_text(BOX.serial_number)
    known = newcomer.find_account()
    assert known is not None
    assert known["account_name"] == name
    assert known["attested"]
    expect(account).to_contain_text(known["public_key"])

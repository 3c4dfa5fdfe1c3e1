"""The rules of participants, boxes and units."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.background_manager_logic.domain import (
    Participant,
    box_address,
    checked_changes,
    eos_name,
    mastr_number,
)
from services.background_manager_logic.errors import Unfit

VPN = (ip_network("10.8.0.0/16"), ip_network("fd00::/8"))
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOBODY = Participant(
    sub="s",
    username="u",
    email=None,
    cls_box_ip=None,
    eos_account=None,
    betreiber_mastr_nr=None,
    kwh_annum=None,
    salt=None,
    disabled=False,
    mirrored=False,
    version=1,
    created_at=NOW,
    updated_at=NOW,
)


@pytest.mark.parametrize(
    ("text", "address"), [("10.8.0.1", "10.8.0.1"), ("fd00:0:0::1", "fd00::1"), ("FD00::AB", "fd00::ab")]
)
def test_box_address_has_one_spelling(text: str, address: str) -> None:
    assert box_address(text, VPN) == address


@pytest.mark.parametrize("text", ["10.9.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.8.0.1", "10.8.0.01"])
def test_box_address_outside_of_the_boxes_networks_is_refused(text: str) -> None:
    with pytest.raises(Unfit) as refusal:
        box_address(text, VPN, "cls_box_ip")
    assert refusal.value.field == "cls_box_ip"


@settings(deadline=None)
@given(st.text(max_size=50))
def test_box_address_is_an_address_or_refused(text: str) -> None:
    with suppress(Unfit):
        assert ip_network(box_address(text, VPN)).num_addresses == 1


def test_numbers_of_the_register_have_a_check_digit() -> None:
    assert mastr_number("SEE900000000119", "nr") == "SEE900000000119"
    with pytest.raises(Unfit, match="check digit"):
        mastr_number("SEE900000000118", "nr")


@pytest.mark.parametrize("name", ["", "Upper", "a.", "abcdefghijklm", "a6"])
def test_an_account_is_a_name_of_the_chain(name: str) -> None:
    with pytest.raises(Unfit, match="account name"):
        eos_name(name)
    assert eos_name("sellerabcde1") == "sellerabcde1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cls_box_ip": "8.8.8.8"}, "cls_box_ip"),
        ({"betreiber_mastr_nr": "ABR1"}, "betreiber_mastr_nr"),
        ({"eos_account": "A"}, "eos_account"),
        ({"salt": "zz"}, "salt"),
    ],
)
def test_changes_are_looked_at_one_by_one(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Unfit) as refusal:
        checked_changes(changes, VPN)
    assert refusal.value.field == field


def test_changes_take_values_back_and_leave_others() -> None:
    changes = {"cls_box_ip": None, "eos_account": None, "betreiber_mastr_nr": None, "salt": None, "kwh_annum": 7}
    assert checked_changes(changes, VPN) == changes
    given_values = {"cls_box_ip": "FD00::1", "eos_account": "abc", "salt": "5a" * 8, "disabled": True}
    assert checked_changes(given_values, VPN) == {**given_values, "cls_box_ip": "fd00::1"}


def test_attributes_say_what_the_record_says() -> None:
    assert set(NOBODY.attributes().values()) == {""}
    assert replace(NOBODY, kwh_annum=0).attributes()["custom:kwh_annum"] == "0"
    known = replace(NOBODY, cls_box_ip="10.8.0.1", eos_account="abc", betreiber_mastr_nr="ABR900000000119")
    assert known.attributes() == {
        "custom:betreiber_mastr_nr": "ABR900000000119",
        "custom:eos_account": "abc",
        "custom:cls_box_ip": "10.8.0.1",
        "custom:kwh_annum": "",
    }

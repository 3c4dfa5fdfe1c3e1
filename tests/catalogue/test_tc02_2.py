"""TC02.2 Place offer: the newcomer offers what his unit is expected to generate."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.catalogue.world import FORECAST, LEM, MANAGER, NEWCOMER, QUARTER_S, UNIT, World, iso, moment

ENERGY_WH, PRICE = 300, "21.5000"


@pytest.fixture(scope="module")
def slot(world: World, forecast: None) -> int:
    """A quarter hour whose gate stays open for a while; the newcomer has money against a shortfall."""
    world.pay_in("newcomer")
    found = (int(time.time()) + 1800) // QUARTER_S * QUARTER_S + QUARTER_S
    world.wait_for_maximum(found)
    return found


@pytest.fixture(scope="module")
def offer(world: World, slot: int) -> dict[str, Any]:
    """The offer that TS06 places."""
    return place(world, slot, ENERGY_WH)


def place(world: World, slot: int, energy_wh: int) -> dict[str, Any]:
    body = {"unit_mastr_nr": UNIT, "slot_start": iso(slot), "energy_wh": energy_wh, "start_price_ct_per_kwh": PRICE}
    return world.made("newcomer", f"{MANAGER}/market/offer", **body)


@pytest.mark.usefixtures("slot")
def test_tc02_2_ts01_a_user_signs_in(world: World) -> None:
    """A person sees "Lokaler Energiemarkt"; here the token with his attributes, and the market behind the page."""
    assert world.sign_in("newcomer")["access_token"]
    assert isinstance(world.items("newcomer", f"{MANAGER}/market/offers"), list)
    (record,) = [entry for entry in world.items("admin", f"{MANAGER}/participants") if entry["username"] == "newcomer"]
    account = world.account()
    assert account is not None
    assert record["betreiber_mastr_nr"] == NEWCOMER.operator_nr
    assert record["eos_account"] == account["account_name"]
    assert record["cls_box_ip"] == NEWCOMER.address
    assert record["kwh_annum"] == NEWCOMER.kwh_annum


@pytest.mark.usefixtures("slot")
def test_tc02_2_ts02_the_dialog_shows_the_users_units(world: World) -> None:
    """A person opens "Angebot einstellen"; here the units behind the dialog: his own, on the market."""
    assert [unit["mastr_nr"] for unit in world.items("newcomer", f"{MANAGER}/units")] == [UNIT]
    named = [unit["unit_mastr_nr"] for unit in world.items("newcomer", f"{MANAGER}/market/units", market=LEM)]
    assert {number for number in named if number is not None} == {UNIT}


@pytest.mark.usefixtures("slot")
def test_tc02_2_ts03_a_unit_is_chosen(world: World) -> None:
    """A person chooses by MaStR number or name; a unit of somebody else's is not his to see."""
    unit = world.got("newcomer", f"{MANAGER}/unit/{UNIT}")
    assert unit["mastr_nr"] == UNIT
    assert unit["name"]
    assert world.ask("newcomer", "GET", f"{MANAGER}/unit/SEE900000000119").status_code in (403, 404)


def test_tc02_2_ts04_a_slot_is_chosen(world: World, slot: int) -> None:
    """A person chooses date and time of a quarter hour; a time between two is refused."""
    told = world.got("newcomer", f"{FORECAST}/timeslots", timestamp=iso(slot), mastr_nr=UNIT)["items"]
    assert [(moment(entry["start"]), entry["duration_s"]) for entry in told] == [(slot, QUARTER_S)]
    body = {"unit_mastr_nr": UNIT, "energy_wh": 1, "start_price_ct_per_kwh": PRICE}
    for wrong in (slot + 60, slot - 7 * 86_400):
        answer = world.ask("newcomer", "POST", f"{MANAGER}/market/offer", {**body, "slot_start": iso(wrong)})
        assert answer.status_code in (400, 409), answer.text


def test_tc02_2_ts05_amount_and_price_are_chosen(world: World, slot: int) -> None:
    """At most what is expected: generation less the household's consumption, from the Forecast-Connector."""
    told = world.got("newcomer", f"{FORECAST}/max-offer", mastr_nr=UNIT, slot_start=iso(slot))
    assert 0 < told["consumption_wh"] < told["generation_wh"]
    assert told["max_energy_wh"] == told["generation_wh"] - told["consumption_wh"]
    assert told["max_energy_wh"] == world.wait_for_maximum(slot)
    body = {"unit_mastr_nr": UNIT, "slot_start": iso(slot), "start_price_ct_per_kwh": PRICE}
    more = {**body, "energy_wh": told["max_energy_wh"] + 1}
    answer = world.ask("newcomer", "POST", f"{MANAGER}/market/offer", more)
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-OFF-03")
    cheap = {**body, "energy_wh": 1, "start_price_ct_per_kwh": "0.0001"}
    answer = world.ask("newcomer", "POST", f"{MANAGER}/market/offer", cheap)
    assert (answer.status_code, answer.json()["rule"]) == (409, "M-OFF-04")


def test_tc02_2_ts06_the_offer_is_placed(world: World, slot: int, offer: dict[str, Any]) -> None:
    """A person confirms with "Angebot einstellen"; it is signed by the TPM of his own box."""
    assert offer["transaction_id"]
    assert offer["offer_id"]
    (row,) = [row for row in world.rows("tbimarket", "offers", LEM) if row["id"] == offer["offer_id"]]
    account = world.account()
    assert account is not None
    assert (row["seller"], row["slot"], row["energy_wh"]) == (account["account_name"], slot, ENERGY_WH)


def test_tc02_2_ts07_the_offer_is_in_the_overview(world: World, slot: int, offer: dict[str, Any]) -> None:
    """A person looks at the overview of offers; here the list behind it, for him and for everybody."""
    for role in ("newcomer", "bidder1"):
        listed = world.items(role, f"{MANAGER}/market/offers", slot_start=iso(slot))
        (found,) = [entry for entry in listed if entry["offer_id"] == offer["offer_id"]]
        assert (found["status"], found["energy_wh"], found["start_price_ct_per_kwh"]) == ("open", ENERGY_WH, PRICE)
        assert found["mine"] is (role == "newcomer")
    mine = world.items("newcomer", f"{MANAGER}/market/offers", mine="true")
    assert offer["offer_id"] in [entry["offer_id"] for entry in mine]

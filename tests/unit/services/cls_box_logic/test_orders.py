"""Orders: parsed at the edge, held against the box's limits, turned into actions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.values import EosName, MastrNumber, Money, Price, Slot, WattHours
from services.cls_box_logic.domain.orders import (
    Bid,
    Deposit,
    Limits,
    Offer,
    Withdrawal,
    check_bid,
    check_offer,
    check_transfer,
    key_from,
    parse_amount,
    parse_slot,
)
from services.cls_box_logic.errors import NotAllowedHere

LEM, ME = EosName("lem"), EosName("sellerabcde1")
UNIT = MastrNumber("SEE900000000119")
LIMITS = Limits(WattHours(5000), Price(10_000), Price(500_000), Money(100_000_000))


def offer(energy: int = 1000, price: int = 280_000) -> Offer:
    return Offer(LEM, UNIT, Slot(1_795_305_600), WattHours(energy), Price(price), 42)


def test_an_offer_becomes_the_contracts_action() -> None:
    assert offer().action(ME, 7) == {
        "account": "tbimarket",
        "name": "offer",
        "data": {
            "market": "lem",
            "seller": "sellerabcde1",
            "unit": 7,
            "slot": 1_795_305_600,
            "energy_wh": 1000,
            "start_price": 280_000,
            "key": 42,
        },
    }


def test_a_bid_becomes_the_contracts_action() -> None:
    data = {"market": "lem", "bidder": "sellerabcde1", "offer": 9, "price": 287_500}
    assert Bid(LEM, 9, Price.from_ct_per_kwh("28.75")).action(ME)["data"] == data


def test_a_deposit_is_a_transfer_to_the_market_whose_memo_names_it() -> None:
    action = Deposit(LEM, parse_amount("12.34")).action(ME)
    assert (action["account"], action["name"]) == ("tbitoken", "transfer")
    wanted = {"from": "sellerabcde1", "to": "tbimarket", "quantity": "12.340000 EUR", "memo": "lem"}
    assert action["data"] == wanted


def test_a_withdrawal_names_its_owner() -> None:
    action = Withdrawal(LEM, parse_amount("0.000001")).action(ME)
    assert action["data"] == {"market": "lem", "owner": "sellerabcde1", "quantity": "0.000001 EUR"}


def test_the_box_signs_for_its_own_units_and_within_its_limits_only() -> None:
    check_offer(offer(), {UNIT}, LIMITS)
    for wrong, units in (
        (offer(), set[str]()),
        (offer(energy=5001), {str(UNIT)}),
        (offer(price=9_999), {str(UNIT)}),
        (offer(price=500_001), {str(UNIT)}),
    ):
        with pytest.raises(NotAllowedHere):
            check_offer(wrong, units, LIMITS)
    check_bid(Bid(LEM, 1, Price(500_000)), LIMITS)
    with pytest.raises(NotAllowedHere):
        check_bid(Bid(LEM, 1, Price(500_001)), LIMITS)
    check_transfer(Money(100_000_000), LIMITS)
    with pytest.raises(NotAllowedHere):
        check_transfer(Money(100_000_001), LIMITS)


@pytest.mark.parametrize("text", ["0", "0.000000", "-1", "1,5", "1.0000001", "", "1e3", "٣"])
def test_an_amount_is_a_positive_decimal(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_amount(text)


def test_a_time_without_offset_is_berlins() -> None:
    assert parse_slot("2026-11-22T10:15:00Z") == int(datetime(2026, 11, 22, 10, 15, tzinfo=UTC).timestamp())
    assert parse_slot("2026-11-22T11:15:00") == parse_slot("2026-11-22T10:15:00Z")
    assert parse_slot("2026-07-01T11:15:00") == parse_slot("2026-07-01T09:15:00+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-25T02:30:00",  # twice in that night
        "2026-03-29T02:30:00",  # never in that night
        "1900-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-11-22T10:15:00.5Z",
        "soon",
    ],
)
def test_a_time_that_names_no_slot_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_slot(text)


@given(st.text(), st.text())
def test_m_off_07_the_same_request_gives_the_same_64_bit_key(one: str, other: str) -> None:
    if not one.isascii() or not other.isascii():
        return
    assert 0 <= key_from(one) < 2**64
    assert (key_from(one) == key_from(other)) == (one == other)

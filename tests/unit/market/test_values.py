from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.values import UINT32_MAX, EosName, MastrNumber, Money, Price, Slot, WattHours, amount, salted_hash, slot_key


@pytest.mark.parametrize(
    ("text", "units"), [("28.75", 287500), ("28.7500", 287500), ("0", 0), ("0.0001", 1), ("8", 80000)]
)
def test_price_reads_and_writes_ct_per_kwh(text: str, units: int) -> None:
    assert Price.from_ct_per_kwh(text) == units
    assert Price.from_ct_per_kwh(Price(units).ct_per_kwh) == units


@pytest.mark.parametrize("text", ["", "28,75", "-1", "1.00001", "1e3", "NaN", " 1", "1.", "٣", "999999999999"])
def test_price_refuses_what_is_no_price(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal text|EUR|must be"):
        Price.from_ct_per_kwh(text)


def test_price_refuses_a_number_in_place_of_a_text() -> None:
    with pytest.raises(ValueError, match="decimal text"):
        Price.from_ct_per_kwh(28.75)  # type: ignore[arg-type]


@given(st.integers(-(2**62) + 1, 2**62 - 1))
def test_money_survives_its_asset_form(units: int) -> None:
    assert Money.from_asset(Money(units).asset) == units


def test_money_is_written_with_six_places() -> None:
    assert Money.from_eur("12.34").asset == "12.340000 EUR"
    assert Money(-1).eur == "-0.000001"


@pytest.mark.parametrize("text", ["1.00 EUR", "1.000000 USD", "1.000000", "one EUR"])
def test_money_refuses_other_assets(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal text|EUR|must be"):
        Money.from_asset(text)


def test_money_refuses_what_an_asset_cannot_hold() -> None:
    with pytest.raises(ValueError, match="must lie within"):
        Money(2**62)


@pytest.mark.parametrize("value", [-1, UINT32_MAX + 1, True])
def test_energy_refuses_what_the_contract_cannot_hold(value: int) -> None:
    with pytest.raises(ValueError, match="energy_wh"):
        WattHours(value)


@pytest.mark.parametrize("text", ["lem", "tbiadmin", "a.b", "abcdefghijkl", "12345"])
def test_eos_name_accepts(text: str) -> None:
    assert EosName(text) == text


@pytest.mark.parametrize("text", ["", "tbiAdmin", "abcdefghijklm", "a.", "6", "a_b", "lem\n"])
def test_eos_name_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="EOSIO name"):
        EosName(text)


def test_mastr_number_checks_its_check_digit() -> None:
    digits = "93456789012"
    number = f"SEE{digits}{MastrNumber.check_digit(digits)}"
    assert MastrNumber(number) == number
    with pytest.raises(ValueError, match="check digit"):
        MastrNumber("SEE912345678901")


@pytest.mark.parametrize("text", ["SEE91234567890", "see912345678901", "SEE812345678901", ""])
def test_mastr_number_refuses_another_form(text: str) -> None:
    with pytest.raises(ValueError, match="3 capital letters"):
        MastrNumber(text)


def test_slot_needs_a_zone_and_a_whole_second() -> None:
    moment = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)
    assert Slot.from_datetime(moment).start == moment
    with pytest.raises(ValueError, match="time zone"):
        Slot.from_datetime(moment.replace(tzinfo=None))
    with pytest.raises(ValueError, match="whole second"):
        Slot.from_datetime(moment.replace(microsecond=1))


@given(st.integers(0, UINT32_MAX), st.integers(0, UINT32_MAX))
def test_amount_rounds_down_and_always_fits_64_bits(energy_wh: int, price: int) -> None:
    units = amount(energy_wh, price)
    assert units * 1000 <= energy_wh * price < (units + 1) * 1000
    assert energy_wh * price < 2**64


@given(st.integers(0, UINT32_MAX), st.integers(0, UINT32_MAX))
def test_slot_key_keeps_both_halves(slot: int, number: int) -> None:
    assert (slot_key(slot, number) >> 32, slot_key(slot, number) & UINT32_MAX) == (slot, number)


def test_m_prv_01_the_same_number_looks_different_under_another_salt() -> None:
    assert len(salted_hash(b"salt", "SEE1")) == 32
    assert salted_hash(b"salt", "SEE1") != salted_hash(b"pepper", "SEE1")

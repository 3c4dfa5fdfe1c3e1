"""Numbers in cells: what is unmistakable is read exactly, anything else refused."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.forecast_connector.domain.numbers import FACTORS, MAX_WH, Converter, parse_number, to_wh

DECIMALS = st.decimals(0, 10**6, allow_nan=False, allow_infinity=False, places=6)


@given(DECIMALS)
def test_a_german_decimal_comma_is_read_exactly(amount: object) -> None:
    assert parse_number(str(amount).replace(".", ",")) == Fraction(str(amount))


@given(st.integers(1000, 10**9), st.integers(0, 99))
def test_thousands_with_points_are_read_where_a_comma_follows(whole: int, cents: int) -> None:
    text = f"{whole:,}".replace(",", ".") + f",{cents:02d}"
    assert parse_number(text) == Fraction(whole * 100 + cents, 100)


@given(st.floats(0, 1e6, allow_nan=False), st.sampled_from(sorted(FACTORS)))
def test_the_fast_way_says_the_same_as_the_exact_one(number: float, unit: str) -> None:
    factor = FACTORS[unit]
    exact = math.floor(Fraction(repr(number)) * factor + Fraction(1, 2))
    beside_the_half = abs((Fraction(repr(number)) * factor + Fraction(1, 2)) % 1 - Fraction(1, 2)) < Fraction(499, 1000)
    if exact > MAX_WH:
        with pytest.raises(ValueError, match="too large"):
            Converter(factor)(number)
    elif beside_the_half:
        assert Converter(factor)(number) == exact == to_wh(number, factor)


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.none(), st.binary(max_size=3)))
def test_any_cell_is_an_amount_of_wh_blank_or_a_value_error(cell: object) -> None:
    try:
        energy = Converter(Fraction(250))(cell)
    except ValueError:
        return
    assert energy is None or 0 <= energy <= MAX_WH


def test_kilowatts_are_the_mean_of_the_quarter_hour() -> None:
    assert to_wh(4, FACTORS["kw"]) == 1000
    assert to_wh(1, FACTORS["kwh"]) == 1000
    assert to_wh("0,5", FACTORS["kwh"]) == 500
    assert to_wh("0.250", FACTORS["kwh"]) == 250


@pytest.mark.parametrize("half", [0.0005, "0,0005", Fraction(1, 2000)])
def test_halves_are_rounded_up(half: object) -> None:
    if isinstance(half, Fraction):
        half = float(half)
    assert Converter(FACTORS["kwh"])(half) == 1


@pytest.mark.parametrize("blank", [None, "", "   ", "\u00a0", "\t\n"])
def test_blank_is_not_zero(blank: object) -> None:
    assert Converter(FACTORS["kwh"])(blank) is None
    assert Converter(FACTORS["kwh"])(0) == 0
    assert Converter(FACTORS["kwh"])("0") == 0


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1.234", "thousands or a decimal point"),
        ("1,234.5", "no number"),
        ("1.23.4", "no number"),
        ("12,", "no number"),
        ("1e3", "no number"),
        ("٣", "no number"),
        ("-", "no number"),
        ("#N/A", "formula gives the error"),
        (-1, "not negative"),
        ("-0,5", "not negative"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        (True, "truth value"),
        (b"1", "bytes"),
        ("9" * 60, "too long"),
        (10**9, "too large"),
    ],
)
def test_what_may_mean_two_things_or_nothing_is_refused(cell: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Converter(FACTORS["kwh"])(cell)

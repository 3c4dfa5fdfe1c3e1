"""Numbers and units of measure in a workbook's cells, as integer Wh for one quarter hour."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Final

MAX_WH: Final = 2**32 - 1
"""What the chain can carry; no plant of the region comes near it in a quarter hour."""

FACTORS: Final = {
    "wh": Fraction(1),
    "kwh": Fraction(1000),
    "mwh": Fraction(1_000_000),
    "w": Fraction(1, 4),
    "kw": Fraction(250),
    "mw": Fraction(250_000),
}
"""Wh in a quarter hour for 1 of the unit; a power is the mean of the quarter hour."""

_GERMAN = re.compile(r"-?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d+)?", re.ASCII)
_POINT = re.compile(r"-?\d+\.\d+", re.ASCII)
_THOUSANDS_OR_POINT = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_HALF: Final = 0.5 + 1e-9
"""Halves are rounded up, also one that a float shows a hair below the half."""


def parse_number(value: object) -> Fraction | None:
    """The number in a cell: a number, or a text with a German decimal comma (or an unmistakable point).

    None for a blank cell, which is not zero. ValueError says why it is no number.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        raise ValueError("a truth value is no amount")
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("not a finite number")
        return Fraction(repr(value))
    if isinstance(value, str):
        return _parse_text("".join(value.split()))
    raise ValueError(f"a {type(value).__name__} is no amount; write a number")


def _parse_text(text: str) -> Fraction | None:
    if not text:
        return None
    if text.startswith("#"):
        raise ValueError(f"the formula gives the error {text[:20]}")
    if len(text) > 40:
        raise ValueError("too long for a number")
    if _THOUSANDS_OR_POINT.fullmatch(text):
        raise ValueError(f"{text!r} may mean thousands or a decimal point; write a number or a decimal comma")
    if _GERMAN.fullmatch(text):
        return Fraction(text.replace(".", "").replace(",", "."))
    if _POINT.fullmatch(text):
        return Fraction(text)
    raise ValueError(f"{text[:40]!r} is no number")


def to_wh(value: object, factor: Fraction) -> int | None:
    """The energy in a cell in whole Wh (halves up), None for a blank one. ValueError names what is wrong with it."""
    number = parse_number(value)
    if number is None:
        return None
    if number < 0:
        raise ValueError("an amount is not negative: generation and consumption are columns of their own")
    energy = math.floor(number * factor + Fraction(1, 2))
    if energy > MAX_WH:
        raise ValueError(f"{float(number):g} is too large; see whether the unit is right")
    return energy


class Converter:
    """`to_wh` with one factor, fast for the numbers that nearly all cells are."""

    def __init__(self, factor: Fraction) -> None:
        self._factor = factor
        self._float_factor = float(factor)
        self._limit = min(1e300, (MAX_WH - 1) / float(factor))

    def __call__(self, value: object) -> int | None:
        if (type(value) is float or type(value) is int) and 0 <= value < self._limit:
            return int(value * self._float_factor + _HALF)
        return to_wh(value, self._factor)

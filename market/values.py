"""The values of the market, parsed once at the edge.

All are integers or strings with a meaning of their own, so that neither a float nor an unchecked text ever carries
energy, money or a name.
Their ranges are those of the contracts' types (`contracts/README.md`, "Values").
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Self

UINT32_MAX = 2**32 - 1
MONEY_MAX = 2**62 - 1
"""What an EOSIO asset can hold."""

EUR_PRECISION = 6
PRICE_PLACES = 4
QUARTER_HOUR_S = 900


class _Uint32(int):
    _name = "value"

    def __new__(cls, value: int) -> Self:
        if isinstance(value, bool) or not 0 <= value <= UINT32_MAX:
            raise ValueError(f"{cls._name} must be a whole number from 0 to {UINT32_MAX}, got {value}")
        return super().__new__(cls, value)


class WattHours(_Uint32):
    """Energy in Wh."""

    _name = "energy_wh"


class Price(_Uint32):
    """A price in 1/10000 ct per kWh."""

    _name = "price"

    @classmethod
    def from_ct_per_kwh(cls, text: str) -> Self:
        """Reads a decimal text such as "28.75" (ct/kWh, at most 4 places); ValueError on anything else."""
        return cls(_scaled(text, PRICE_PLACES, "a price in ct/kWh"))

    @property
    def ct_per_kwh(self) -> str:
        """The price as a decimal text with 4 places: "28.7500"."""
        return f"{self // 10**PRICE_PLACES}.{self % 10**PRICE_PLACES:0{PRICE_PLACES}d}"


class Money(int):
    """An amount in units of 1e-6 EUR; may be negative."""

    def __new__(cls, value: int) -> Self:
        if not -MONEY_MAX <= value <= MONEY_MAX:
            raise ValueError(f"an amount must lie within {MONEY_MAX} units of 1e-6 EUR, got {value}")
        return super().__new__(cls, value)

    @classmethod
    def from_eur(cls, text: str) -> Self:
        """Reads a decimal text such as "12.34" (EUR, at most 6 places); ValueError on anything else."""
        return cls(_scaled(text, EUR_PRECISION, "an amount in EUR"))

    @classmethod
    def from_asset(cls, text: str) -> Self:
        """Reads an EOSIO asset such as "12.340000 EUR"; ValueError on anything else."""
        number, _, symbol = text.partition(" ")
        if symbol != "EUR" or len(number.partition(".")[2]) != EUR_PRECISION:
            raise ValueError(f"an amount of EUR with {EUR_PRECISION} places is needed, got {text!r}")
        sign = -1 if number.startswith("-") else 1
        return cls(sign * _scaled(number.lstrip("-"), EUR_PRECISION, "an amount in EUR"))

    @property
    def eur(self) -> str:
        """The amount as a decimal text with 6 places: "12.340000"."""
        units = abs(self)
        sign = "-" if self < 0 else ""
        return f"{sign}{units // 10**EUR_PRECISION}.{units % 10**EUR_PRECISION:0{EUR_PRECISION}d}"

    @property
    def asset(self) -> str:
        """The amount as an EOSIO asset: "12.340000 EUR"."""
        return f"{self.eur} EUR"


def _scaled(text: str, places: int, what: str) -> int:
    if not isinstance(text, str) or not re.fullmatch(rf"\d{{1,18}}(\.\d{{1,{places}}})?", text, re.ASCII):
        raise ValueError(f'{what} is a decimal text with at most {places} places, for example "28.75", got {text!r}')
    return int(Decimal(text).scaleb(places))


class EosName(str):
    """An account or market name on the chain: 1 to 12 of `a-z1-5.`, not ending in a dot (EOSIO `name`)."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not isinstance(text, str) or not re.fullmatch(r"[a-z1-5.]{0,11}[a-z1-5]", text, re.ASCII):
            raise ValueError(f"an EOSIO name has 1 to 12 of the characters a-z, 1-5 and dot, got {text!r}")
        return super().__new__(cls, text)


class MastrNumber(str):
    """A number of the Marktstammdatenregister: three letters, a 9, ten digits and a check digit.

    The check digit is that of EAN over the first eleven digits (BNetzA, Nummernkonzept 2016).
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not isinstance(text, str) or not re.fullmatch(r"[A-Z]{3}9\d{11}", text, re.ASCII):
            raise ValueError(f"a MaStR number has 3 capital letters, a 9 and 11 more digits, got {text!r}")
        if int(text[-1]) != cls.check_digit(text[3:-1]):
            raise ValueError(f"the check digit of {text} is wrong: a digit was mistyped")
        return super().__new__(cls, text)

    @staticmethod
    def check_digit(first_eleven: str) -> int:
        """The check digit to the eleven digits before it."""
        return -(3 * sum(map(int, first_eleven[::2])) + sum(map(int, first_eleven[1::2]))) % 10


class Slot(_Uint32):
    """A slot, named by its start in seconds since the epoch (UTC)."""

    _name = "slot"

    @classmethod
    def from_datetime(cls, moment: datetime) -> Self:
        """The slot that starts at `moment` (with offset); ValueError without offset or on a fraction of a second."""
        if moment.tzinfo is None:
            raise ValueError("a slot's start needs a time zone")
        if moment.microsecond:
            raise ValueError("a slot starts at a whole second")
        return cls(int(moment.timestamp()))

    @property
    def start(self) -> datetime:
        """The slot's start as a time in UTC."""
        return datetime.fromtimestamp(self, UTC)


def amount(energy_wh: int, price: int) -> int:
    """What `energy_wh` Wh cost at `price` (1/10000 ct per kWh), in units of 1e-6 EUR, rounded down."""
    return energy_wh * price // 1000


def slot_key(slot: int, number: int) -> int:
    """The primary key of a slot's row of a point, participant or group: slot in the upper 32 bits, id in the
    lower."""
    return slot << 32 | number


def salted_hash(salt: bytes, number: str) -> bytes:
    """How a meter's or unit's number stands on the chain (M-PRV-01): SHA-256 over the salt and the number, 32
    bytes."""
    return hashlib.sha256(salt + number.encode()).digest()

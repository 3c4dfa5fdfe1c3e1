"""The demonstration's plants: invented numbers with a right check digit and nothing but zeros in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulators.mastr.kinds import SOLAR, Kind
from simulators.mastr.numbers import mastr_number

_FIRST: Final = 11
_PLANTS: Final = 9
_POWER_KW: Final = {12: "5.2", 14: "7.5"}
_USUAL_KW: Final = "9.9"


@dataclass(frozen=True)
class Plant:
    """A unit that stands in every generated register."""

    kind: Kind
    mastr_nr: str
    operator_nr: str
    name: str
    postcode: str
    gross_power_kw: str


def operator_number(number: int) -> str:
    """The (invented) operator's number to the box with this number: 11, 12, ..."""
    return mastr_number("ABR", number)


PLANTS: Final = tuple(
    Plant(
        SOLAR,
        mastr_number("SEE", number),
        operator_number(number),
        f"PV-Anlage Demonstration {number}",
        "54296",
        _POWER_KW.get(number, _USUAL_KW),
    )
    for number in range(_FIRST, _FIRST + _PLANTS)
)
"""One for each box from the first on, more than there are boxes: units SEE...11, ...12, operators ABR...11, ...12."""

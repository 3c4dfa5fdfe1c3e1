"""The boxes of the local system. Their serial and MaStR numbers are invented: right in form and check digit, and all
zeros in between, as no real number is.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from market.values import MastrNumber
from services.shared.web.auth import create_box_secret


@dataclass(frozen=True)
class Unit:
    """A plant of the market: its (invented) MaStR number and the OpenEMS component that measures it."""

    mastr_nr: str
    component: str
    peak_w: int


@dataclass(frozen=True)
class Box:
    """A box with one metering point. Yearly consumption in kWh. `added`: the first fill adds it to the market."""

    name: str
    address: str
    serial_number: str
    kwh_annum: int
    units: tuple[Unit, ...] = ()
    added: bool = True

    @property
    def number(self) -> int:
        """The last part of its address, from which its invented numbers are made."""
        return int(self.address.rsplit(".", 1)[1])

    def aliases(self) -> dict[str, str]:
        """OpenEMS component -> the number by which the market knows it."""
        return {"meter0": self.serial_number, **{unit.component: unit.mastr_nr for unit in self.units}}

    @property
    def metered(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """`points` and `units` as box.json has them."""
        units = [
            {"mastr_nr": unit.mastr_nr, "component": unit.component, "point_serial_number": self.serial_number}
            for unit in self.units
        ]
        return [{"serial_number": self.serial_number, "component": "meter0"}], units

    @property
    def operator_nr(self) -> str | None:
        """The (invented) MaStR number of the one who operates its units; None without units."""
        return invented_mastr_number(self.number, "ABR") if self.units else None


def invented_mastr_number(number: int, prefix: str = "SEE") -> str:
    """The prefix, `9`, ten digits and the check digit."""
    digits = f"9{number:010d}"
    return f"{prefix}{digits}{MastrNumber.check_digit(digits)}"


def _solar(number: int, peak_w: int) -> tuple[Unit, ...]:
    return (Unit(invented_mastr_number(number), "pvInverter0", peak_w),)


BOXES: Final = (
    Box("seller", "127.0.1.11", "1TBI0000000011", 3500, _solar(11, 9900)),
    Box("bidder1", "127.0.1.12", "1TBI0000000012", 4200, _solar(12, 5200)),
    Box("bidder2", "127.0.1.13", "1TBI0000000013", 2800),
    Box("newcomer", "127.0.1.14", "1TBI0000000014", 3100, _solar(14, 7500), added=False),
)


def provision(box: Box, folder: Path, owner_sub: str) -> None:
    """Secret and provisioning file in the box's folder, made once: whose box it is, its numbers, a salt (M-PRV-01).

    The account comes later, when it is registered: the box writes it there itself.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_box_secret(folder / "secret")
    file = folder / "box.json"
    if not file.exists():
        draft = file.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump(_told(box, owner_sub), stream, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(file)


def _told(box: Box, owner_sub: str) -> dict[str, Any]:
    points, units = box.metered
    return {
        "name": box.name,
        "address": box.address,
        "market_default": "lem",
        "owner_sub": owner_sub,
        "salt": secrets.token_hex(16),
        "points": points,
        "units": units,
    }

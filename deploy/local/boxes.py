"""The three boxes of the local system. Their serial and MaStR numbers are invented: right in form and check digit, and
all zeros in between, as no real number is.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from market.values import MastrNumber
from services.shared.web.auth import create_box_secret

_NAME_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz12345"


@dataclass(frozen=True)
class Unit:
    """A plant of the market: its (invented) MaStR number and the OpenEMS component that measures it."""

    mastr_nr: str
    component: str
    peak_w: int


@dataclass(frozen=True)
class Box:
    """A box with one metering point. Yearly consumption in kWh."""

    name: str
    address: str
    serial_number: str
    kwh_annum: int
    units: tuple[Unit, ...] = ()

    def aliases(self) -> dict[str, str]:
        """OpenEMS component -> the number by which the market knows it."""
        return {"meter0": self.serial_number, **{unit.component: unit.mastr_nr for unit in self.units}}


def invented_mastr_number(number: int) -> str:
    """`SEE9` + ten digits + check digit."""
    digits = f"9{number:010d}"
    return f"SEE{digits}{MastrNumber.check_digit(digits)}"


BOXES: Final = (
    Box("seller", "127.0.1.11", "1TBI0000000011", 3500, (Unit(invented_mastr_number(11), "pvInverter0", 9900),)),
    Box("bidder1", "127.0.1.12", "1TBI0000000012", 4200),
    Box("bidder2", "127.0.1.13", "1TBI0000000013", 2800),
)


@dataclass(frozen=True)
class Provisioned:
    """What a box is told when it is set up (its provisioning file): numbers, salt, account."""

    box: Box
    account: str
    salt: str

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.box.name,
            "account": self.account,
            "address": self.box.address,
            "market_default": "lem",
            "salt": self.salt,
            "points": [{"serial_number": self.box.serial_number, "component": "meter0"}],
            "units": [
                {
                    "mastr_nr": unit.mastr_nr,
                    "component": unit.component,
                    "point_serial_number": self.box.serial_number,
                }
                for unit in self.box.units
            ],
        }


def provision(box: Box, folder: Path) -> Provisioned:
    """Secret and provisioning file in the box's folder; made once, with a pseudonym for its account (M-PRV-01)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_box_secret(folder / "secret")
    file = folder / "box.json"
    if not file.exists():
        account = "".join(secrets.choice(_NAME_LETTERS) for _ in range(12))
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(Provisioned(box, account, secrets.token_hex(16)).as_json(), indent=1) + "\n")
        draft.chmod(0o600)
        draft.rename(file)
    known = json.loads(file.read_text())
    return Provisioned(box, known["account"], known["salt"])

"""The demonstration's users: one for each box, an administrator, the EVU, and a machine.

Nobody lives behind them: the names say the role, the addresses end in `.example` (RFC 2606), the numbers are invented.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.local.boxes import BOXES, Box

ADMIN, EVU, MACHINE = "admin", "evu", "machine"
MACHINES: Final = "Machine"
"""The group of users that are programs; as in services/shared/second_factor, whose library is not needed here."""
_LETTERS: Final = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Person:
    """A user of the pool: his role is his name. `attributes` without the prefix `custom:`.

    `household`: what stands at his place, whether it has been added to the market or not; the pool is not told.
    `also`: further groups.
    """

    role: str
    group: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    household: Mapping[str, Any] | None = None
    also: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.role}@tbienergy.example"


def people(boxes_folder: Path, boxes: Iterable[Box] = BOXES) -> tuple[Person, ...]:
    """All users. A box that has its account already (box.json says so) gives it to its user."""
    owners = tuple(Person(box.name, "User", _attributes(box, boxes_folder), household(box)) for box in boxes)
    return (Person(ADMIN, "Admin"), Person(EVU, "EVU"), Person(MACHINE, "Admin", also=(MACHINES,)), *owners)


def household(box: Box) -> dict[str, Any]:
    """What an administrator must know of a house to add it: numbers and addresses, all invented."""
    return {
        "cls_box_ip": box.address,
        "serial_number": box.serial_number,
        "kwh_annum": box.kwh_annum,
        "betreiber_mastr_nr": box.operator_nr,
        "unit_mastr_nrs": [unit.mastr_nr for unit in box.units],
    }


def _attributes(box: Box, boxes_folder: Path) -> dict[str, str]:
    """As his participant record will have them; he who has none yet has no attributes either."""
    if not box.added:
        return {}
    attributes = {"cls_box_ip": box.address, "kwh_annum": str(box.kwh_annum)}
    if box.operator_nr is not None:
        attributes["betreiber_mastr_nr"] = box.operator_nr
    with suppress(OSError, ValueError, KeyError):  # not registered yet: the participant record tells the pool later
        attributes["eos_account"] = str(json.loads((boxes_folder / box.name / "box.json").read_text())["account"])
    return attributes


def new_password() -> str:
    """Some 95 bits that people can type: `k7Wm-....-....-....`, with each kind of character that the pool asks for."""
    while True:
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)]
        text = "".join(groups)
        if any(c.islower() for c in text) and any(c.isupper() for c in text) and any(c.isdigit() for c in text):
            return "-".join(groups)

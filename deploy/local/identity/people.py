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
from typing import Final

from deploy.local.boxes import BOXES, Box, invented_mastr_number

ADMIN, EVU, MACHINE = "admin", "evu", "machine"
_LETTERS: Final = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Person:
    """A user of the pool: his role is his name. `attributes` without the prefix `custom:`."""

    role: str
    group: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return f"{self.role}@tbienergy.example"


def people(boxes_folder: Path, boxes: Iterable[Box] = BOXES) -> tuple[Person, ...]:
    """All users. A box that is set up already (its box.json is there) gives its user the chain account."""
    owners = tuple(Person(box.name, "User", _attributes(box, boxes_folder)) for box in boxes)
    return (Person(ADMIN, "Admin"), Person(EVU, "EVU"), Person(MACHINE, "Admin"), *owners)


def operator_number(box: Box) -> str:
    """The (invented) MaStR number of the one who operates the box's units."""
    return "ABR" + invented_mastr_number(int(box.address.rsplit(".", 1)[1])).removeprefix("SEE")


def _attributes(box: Box, boxes_folder: Path) -> dict[str, str]:
    attributes = {"cls_box_ip": box.address, "kwh_annum": str(box.kwh_annum)}
    if box.units:
        attributes["betreiber_mastr_nr"] = operator_number(box)
    with suppress(OSError, ValueError, KeyError):  # not set up yet: the next start fills it in
        attributes["eos_account"] = str(json.loads((boxes_folder / box.name / "box.json").read_text())["account"])
    return attributes


def new_password() -> str:
    """Some 95 bits that people can type: `k7Wm-....-....-....`, with each kind of character that the pool asks for."""
    while True:
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)]
        text = "".join(groups)
        if any(c.islower() for c in text) and any(c.isupper() for c in text) and any(c.isdigit() for c in text):
            return "-".join(groups)

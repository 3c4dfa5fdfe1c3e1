"""The box that is powered and in the network, and that nobody has added.

What a test case requires is brought about over the public routes, with a look whether it is there already: so every
module runs alone, and all of them one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.local.boxes import BOXES, Box
from tests.local_system import RunningSystem

MANAGER = "background-manager-logic"
BOX: Box = next(box for box in BOXES if box.name == "newcomer")
UNIT = BOX.units[0].mastr_nr
OPERATOR = str(BOX.operator_nr)
LOCATION = "Trier, Haus 14"
ACCOUNT = "newcomerbox1"
"""Only where a test does not take the one that the portal suggests."""


@dataclass(frozen=True)
class Newcomer:
    """`find_*`: what is there already."""

    system: RunningSystem

    def find_box(self) -> dict[str, Any] | None:
        return self._find("/cls-boxes", "ip", BOX.address)

    def find_unit(self) -> dict[str, Any] | None:
        return self._find("/units", "mastr_nr", UNIT)

    def find_meter(self) -> dict[str, Any] | None:
        return self._find("/grid-meters", "serial_number", BOX.serial_number)

    def find_account(self) -> dict[str, Any] | None:
        return self._find("/eos-accounts", "cls_box_ip", BOX.address)

    def find_market_unit(self) -> dict[str, Any] | None:
        return self._find("/market/units", "unit_mastr_nr", UNIT)

    def add_box(self) -> None:
        """TC01.1 passed."""
        if self.find_box() is None:
            self._post("/cls-box", ip=BOX.address, name=BOX.name, location=LOCATION)

    def add_unit(self) -> None:
        """TC01.2 passed."""
        self.add_box()
        if self.find_unit() is None:
            self._post("/unit", unit_mastr_nr=UNIT, cls_box_ip=BOX.address, marktakteur_mastr_nr=OPERATOR)

    def add_meter(self) -> None:
        """TC01.3 passed."""
        self.add_box()
        if self.find_meter() is None:
            self._post("/grid-meter", serial_number=BOX.serial_number, cls_box_ip=BOX.address, kwh_annum=BOX.kwh_annum)

    def add_participant(self) -> None:
        """The box has an owner."""
        self.add_box()
        user = self.system.users["newcomer"]
        if self._find("/participants", "sub", user["sub"]) is None:
            about = {"betreiber_mastr_nr": OPERATOR, "kwh_annum": BOX.kwh_annum}
            self._post("/participant", username=user["username"], cls_box_ip=BOX.address, **about)

    def add_account(self) -> None:
        """TC01.4 passed."""
        self.add_unit()
        self.add_meter()
        self.add_participant()
        if self.find_account() is None:
            self._post("/eos-account", account_name=ACCOUNT, cls_box_ip=BOX.address)

    def _find(self, path: str, name: str, value: str) -> dict[str, Any] | None:
        items: list[dict[str, Any]] = self.system.get("admin", MANAGER, path, limit=1000)["items"]
        return next((item for item in items if item[name] == value), None)

    def _post(self, path: str, **body: Any) -> None:
        self.system.post("admin", MANAGER, path, body)

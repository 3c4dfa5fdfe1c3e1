"""One box of the market: added, registered, with money to begin with. Each step looks first what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.boxes import Box
from deploy.local.fill.memory import Memory
from deploy.local.fill.people import MANAGER, Person, Refused
from deploy.local.wellness import Say

MARKET: Final = "lem"
CREDIT_EUR: Final = "100.00"
DEPOSIT_EUR: Final = "60.00"


@dataclass(frozen=True)
class There:
    """What the market has already, by number: one look for all boxes."""

    boxes: frozenset[str]
    meters: frozenset[str]
    units: frozenset[str]
    participants: Mapping[str, Mapping[str, Any]]
    accounts: Mapping[str, Mapping[str, Any]]
    market_units: frozenset[str]

    @classmethod
    def look(cls, admin: Person) -> There:
        def numbers(path: str, name: str, **query: Any) -> frozenset[str]:
            found = (entry[name] for entry in admin.all(f"{MANAGER}{path}", **query))
            return frozenset(number for number in found if number is not None)

        return cls(
            boxes=numbers("/cls-boxes", "ip"),
            meters=numbers("/grid-meters", "serial_number"),
            units=numbers("/units", "mastr_nr"),
            participants={entry["sub"]: entry for entry in admin.all(f"{MANAGER}/participants")},
            accounts={entry["cls_box_ip"]: entry for entry in admin.all(f"{MANAGER}/eos-accounts")},
            market_units=numbers("/market/units", "unit_mastr_nr", market=MARKET),
        )


@dataclass(frozen=True)
class Household:
    """A box, whose it is, and who adds it."""

    box: Box
    owner: Person
    admin: Person
    evu: Person
    memory: Memory
    say: Say

    def is_complete(self, there: There) -> bool:
        return (
            self.box.address in there.boxes
            and self.box.serial_number in there.meters
            and all(unit.mastr_nr in there.units & there.market_units for unit in self.box.units)
            and self.owner.sub in there.participants
            and self._is_registered(there)
            and self.memory.is_done(self._step("deposit"))
        )

    def add(self, there: There) -> None:
        """Whatever is missing, in the order in which one thing needs another. Raises Refused, FillError."""
        self._install(there)
        self._register(there)
        self._give_money()

    def _install(self, there: There) -> None:
        box = self.box
        if box.address not in there.boxes:
            self._post("/cls-box", ip=box.address, name=box.name, location=f"Trier, Haus {box.number}")
            self.say(f"{box.name}: box {box.address} added")
        if box.serial_number not in there.meters:
            self._post("/grid-meter", serial_number=box.serial_number, cls_box_ip=box.address, kwh_annum=box.kwh_annum)
            self.say(f"{box.name}: meter {box.serial_number} added")
        for unit in box.units:
            if unit.mastr_nr not in there.units:
                numbers = {"unit_mastr_nr": unit.mastr_nr, "marktakteur_mastr_nr": box.operator_nr}
                self._post("/unit", cls_box_ip=box.address, **numbers)
                self.say(f"{box.name}: unit {unit.mastr_nr} added")

    def _register(self, there: There) -> None:
        box = self.box
        if self.owner.sub not in there.participants:
            values = {"betreiber_mastr_nr": box.operator_nr, "kwh_annum": box.kwh_annum}
            self._post("/participant", username=self.owner.username, cls_box_ip=box.address, **values)
            self.say(f"{box.name}: participant added")
        if not self._is_registered(there):
            name = self._account_name(there)
            self._post("/eos-account", cls_box_ip=box.address, account_name=name, market=MARKET)
            self.memory.done(self._step("account"))
            self.say(f"{box.name}: account {name} registered, signing with the box's TPM")
        for unit in box.units:
            if unit.mastr_nr not in there.market_units:
                self._post("/market/unit", unit_mastr_nr=unit.mastr_nr, market=MARKET)
                self.say(f"{box.name}: unit {unit.mastr_nr} registered in market {MARKET}")

    def _give_money(self) -> None:
        """The same keys each time: whatever was cut off in between, there is one payment."""
        if self.memory.is_done(self._step("deposit")):
            return
        self._pay(self.evu, "credit", participant_sub=self.owner.sub, amount_eur=CREDIT_EUR)
        self._pay(self.owner, "deposit", amount_eur=DEPOSIT_EUR)
        self.say(f"{self.box.name}: {CREDIT_EUR} EUR credited by the EVU, {DEPOSIT_EUR} of them paid into {MARKET}")

    def _pay(self, payer: Person, step: str, **body: str) -> None:
        if not self.memory.is_done(self._step(step)):
            payer.post(
                f"{MANAGER}/market/deposit",
                {"market": MARKET, **body},
                key=f"first-fill-{step}-{payer.sub}-{self.owner.sub}"[:100],
            )
            self.memory.done(self._step(step))

    def _is_registered(self, there: There) -> bool:
        """An account that was registered half is registered again, with its name: that completes it."""
        account = there.accounts.get(self.box.address)
        return account is not None and MARKET in account["markets"] and self.memory.is_done(self._step("account"))

    def _account_name(self, there: There) -> str:
        account = there.accounts.get(self.box.address)
        return self.memory.account(self.box.name) if account is None else str(account["account_name"])

    def _post(self, path: str, **body: Any) -> None:
        """What somebody else has added in the meantime is there."""
        try:
            self.admin.post(f"{MANAGER}{path}", {name: value for name, value in body.items() if value is not None})
        except Refused as error:
            if error.status != 409 or "already" not in error.detail:
                raise

    def _step(self, name: str) -> str:
        return f"{name} {self.box.name}"

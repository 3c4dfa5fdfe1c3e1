"""The register as the web service sees it: the generated units, and what was changed since."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from simulators.mastr import catalogue
from simulators.mastr.kinds import KINDS, Kind
from simulators.mastr.region import place_of
from simulators.mastr.register import Record, Register

BERLIN: Final = ZoneInfo("Europe/Berlin")
QUOTA: Final = 100_000


class NotThere(Exception):  # noqa: N818 - it says what is
    """There is no such number."""


@dataclass
class Unit:
    """A unit as it is now. `checked`: when the grid operator's check last changed, which touches no date of its own."""

    kind: Kind
    record: Record
    checked: str = ""

    @property
    def number(self) -> str:
        return self.record["EinheitMastrNummer"]

    @property
    def status(self) -> str:
        return self.record["EinheitSystemstatus"]


@dataclass
class Faults:
    """What is wrong with the service. Numbers count down, one for each call that it happens to.

    `unavailable`: 503. `nonsense`: a fault without sense, gone when asked again. `hang_s`: seconds before each answer.
    `seconds_60`: times end in :60. `broken`: answers that end in the middle.
    `garbage`: what stands in place of each answer (a name of garbage.py), or of those of the operation `garbage_for`.
    """

    unavailable: int = 0
    nonsense: int = 0
    hang_s: float = 0.0
    seconds_60: bool = False
    broken: int = 0
    garbage: str = ""
    garbage_for: str = ""


@dataclass
class State:
    """All calls hold the lock."""

    register: Register
    quota: int = QUOTA
    used: int = 0
    faults: Faults = field(default_factory=Faults)
    calls: Counter[str] = field(default_factory=Counter)
    lock: threading.RLock = field(default_factory=threading.RLock)
    units: dict[str, Unit] = field(default_factory=dict)
    actors: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in KINDS:
            for record in self.register.units(kind):
                self.units[record["EinheitMastrNummer"]] = Unit(kind, record)
        for record in self.register.deleted():
            known = self.units.get(record["EinheitMastrNummer"])
            if known is not None:
                known.record |= {
                    "EinheitSystemstatus": record["EinheitSystemstatus"],
                    "DatumLetzteAktualisierung": record["DatumLetzteAktualisierung"],
                }
        for record in self.register.operators():
            self.actors[record["MastrNummer"]] = record

    def unit(self, number: str) -> Unit:
        """Raises NotThere."""
        try:
            return self.units[number]
        except KeyError:
            raise NotThere(number) from None

    def change(self, number: str, fields: Record) -> None:
        """A change as its operator makes it: the unit's date moves. Raises NotThere."""
        self.unit(number).record |= {**fields, "DatumLetzteAktualisierung": stamp(now())}

    def check(self, number: str, status: str) -> None:
        """The grid operator's check: the unit's own date stays. Raises NotThere."""
        unit = self.unit(number)
        unit.record["NetzbetreiberpruefungStatus"] = status
        unit.checked = stamp(now())

    def remove(self, number: str, *, deleted: bool) -> None:
        """Deletes or deactivates a unit: its detail is refused from now on. Raises NotThere."""
        self.change(number, {"EinheitSystemstatus": catalogue.DELETED if deleted else catalogue.DEACTIVATED})
        self.unit(number).checked = stamp(now())

    def add(self, number: str, operator: str, postcode: str, power_kw: str) -> None:
        """A new solar unit. Raises ValueError."""
        place = place_of(postcode)
        kind = KINDS[0]
        record = self.register.unit(kind, 0) | {
            "EinheitMastrNummer": number,
            "AnlagenbetreiberMastrNummer": operator,
            "Postleitzahl": postcode,
            "Ort": place.town,
            "Gemeinde": place.town,
            "Gemeindeschluessel": place.municipality_key,
            "Bruttoleistung": power_kw,
            "DatumLetzteAktualisierung": stamp(now()),
            "EinheitBetriebsstatus": catalogue.IN_OPERATION,
        }
        self.units[number] = Unit(kind, record)

    def shown(self) -> dict[str, Any]:
        return {"units": len(self.units), "quota": self.quota, "used": self.used, "calls": dict(self.calls)}


def now() -> datetime:
    """German local time: the register knows no other."""
    return datetime.now(BERLIN)


def stamp(moment: datetime) -> str:
    """Local time without offset and with 7 digits."""
    return f"{moment.replace(tzinfo=None, microsecond=0).isoformat()}.{moment.microsecond:06d}0"

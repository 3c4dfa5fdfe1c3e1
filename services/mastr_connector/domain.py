"""What a unit is, in which region it counts, and which numbers the units have that the register lacks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from market.values import MastrNumber
from services.mastr_connector.catalogue import GONE, GRID_CHECK, OPERATING_STATUS, Kind, word
from services.mastr_connector.words import words

Document = dict[str, Any]

BERLIN: Final = ZoneInfo("Europe/Berlin")
EXTRA_TYPES: Final = ("H0", "WP", "E0")
"""Household, heat pump, wallbox: units of the market that the register does not know."""

UNIT_NUMBER: Final = r"^([A-Z]{3}[0-9]{12}|(H0|WP|E0)-[0-9]{11})$"
ACTOR_NUMBER: Final = r"^[A-Z]{3}[0-9]{12}$"

_NUMBER: Final = re.compile(ACTOR_NUMBER.strip("^$"))
_DAY_AND_TIME: Final = len("2026-01-31T12:00")
_SECOND_60: Final = re.compile(r"^(.{17})60")


@dataclass(frozen=True, slots=True)
class Region:
    """Whose units are kept: those with one of the postcodes or in one of the municipalities; empty: all."""

    postcodes: frozenset[str] = frozenset()
    municipality_keys: frozenset[str] = frozenset()

    @property
    def is_everywhere(self) -> bool:
        return not self.postcodes and not self.municipality_keys

    def covers(self, postcode: str | None, municipality_key: str | None) -> bool:
        """Whether a unit there is kept."""
        return self.is_everywhere or postcode in self.postcodes or municipality_key in self.municipality_keys

    def as_json(self) -> dict[str, list[str]]:
        return {"postcodes": sorted(self.postcodes), "municipality_keys": sorted(self.municipality_keys)}

    @classmethod
    def of(cls, postcodes: Iterable[str], municipality_keys: Iterable[str]) -> Region:
        return cls(frozenset(postcodes), frozenset(municipality_keys))


def unit_of(kind: Kind, record: Mapping[str, str], known: frozenset[str]) -> Document | None:
    """A unit, as it is stored, from a record of the export or of the web service; None without a number.

    `stamp` is the register's own text of the last change, for comparing. `longitude`, `latitude`: degrees, WGS 84; of
    small units the register publishes none. `words`: its name's, for searching. `known` are the elements that the
    schemas have; what is in a record beyond them is kept as `more`. What is empty is not there.
    """
    get = record.get
    number = get("EinheitMastrNummer", "").strip()
    if not _NUMBER.fullmatch(number):
        return None
    stamp = get("DatumLetzteAktualisierung", "")
    unit: Document = {"_id": number, "stamp": stamp, "unit_type": kind.unit_type}
    more: dict[str, str] = {}
    for element, text in record.items():
        field = _UNIT.get(element)
        if field is not None:
            name, made = field
            value = text if made is None else made(text)
            if value is not None:
                unit[name] = value
        if element not in known:
            more[element] = text
    if more:
        unit["more"] = more
    unit |= _of_two_names(get)
    if (updated := moment(stamp)) is not None:
        unit["last_updated"] = updated
    if (called := get(kind.name_field)) is not None:
        unit["name"] = called
        if found := words(called):
            unit["words"] = found
    return unit


def _of_two_names(get: Callable[[str], str | None]) -> Document:
    """What some kinds, or the web service, call otherwise; the first name counts."""
    both: Document = {
        "gross_power_kw": _power(get("Bruttoleistung") or get("Erzeugungsleistung")),
        "location_mastr_nr": get("LokationMaStRNummer") or get("LokationMastrNummer"),
        "eeg_mastr_nr": get("EegMaStRNummer") or get("EegMastrNummer"),
    }
    return {name: value for name, value in both.items() if value is not None}


def is_gone(record: Mapping[str, str]) -> bool:
    """Whether the register calls the unit deactivated or deleted."""
    return record.get("EinheitSystemstatus") in GONE


def actor_of(record: Mapping[str, str]) -> Document | None:
    """A market actor, as he is stored, from a record; None without a number.

    Of natural persons the register publishes the number only.
    """
    get = record.get
    number = get("MastrNummer", "").strip()
    if not _NUMBER.fullmatch(number):
        return None
    actor: Document = {"_id": number, "stamp": get("DatumLetzeAktualisierung", "")}  # the register spells it so
    for element, field in (("Postleitzahl", "postcode"), ("Ort", "town")):
        if (value := get(element)) is not None:
            actor[field] = value
    person = (get("MarktakteurVorname"), get("MarktakteurNachname"))
    if name := get("Firmenname") or " ".join(filter(None, person)):
        actor["name"] = name
        if found := words(name):
            actor["words"] = found
    return actor


def has_valid_number(number: str) -> bool:
    """Whether a number has the register's form and a right check digit: the export holds a few that have not."""
    return _NUMBER.fullmatch(number) is not None and has_check_digit(number)


def has_check_digit(number: str) -> bool:
    """Whether a text in the form of a number has the right check digit."""
    if number[3] != "9":
        return False
    digits = number[3:].encode()  # each is its digit and 48, which are 24 times 48 with their weights
    return (3 * sum(digits[:11:2]) + sum(digits[1::2]) - 48 * 24) % 10 == 0


def moment(stamp: str) -> datetime | None:
    """The register's local time without offset as a time in UTC; None when it is no time. It may say second 60."""
    offset = _offset(stamp[:10])
    if offset is not None and len(stamp) > _DAY_AND_TIME:
        try:
            return datetime.fromisoformat(f"{stamp}+00:00") - offset
        except (ValueError, OverflowError):
            pass
    return _unusual_moment(stamp)


def _unusual_moment(stamp: str) -> datetime | None:
    try:
        local = datetime.fromisoformat(stamp)
    except ValueError:
        try:
            local = datetime.fromisoformat(_SECOND_60.sub(r"\g<1>59", stamp)) + timedelta(seconds=1)
        except ValueError:
            return None
    try:
        return (local if local.tzinfo is not None else local.replace(tzinfo=BERLIN)).astimezone(UTC)
    except OverflowError:
        return None


@lru_cache(maxsize=8192)
def _offset(day: str) -> timedelta | None:
    """Of a whole day from UTC, or None when it changes on that day. An import asks for it with every record."""
    try:
        begin = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=BERLIN)
    except ValueError:
        return None
    end = begin.replace(hour=23, minute=59, second=59)
    return begin.utcoffset() if begin.utcoffset() == end.utcoffset() else None


def local_stamp(at: datetime) -> str:
    """A time as the register writes it: German local time without offset."""
    return at.astimezone(BERLIN).replace(tzinfo=None).isoformat(timespec="microseconds")


def _power(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 1e9 else None


def _degrees(text: str | None, most: float) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and -most <= value <= most else None


_UNIT: Final[Mapping[str, tuple[str, Callable[[str], Any] | None]]] = {
    "Postleitzahl": ("postcode", None),
    "Ort": ("town", None),
    "Gemeindeschluessel": ("municipality_key", None),
    "Nettonennleistung": ("net_power_kw", _power),
    "EinheitBetriebsstatus": ("operating_status", partial(word, OPERATING_STATUS)),
    "AnlagenbetreiberMastrNummer": ("operator_mastr_nr", None),
    "Inbetriebnahmedatum": ("commissioned", None),
    "NetzbetreiberpruefungStatus": ("grid_check", partial(word, GRID_CHECK)),
    "Laengengrad": ("longitude", partial(_degrees, most=180)),
    "Breitengrad": ("latitude", partial(_degrees, most=90)),
}
"""An element of a unit -> the field's name here, and what makes its value of the text when that is another."""


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that the register lacks, as an administrator records it."""

    unit_type: str
    name: str
    postcode: str | None = None
    town: str | None = None
    gross_power_kw: float | None = None
    operator_mastr_nr: str | None = None

    def as_unit(self, number: str, now: datetime) -> Document:
        """As it is stored."""
        unit = {
            "_id": number,
            "stamp": local_stamp(now),
            "unit_type": self.unit_type,
            "last_updated": now,
            "name": self.name,
            "postcode": self.postcode,
            "town": self.town,
            "gross_power_kw": self.gross_power_kw,
            "operating_status": "in_operation",
            "operator_mastr_nr": self.operator_mastr_nr,
            "words": words(self.name) or None,
        }
        return {name: value for name, value in unit.items() if value is not None}


def extra_number(unit_type: str, seed: bytes) -> str:
    """The number of an extra unit: its type, a hyphen, ten digits that follow from `seed`, and a check digit.

    The register's numbers are letters and digits only, so that the two can never meet.
    """
    digits = f"{int.from_bytes(hashlib.sha256(seed).digest()[:8]) % 10**10:010d}"
    return f"{unit_type}-{digits}{MastrNumber.check_digit('0' + digits)}"


def is_extra(number: str) -> bool:
    """Whether the number is one of ours and not the register's."""
    return number.partition("-")[0] in EXTRA_TYPES


class Progress(Protocol):
    """Tells done, total and unit, and what else is known; may raise to end the work."""

    def __call__(self, done: int, total: int, unit: str, more: Mapping[str, int] | None = None, /) -> None: ...


def view(unit: Mapping[str, Any]) -> dict[str, Any]:
    """A stored unit as the routes give it."""
    updated = unit.get("last_updated")
    return {
        "mastr_nr": unit["_id"],
        "last_updated": updated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if updated else None,
        "name": unit.get("name"),
        "unit_type": unit["unit_type"],
        "postcode": unit.get("postcode"),
        "town": unit.get("town"),
        "gross_power_kw": unit.get("gross_power_kw"),
        "operating_status": unit.get("operating_status"),
        "operator_mastr_nr": unit.get("operator_mastr_nr"),
        "municipality_key": unit.get("municipality_key"),
        "longitude": unit.get("longitude"),
        "latitude": unit.get("latitude"),
    }


def feature(unit: Mapping[str, Any]) -> dict[str, Any]:
    """A stored unit that has coordinates, as GeoJSON (RFC 7946: longitude first)."""
    shown = view(unit)
    point = {"type": "Point", "coordinates": [shown.pop("longitude"), shown.pop("latitude")]}
    return {"type": "Feature", "id": shown["mastr_nr"], "geometry": point, "properties": shown}


def actor_view(actor: Mapping[str, Any]) -> dict[str, Any]:
    """A stored market actor as the routes give him."""
    return {"mastr_nr": actor["_id"], **{name: actor.get(name) for name in ("name", "postcode", "town")}}

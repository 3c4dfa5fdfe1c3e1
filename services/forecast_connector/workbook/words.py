"""The words that the utility's sheets use, and what stands in the head of a column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, TypeVar

from market.values import MastrNumber
from services.forecast_connector.domain.numbers import FACTORS, parse_number
from services.forecast_connector.domain.series import NORM_KWH, Kind, Series, UnitTypes

T = TypeVar("T")

DAY_WORDS: Final = frozenset({"datum", "date", "tag", "day", "liefertag", "delivery day"})
START_WORDS: Final = frozenset(
    {
        "zeit",
        "zeitpunkt",
        "zeitstempel",
        "beginn",
        "start",
        "slot",
        "slot_start",
        "slot start",
        "von",
        "uhrzeit",
        "from",
    }
    | {
        "datum/uhrzeit",
        "datum/zeit",
        "datum und uhrzeit",
        "datum uhrzeit",
        "timestamp",
        "time",
        "zeitraum",
        "intervall",
    }
)
END_WORDS: Final = frozenset({"ende", "bis", "end", "to", "slot_end", "slot end"})
IDLE_WORDS: Final = frozenset({"nr", "nr.", "lfd. nr.", "wochentag", "weekday", "slot-nr", "slot-nr."})
"""Columns that say nothing new."""

VALUE_WORDS: Final = frozenset({"wert", "value", "energie", "energy", "menge", "leistung", "power", "prognose"})
MASTR_WORDS: Final = frozenset({"mastr-nr", "mastr-nr.", "mastr_nr", "mastr-nummer", "mastr nr", "mastr"})
TYPE_WORDS: Final = frozenset({"typ", "type", "unit_type", "unit type", "einheitentyp", "anlagentyp", "profil"})
KIND_WORDS: Final = frozenset({"art", "kind", "richtung", "direction"})
NORM_WORDS: Final = frozenset({"norm", "norm_kwh_annum", "normierung", "kwhannum", "jahresverbrauch"})
UNIT_WORDS: Final = frozenset({"einheit", "unit", "maßeinheit", "masseinheit"})
ISSUE_WORDS: Final = frozenset(
    {"ausgegeben am", "ausgegeben", "ausgabe", "ausgabezeitpunkt", "erstellt am", "erstellt", "stand", "prognosestand"}
    | {"issued_at", "issued at", "issued"}
)
ZONE_WORDS: Final = frozenset({"zeitzone", "timezone", "time zone", "tz"})
SUM_WORDS: Final = frozenset({"summe", "sum", "gesamt", "total"})
NOTE_SHEETS: Final = frozenset(
    {"info", "hinweise", "hinweis", "legende", "notes", "readme", "deckblatt", "erläuterung"}
)

_KINDS: Final[dict[str, Kind]] = {
    "erzeugung": "generation",
    "einspeisung": "generation",
    "generation": "generation",
    "verbrauch": "consumption",
    "last": "consumption",
    "bezug": "consumption",
    "consumption": "consumption",
}
_FILLERS: Final = frozenset({"in", "je", "pro", "per", "prognose", "forecast", "profil", "lastprofil", "typ", "mastr"})
_NORM = re.compile(r"(?<!\w)(\d[\d.,\s]*)\s*(k|M)Wh\s*/\s*(?:a|Jahr|p\.a\.)", re.IGNORECASE)
_MASTR = re.compile(r"(?<!\w)[A-Z]{3}9\d{11}(?!\d)")
_UNIT = re.compile(r"(?<!\w)(MWh|kWh|Wh|MW|kW|W)(?![\w/])", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-zÄÖÜäöü][A-Za-z0-9ÄÖÜäöü_+-]{0,15}")
_ABSOLUTE: Final = frozenset({"absolut", "absolute", "ohne", "none", "summe"})


def word(value: object) -> str:
    """A cell's text as the tables above have it: small, without what stands in brackets, without a colon."""
    text = re.sub(r"[\[(].*", "", value) if isinstance(value, str) else ""
    return " ".join(text.split()).rstrip(":").strip().lower()


@dataclass(frozen=True, slots=True)
class Head:
    """What is said of a column (or, in a list, of a row); None where nothing is said. `norm` 0: said to be absolute."""

    unit_type: str | None = None
    mastr_nr: str | None = None
    kind: Kind | None = None
    unit: str | None = None
    norm: Fraction | None = None

    def joined(self, other: Head) -> Head:
        """Both together. ValueError where they contradict each other."""
        said = {
            name: value
            for name in ("unit_type", "mastr_nr", "kind", "unit", "norm")
            if (value := getattr(other, name)) is not None
        }
        for name, value in said.items():
            mine = getattr(self, name)
            if mine is not None and mine != value:
                raise ValueError(f"two things are said of it: {mine} and {value}")
        return replace(self, **said)


NOTHING: Final = Head()


def read_head(text: str) -> Head:
    """What the head of a column says, such as `PV SEE900000000119 [kW]` or `H0 (kWh, 1.000.000 kWh/a)`.

    ValueError where it says too much.
    """
    rest = text
    norms = {read_norm(match[0]) for match in _NORM.finditer(rest)}
    rest = _NORM.sub(" ", rest)
    numbers = {read_mastr(match[0]) for match in _MASTR.finditer(rest)}
    rest = _MASTR.sub(" ", rest)
    units = {match[0].lower() for match in _UNIT.finditer(rest)}
    rest = _UNIT.sub(" ", rest)
    words = [part for part in re.split(r"[^\wÄÖÜäöüß+-]+", rest) if part.strip("-_+")]
    kinds = {_KINDS[part.lower()] for part in words if part.lower() in _KINDS}
    codes = [part for part in words if part.lower() not in _FILLERS and part.lower() not in _KINDS]
    codes = [part for part in codes if part.lower() not in MASTR_WORDS]
    return Head(
        _one(codes, "unit types"),
        _one(numbers, "MaStR numbers"),
        _one(kinds, "kinds"),
        _one(units, "units of measure"),
        _one(norms, "norms"),
    )


def _one(found: Iterable[T | None], what: str) -> T | None:
    different = list(dict.fromkeys(one for one in found if one is not None))
    if len(different) > 1:
        raise ValueError(f"more than one of its {what}: {', '.join(str(one) for one in different[:5])}")
    return different[0] if different else None


def read_mastr(value: object) -> str | None:
    """A MaStR number with the right check digit; None for a blank cell. ValueError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return str(MastrNumber(value.strip() if isinstance(value, str) else value))  # type: ignore[arg-type]


def read_type(value: object) -> str | None:
    """A unit type's code; None for a blank cell. ValueError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str) or not _CODE.fullmatch(value.strip()):
        raise ValueError("no unit type's code: a letter, then up to 15 letters, digits, '_', '+', '-'")
    return value.strip()


def read_unit(value: object) -> str | None:
    """A unit of measure; None for a blank cell. ValueError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    text = value.strip().strip("[]()").lower() if isinstance(value, str) else ""
    if text not in FACTORS:
        raise ValueError("no unit of measure that is known here: kWh, kW, Wh, W, MWh or MW")
    return text


def read_kind(value: object) -> Kind | None:
    """Generation or consumption; None for a blank cell. ValueError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    kind = _KINDS.get(value.strip().lower()) if isinstance(value, str) else None
    if kind is None:
        raise ValueError("neither Erzeugung nor Verbrauch")
    return kind


def read_norm(value: object) -> Fraction | None:
    """The yearly consumption in kWh that a profile is for; 0 for what is said to be absolute, None for a blank cell.

    ValueError on anything else. `1.000.000` is a million here, and `1.000` a thousand: norms have no decimals.
    """
    scale = 1
    if isinstance(value, str):
        if value.strip().lower() in _ABSOLUTE:
            return Fraction(0)
        if match := _NORM.fullmatch(value.strip()):
            value, scale = match[1], 1000 if match[2].upper() == "M" else 1
        value = re.sub(r"\s", "", value)
        if re.fullmatch(r"\d{1,3}(\.\d{3})+", value):
            value = value.replace(".", "")
    norm = parse_number(value)
    if norm is not None and not 1 <= norm * scale <= 10**9:
        raise ValueError("a norm is a yearly consumption from 1 to 1,000,000,000 kWh, or 'absolut'")
    return None if norm is None else norm * scale


def series_of(head: Head, default: Head, types: UnitTypes) -> tuple[Series, Fraction]:
    """The series that a head describes, and how many Wh of it 1 in a cell is. ValueError says what is missing.

    `default` speaks for a whole sheet: its unit of measure, and the norm of its profiles.
    """
    unit = head.unit or default.unit
    if unit is None:
        raise ValueError("no unit of measure: write kWh or kW into the head, or a row 'Einheit' below it")
    code = head.unit_type or (head.mastr_nr[:3] if head.mastr_nr else None)
    if code is None:
        raise ValueError("neither a unit type nor a MaStR number")
    unit_type = types.named(code)
    kind = head.kind or types.kind_of(unit_type)
    if kind is None:
        raise ValueError(f"the unit type {code} is not known: write Erzeugung or Verbrauch into a row 'Art'")
    if head.norm and (head.mastr_nr or kind == "generation"):
        raise ValueError("a norm belongs to a profile of consumption; a unit's own forecast and generation have none")
    norm = head.norm if head.norm is not None else default.norm
    if head.mastr_nr or kind == "generation" or norm == 0:
        return Series(unit_type, kind, head.mastr_nr), FACTORS[unit]
    if norm is None:
        raise ValueError(
            f"the profile {code} says no norm: write the yearly consumption it is for (such as 1000 kWh/a) into the "
            "head or a row 'Norm', or 'absolut' if it is the sum of all units"
        )
    return Series(unit_type, kind, norm_kwh_annum=NORM_KWH), FACTORS[unit] * NORM_KWH / norm

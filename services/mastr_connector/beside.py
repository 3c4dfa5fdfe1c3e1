"""What the export has beside units, actors and the grid: plants, permits, roles, catalogues, changes, what is gone.

Of each table: how its elements are called here and read. Elements that no schema has are kept under `more`; those that
only say that another one is absent (`..._nv`) are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from services.mastr_connector.catalogue import OPERATING_STATUS
from services.mastr_connector.quick import Record

Document = dict[str, Any]
Maker = Callable[[Record], Document | None]
Fields = dict[str, tuple[str, Callable[[str], Any]]]
"""An element of the export -> the field's name here, and what makes its value of the text (None: it has none)."""

_NUMBERS: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_NUMBER_MOST: Final = 40


def _text(text: str) -> str | None:
    return text.strip() or None


def _status(text: str) -> str:
    return OPERATING_STATUS.get(text, text)


def _numbers(text: str) -> list[str] | None:
    return _NUMBERS.findall(text) or None


def _amount(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None


def _flag(text: str) -> bool:
    return text == "1"


_PLANT: Final[Fields] = {
    "DatumLetzteAktualisierung": ("stamp", _text),
    "AnlageBetriebsstatus": ("operating_status", _status),
    "VerknuepfteEinheitenMaStRNummern": ("units", _numbers),
    "Registrierungsdatum": ("registered", _text),
    "AusschreibungZuschlag": ("tender_awarded", _flag),
}
EEG: Final[Fields] = _PLANT | {
    "EegMaStRNummer": ("_id", _text),
    "EegInbetriebnahmedatum": ("commissioned", _text),
    "InstallierteLeistung": ("installed_kw", _amount),
    "AnlagenschluesselEeg": ("eeg_key", _text),
    "Zuschlagsnummer": ("tender_number", _text),
    "MieterstromZugeordnet": ("tenant_electricity", _flag),
    "ErtuechtigungIds": ("upgrades", _text),
}
KWK: Final[Fields] = _PLANT | {
    "KwkMastrNummer": ("_id", _text),
    "Inbetriebnahmedatum": ("commissioned", _text),
    "ElektrischeKwkLeistung": ("installed_kw", _amount),
    "ThermischeNutzleistung": ("thermal_kw", _amount),
    "Zuschlagnummer": ("tender_number", _text),
}
STORAGE: Final[Fields] = _PLANT | {
    "MaStRNummer": ("_id", _text),
    "NutzbareSpeicherkapazitaet": ("capacity_kwh", _amount),
    "Speichername": ("name", _text),
}
PERMIT: Final[Fields] = {
    "GenMastrNummer": ("_id", _text),
    "DatumLetzteAktualisierung": ("stamp", _text),
    "Art": ("kind", _text),
    "Datum": ("issued", _text),
    "Behoerde": ("authority", _text),
    "Aktenzeichen": ("file_number", _text),
    "Frist": ("until", _text),
    "Registrierungsdatum": ("registered", _text),
    "DatumDerAntragstellung": ("applied", _text),
    "WasserrechtsNummer": ("water_right", _text),
    "WasserrechtAblaufdatum": ("water_right_until", _text),
    "VerknuepfteEinheitenMaStRNummern": ("units", _numbers),
}
UPGRADE: Final[Fields] = {
    "Id": ("_id", _text),
    "DatumLetzteAktualisierung": ("stamp", _text),
    "EegMastrNummer": ("eeg_mastr_nr", _text),
    "Ertuechtigungsart": ("kind", _text),
    "ErtuechtigungIstZulassungspflichtig": ("needs_permit", _flag),
    "Leistungserhoehung": ("power_increase", _text),
    "WiederinbetriebnahmeDatum": ("recommissioned", _text),
}
OPERATOR_CHANGE: Final[Fields] = {
    "EinheitMastrNummer": ("unit_mastr_nr", _text),
    "LokationMastrNummer": ("location_mastr_nr", _text),
    "NetzanschlusspunktMastrNummer": ("connection_mastr_nr", _text),
    "NetzbetreiberMastrNummerAlt": ("grid_operator_before", _text),
    "NetzbetreiberMastrNummerNeu": ("grid_operator_mastr_nr", _text),
    "ArtDerAenderung": ("kind", _text),
    "RegistrierungsdatumNetzbetreiberzuordnungsaenderung": ("stamp", _text),
    "Netzbetreiberzuordnungsaenderungsdatum": ("at", _text),
}
ROLE: Final[Fields] = {
    "MastrNummer": ("_id", _text),
    "MarktakteurMastrNummer": ("actor_mastr_nr", _text),
    "DatumLetzteAktualisierung": ("stamp", _text),
    "Marktrolle": ("role", _text),
    "BundesnetzagenturBetriebsnummer": ("bnetza_number", _text),
    "Marktpartneridentifikationsnummer": ("market_partner_id", _text),
    "KontaktdatenMarktrolle": ("contact", _text),
}
GONE_UNIT: Final[Fields] = {
    "EinheitMastrNummer": ("_id", _text),
    "DatumLetzteAktualisierung": ("stamp", _text),
    "Einheittyp": ("type", _text),
    "EinheitSystemstatus": ("system_status", _text),
    "EinheitBetriebsstatus": ("operating_status", _status),
}
GONE_ACTOR: Final[Fields] = {
    "MarktakteurMastrNummer": ("_id", _text),
    "DatumLetzteAktualisierung": ("stamp", _text),
    "MarktakteurStatus": ("status", _text),
}


def maker(fields: Fields, **constant: str) -> Maker:
    """Makes a record's row, with the `constant` fields; None of a record without a number."""

    def make(record: Record) -> Document | None:
        document: Document = dict(constant)
        more: dict[str, str] = {}
        for element, text in record.items():
            known = fields.get(element)
            if known is None:
                if not element.endswith("_nv"):
                    more[element] = text
            elif (value := known[1](text)) is not None:
                document[known[0]] = value
        if more:
            document["more"] = more
        return document if 0 < len(document.get("_id", "")) <= _NUMBER_MOST else None

    return make


def catalogue_maker(table: str) -> Maker:
    """The entries of one list. Ids are told apart by their list: small ones mean something else in each."""

    def make(record: Record) -> Document | None:
        identity = record.get("Id", "").strip()
        if not 0 < len(identity) <= _NUMBER_MOST:
            return None
        entry = {"_id": f"{table}/{identity}", "list": table, "id": identity}
        entry["value"] = record.get("Wert") or record.get("Name") or ""
        if "KatalogKategorieId" in record:
            entry["category"] = f"Katalogkategorien/{record['KatalogKategorieId']}"
        return entry

    return make


_change: Final = maker(OPERATOR_CHANGE, _id="-")


def operator_change(record: Record) -> Document | None:
    """A change of the grid operator. A unit may have several, so that only its content tells one from another."""
    document = _change(record)
    if document is None or "unit_mastr_nr" not in document:
        return None
    content = hashlib.sha256("\n".join(f"{name}={record[name]}" for name in sorted(record)).encode())
    return {**document, "_id": f"{document['unit_mastr_nr']}/{content.hexdigest()[:16]}"}

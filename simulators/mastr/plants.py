"""What an export says of units in tables of their own: plants, permits, upgrades, changes of the grid operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulators.mastr.kinds import KINDS, SOLAR, STORAGE, Kind
from simulators.mastr.numbers import mastr_number
from simulators.mastr.register import COMBUSTION, EEG_TYPES, Record, Register

_BY_TYPE: Final = {kind.type_id: kind for kind in KINDS}
_EEG: Final = {"2": "Wind", "3": "Biomasse", "4": "Wasser"}
_OPERATOR_BEFORE: Final = mastr_number("SNB", 902)
_OPERATOR: Final = mastr_number("SNB", 901)
_CHANGED_EVERY: Final = 50
"""Every so many units of storage have had another grid operator, and every tenth of those two others."""


def tables(register: Register) -> Iterator[tuple[str, str, Iterator[Record]]]:
    """Root element, record element and records of each table."""
    yield "AnlagenEegSolar", "AnlageEegSolar", _eeg(register, SOLAR)
    for type_id, name in _EEG.items():
        yield f"AnlagenEeg{name}", f"AnlageEeg{name}", _eeg(register, _BY_TYPE[type_id])
    yield "AnlagenEegSpeicher", "AnlageEegSpeicher", _eeg(register, STORAGE)
    yield "AnlagenKwk", "AnlageKwk", _kwk(register)
    yield "AnlagenStromSpeicher", "AnlageStromSpeicher", _storage(register)
    yield "AnlagenGasSpeicher", "AnlageGasSpeicher", _gas_storage(register)
    yield "EinheitenGenehmigung", "EinheitGenehmigung", _permits(register)
    yield "Ertuechtigungen", "Ertuechtigung", _upgrades(register)
    yield (
        "EinheitenAenderungNetzbetreiberzuordnungen",
        "EinheitenAenderungNetzbetreiberzuordnung",
        _operator_changes(register),
    )


def _eeg(register: Register, kind: Kind) -> Iterator[Record]:
    for unit in register.units(kind):
        if "EegMaStRNummer" not in unit:
            continue
        record = {
            "Registrierungsdatum": unit["Registrierungsdatum"],
            "DatumLetzteAktualisierung": unit["DatumLetzteAktualisierung"],
            "EegInbetriebnahmedatum": unit["Inbetriebnahmedatum"],
            "EegMaStRNummer": unit["EegMaStRNummer"],
        }
        if kind != STORAGE:
            record |= {
                "AnlagenkennzifferAnlagenregister_nv": "1",
                "InstallierteLeistung": unit["Bruttoleistung"],
                "AnlageBetriebsstatus": unit["EinheitBetriebsstatus"],
            }
        if kind == SOLAR:
            record["RegistrierungsnummerPvMeldeportal_nv"] = "1"
        yield {**record, "VerknuepfteEinheitenMaStRNummern": unit["EinheitMastrNummer"]}


def _kwk(register: Register) -> Iterator[Record]:
    for unit in register.units(_BY_TYPE[COMBUSTION]):
        yield {
            "KwkMastrNummer": unit["KwkMaStRNummer"],
            "AusschreibungZuschlag": "0",
            "DatumLetzteAktualisierung": unit["DatumLetzteAktualisierung"],
            "Inbetriebnahmedatum": unit["Inbetriebnahmedatum"],
            "Registrierungsdatum": unit["Registrierungsdatum"],
            "ThermischeNutzleistung": f"{float(unit['Bruttoleistung']) * 1.6:g}",
            "ElektrischeKwkLeistung": unit["Bruttoleistung"],
            "AnlageBetriebsstatus": unit["EinheitBetriebsstatus"],
            "VerknuepfteEinheitenMaStRNummern": unit["EinheitMastrNummer"],
        }


def _storage(register: Register) -> Iterator[Record]:
    for unit in register.units(STORAGE):
        yield {
            "MaStRNummer": unit["SpeMastrNummer"],
            "Registrierungsdatum": unit["Registrierungsdatum"],
            "DatumLetzteAktualisierung": unit["DatumLetzteAktualisierung"],
            "NutzbareSpeicherkapazitaet": f"{float(unit['Bruttoleistung']) * 1.5:g}",
            "VerknuepfteEinheitenMaStRNummern": unit["EinheitMastrNummer"],
            "AnlageBetriebsstatus": unit["EinheitBetriebsstatus"],
        }


def _gas_storage(register: Register) -> Iterator[Record]:
    for unit in register.units(_BY_TYPE["12"]):
        yield {
            "MaStRNummer": unit["SpeicherMaStRNummer"],
            "DatumLetzteAktualisierung": unit["DatumLetzteAktualisierung"],
            "Speichername": unit["NameGasspeicher"],
            "Registrierungsdatum": unit["Registrierungsdatum"],
            "AnlageBetriebsstatus": unit["EinheitBetriebsstatus"],
            "VerknuepfteEinheitenMaStRNummern": unit["EinheitMastrNummer"],
        }


def _permits(register: Register) -> Iterator[Record]:
    for type_id in sorted(EEG_TYPES):
        for unit in register.units(_BY_TYPE[type_id]):
            if "GenMastrNummer" in unit:
                yield {
                    "GenMastrNummer": unit["GenMastrNummer"],
                    "DatumLetzteAktualisierung": unit["DatumLetzteAktualisierung"],
                    "Art": "826",  # made up
                    "Datum": unit["Registrierungsdatum"],
                    "Behoerde": f"Kreisverwaltung {unit['Landkreis']}",
                    "Aktenzeichen": f"{unit['GenMastrNummer'][-4:]}/26",
                    "Frist_nv": "1",
                    "Registrierungsdatum": unit["Registrierungsdatum"],
                    "VerknuepfteEinheitenMaStRNummern": unit["EinheitMastrNummer"],
                }


def _upgrades(register: Register) -> Iterator[Record]:
    for number, unit in enumerate(register.units(_BY_TYPE["4"]), 1):
        yield {
            "Id": str(number),
            "DatumLetzteAktualisierung": unit["DatumLetzteAktualisierung"],
            "EegMastrNummer": unit["EegMaStRNummer"],
            "ErtuechtigungIstZulassungspflichtig": "0",
            "Leistungserhoehung": "10",
            "WiederinbetriebnahmeDatum": unit["Inbetriebnahmedatum"],
        }


def _operator_changes(register: Register) -> Iterator[Record]:
    for index, (unit, location) in enumerate(register.places(STORAGE)):
        if index % _CHANGED_EVERY:
            continue
        for year in (2023, 2025)[: 1 + (index % (10 * _CHANGED_EVERY) == 0)]:
            yield {
                "EinheitMastrNummer": unit,
                "LokationMastrNummer": location,
                "NetzbetreiberMastrNummerAlt": _OPERATOR_BEFORE,
                "NetzbetreiberMastrNummerNeu": _OPERATOR,
                "RegistrierungsdatumNetzbetreiberzuordnungsaenderung": f"{year}-02-01T08:00:00.0000000",
                "Netzbetreiberzuordnungsaenderungsdatum": f"{year}-01-01T00:00:00.0000000",
            }

"""What each operation answers. Texts of faults are those that were seen at the real service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from simulators.mastr import catalogue
from simulators.mastr.interface import DETAIL, LIST_ITEM, MAX_LIMIT
from simulators.mastr.kinds import KINDS
from simulators.mastr.register import Record
from simulators.mastr.state import NotThere, State, Unit, now, stamp

OK: Final = "OK"
MORE: Final = "OkWeitereDatenVorhanden"
NOTHING: Final = "KeineDatenVorhanden"

_KINDS_BY_OPERATION: Final = {kind.operation: kind for kind in KINDS}
_PERHAPS: Final = ("Hausnummer", "Weic", "Kraftwerksnummer")
_RENAMED: Final = {
    "LokationMaStRNummer": "LokationMastrNummer",
    "EegMaStRNummer": "EegMastrNummer",
    "KwkMaStRNummer": "KwkMastrNummer",
}
_FLAGS: Final = frozenset(name for name, kind in DETAIL.items() if kind == "xs:boolean")

T = TypeVar("T")
Parameters = Mapping[str, Any]
Answer = dict[str, Any]


class SoapFault(Exception):  # noqa: N818 - the name that SOAP gives it
    """Refused; the text is the fault's."""


def answer(state: State, operation: str, parameters: Parameters) -> Answer:
    """The fields of the answer, `Ergebniscode` first. Raises SoapFault."""
    if operation in _KINDS_BY_OPERATION or operation not in _ANSWERS:
        return _detail(state, operation, parameters)
    return _ANSWERS[operation](state, parameters)


def _time(_state: State, _parameters: Parameters) -> Answer:
    return {"Ergebniscode": OK, "LokaleUhrzeit": now().isoformat()}


def _quota(state: State, _parameters: Parameters) -> Answer:
    return {
        "Ergebniscode": OK,
        "AktuellerStandTageskontingent": str(state.used),
        "AktuellesLimitTageskontingent": str(state.quota),
    }


def _categories(_state: State, _parameters: Parameters) -> Answer:
    items = [{"Id": str(number), "Name": name} for number, name in enumerate(catalogue.CATALOGUE, 1)]
    return {"Ergebniscode": OK, "Katalogkategorien": items}


def _values(_state: State, parameters: Parameters) -> Answer:
    for number, entries in enumerate(catalogue.CATALOGUE.values(), 1):
        if str(number) == parameters.get("id"):
            items = [{"Id": identity, "Name": value} for identity, (value, _) in entries.items()]
            return {"Ergebniscode": OK, "Katalogwerte": items}
    return {"Ergebniscode": NOTHING}


def _all_units(state: State, parameters: Parameters) -> Answer:
    since = _moment(parameters, "datumAb")
    wanted = set(parameters.get("einheitMastrNummern", ()))
    found = [unit for unit in _sorted(state) if _is_since(unit, since) and (not wanted or unit.number in wanted)]
    return _page(parameters, found, _item, "Einheiten")


def _generators(state: State, parameters: Parameters) -> Answer:
    since = _moment(parameters, "datumAb")
    asked = {
        "postleitzahl": "Postleitzahl",
        "ort": "Ort",
        "AnlagenbetreiberMastrNummer": "AnlagenbetreiberMastrNummer",
    }
    found = [
        unit
        for unit in _sorted(state)
        if unit.kind.generates
        and _is_since(unit, since)
        and all(unit.record.get(field) == parameters[name] for name, field in asked.items() if name in parameters)
        and parameters.get("name", "") in unit.record.get(unit.kind.name_field, "")
    ]
    return _page(parameters, found, _item, "Einheiten")


def _last_changes(state: State, parameters: Parameters) -> Answer:
    """Of the grid operator's check only; units that are gone are listed too."""
    if parameters.get("VerknuepftesObjektArt") != "Netzbetreiberpruefungsprozess":
        return {"Ergebniscode": NOTHING}
    since = _moment(parameters, "VerknuepftesObjektDatumAb")
    wanted = set(parameters.get("EinheitMastrNummern", ()))
    found = [
        unit
        for unit in _sorted(state)
        if unit.checked and unit.checked >= since and (not wanted or unit.number in wanted)
    ]
    return _page(parameters, found, _item, "Einheiten")


def _detail(state: State, operation: str, parameters: Parameters) -> Answer:
    try:
        unit = state.unit(str(parameters.get("einheitMastrNummer", "")))
    except NotThere:
        raise SoapFault("Objekt nicht gefunden") from None
    gone = {catalogue.DELETED: "gelöscht", catalogue.DEACTIVATED: "deaktiviert"}.get(unit.status)
    if gone:
        raise SoapFault(f"Die Einheit {unit.number} kann nicht abgerufen werden, die Einheit wurde {gone}.")
    if unit.kind.operation != operation:
        return {"Ergebniscode": NOTHING}
    return {"Ergebniscode": OK, **_words(unit.record)}


def _actor(state: State, parameters: Parameters) -> Answer:
    record = state.actors.get(str(parameters.get("mastrNummer", "")))
    if record is None:
        raise SoapFault("Objekt nicht gefunden")
    return {"Ergebniscode": OK, **_words(record)}


def _actors(state: State, parameters: Parameters) -> Answer:
    since = _moment(parameters, "datumAb")
    found = [
        record
        for _, record in sorted(state.actors.items())
        if record["DatumLetzeAktualisierung"] >= since
        and parameters.get("postleitzahl", record.get("Postleitzahl")) == record.get("Postleitzahl")
        and parameters.get("name", "") in record.get("Firmenname", "")
    ]

    def item(record: Record) -> Record:
        shown = _words(record)
        return {
            "MarktakteurMastrNummer": record["MastrNummer"],
            "Personenart": shown["Personenart"],
            "DatumLetzeAktualisierung": record["DatumLetzeAktualisierung"],
        }

    return _page(parameters, found, item, "Marktakteure")


_ANSWERS: Final[dict[str, Callable[[State, Parameters], Answer]]] = {
    "GetLokaleUhrzeit": _time,
    "GetLokaleUhrzeitMitAuthentifizierung": _time,
    "GetAktuellerStandTageskontingent": _quota,
    "GetListeKatalogkategorien": _categories,
    "GetKatalogwerte": _values,
    "GetListeAlleEinheiten": _all_units,
    "GetGefilterteListeStromErzeuger": _generators,
    "GetListeLetzteAktualisierung": _last_changes,
    "GetMarktakteur": _actor,
    "GetGefilterteListeMarktakteure": _actors,
}


def _sorted(state: State) -> list[Unit]:
    return [unit for _, unit in sorted(state.units.items())]


def _is_since(unit: Unit, since: str) -> bool:
    return unit.record["DatumLetzteAktualisierung"] >= since


def _moment(parameters: Parameters, name: str) -> str:
    """German local time as the records have it; a time with an offset is brought there."""
    text = str(parameters.get(name, ""))
    if not text:
        return ""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise SoapFault(f"Der Parameter {name} ist ungültig.") from None
    return stamp(given if given.tzinfo is None else given.astimezone(now().tzinfo))


def _page(parameters: Parameters, found: list[T], show: Callable[[T], Any], name: str) -> Answer:
    first = int(parameters.get("startAb") or 1)
    limit = int(parameters.get("limit") or MAX_LIMIT)
    if first < 1 or not 1 <= limit <= MAX_LIMIT:
        raise SoapFault("Der Parameter limit oder startAb ist ungültig.")
    items = [show(entry) for entry in found[first - 1 : first - 1 + limit]]
    if not items:
        return {"Ergebniscode": NOTHING}
    return {"Ergebniscode": MORE if first - 1 + limit < len(found) else OK, name: items}


def _item(unit: Unit) -> Record:
    record, kind = unit.record, unit.kind
    item = {
        "EinheitMastrNummer": unit.number,
        "DatumLetzeAktualisierung": record["DatumLetzteAktualisierung"],
        "Name": record.get(kind.name_field, ""),
        "Einheitart": "Stromerzeugungseinheit" if kind.generates else "Verbrauchseinheit",
        "Einheittyp": catalogue.UNIT_TYPES[kind.type_id][1],
        "Standort": f"{record.get('Postleitzahl', '')} {record.get('Ort', '')}",
        "EinheitSystemstatus": catalogue.word("EinheitSystemstatus", unit.status),
        "EinheitBetriebsstatus": catalogue.word("EinheitBetriebsstatus", record["EinheitBetriebsstatus"]),
        "Anlagenbetreiber": record.get("AnlagenbetreiberMastrNummer", ""),
        "NichtVorhandenInMigriertenEinheiten": "false",
    }
    for field in ("Bruttoleistung", "Erzeugungsleistung", "SpeMastrNummer"):
        if field in record:
            item[field] = record[field]
    if "EegMaStRNummer" in record:
        item["EegMastrNummer"] = record["EegMaStRNummer"]
    return {name: item[name] for name in LIST_ITEM if name in item}


def _words(record: Record) -> Answer:
    """A record of the export as the web service says it."""
    shown: Answer = {}
    for name, value in record.items():
        if name.endswith("_nv"):
            continue
        if name in _FLAGS:
            shown[name] = "true" if value == "1" else "false"
        else:
            shown[_RENAMED.get(name, name)] = catalogue.word(name, value)
    for name in _PERHAPS:
        if name in record or f"{name}_nv" in record:
            shown[name] = {"Wert": record.get(name, ""), "NichtVorhanden": "false" if name in record else "true"}
    for name in _enums(record):
        shown.setdefault(name, "None")
    return shown


def _enums(record: Record) -> Iterable[str]:
    """An empty catalogue value is the word None."""
    return (name for name in DETAIL if catalogue.is_catalogue(name)) if "EinheitMastrNummer" in record else ()

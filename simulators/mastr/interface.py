"""The web service's operations: port, parameters, answer. From these the WSDL is written and requests are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulators.mastr.kinds import KINDS

NAMESPACE: Final = "https://www.marktstammdatenregister.de/Services/Public/1_2/Modelle"
PORTS: Final = {"Anlage": "Anlage", "Akteur": "Akteur", "Allgemein": "Common"}
"""zeep's name of a port -> the last part of its address and of its namespace."""

MAX_LIMIT: Final = 2000
TEXT: Final = "xs:string"
MOMENT: Final = "xs:dateTime"
DAY: Final = "xs:date"
NUMBER: Final = "xs:int"
FLAG: Final = "xs:boolean"
POWER: Final = "xs:decimal"
PERHAPS: Final = "m:WertOderNichtVorhanden"


@dataclass(frozen=True)
class Operation:
    """`parameters`: name -> type, "[]" at the end for a list. `answer`: name -> type of what follows the head."""

    name: str
    port: str
    parameters: dict[str, str]
    answer: dict[str, str]
    open: bool = False
    actor: bool = True

    @property
    def request_namespace(self) -> str:
        return f"{NAMESPACE}/{PORTS[self.port]}"

    def all_parameters(self) -> dict[str, str]:
        """With the key and the number of who calls."""
        head = {} if self.open else {"apiKey": TEXT}
        if self.actor and not self.open:
            head["marktakteurMastrNummer"] = TEXT
        return {**head, **self.parameters}


LIST_ITEM: Final = {
    "EinheitMastrNummer": TEXT,
    "DatumLetzeAktualisierung": MOMENT,
    "Name": TEXT,
    "Einheitart": TEXT,
    "Einheittyp": TEXT,
    "Standort": TEXT,
    "Bruttoleistung": POWER,
    "Erzeugungsleistung": POWER,
    "EinheitSystemstatus": TEXT,
    "EinheitBetriebsstatus": TEXT,
    "Anlagenbetreiber": TEXT,
    "EegMastrNummer": TEXT,
    "KwkMastrNummer": TEXT,
    "SpeMastrNummer": TEXT,
    "GenMastrNummer": TEXT,
    "BestandsanlageMastrNummer": TEXT,
    "NichtVorhandenInMigriertenEinheiten": FLAG,
}
DETAIL: Final = {
    "EinheitMastrNummer": TEXT,
    "DatumLetzteAktualisierung": MOMENT,
    "LokationMastrNummer": TEXT,
    "NetzbetreiberpruefungStatus": TEXT,
    "NetzbetreiberpruefungDatum": DAY,
    "NetzbetreiberMastrNummer": f"{TEXT}[]",
    "AnlagenbetreiberMastrNummer": TEXT,
    "Land": TEXT,
    "Bundesland": TEXT,
    "Landkreis": TEXT,
    "Gemeinde": TEXT,
    "Gemeindeschluessel": TEXT,
    "Postleitzahl": TEXT,
    "Strasse": TEXT,
    "Hausnummer": PERHAPS,
    "Ort": TEXT,
    "Laengengrad": POWER,
    "Breitengrad": POWER,
    "Registrierungsdatum": DAY,
    "Inbetriebnahmedatum": DAY,
    "EinheitSystemstatus": TEXT,
    "EinheitBetriebsstatus": TEXT,
    "NichtVorhandenInMigriertenEinheiten": FLAG,
    "NameStromerzeugungseinheit": TEXT,
    "NameStromverbrauchseinheit": TEXT,
    "NameGaserzeugungseinheit": TEXT,
    "NameGasverbrauchsseinheit": TEXT,
    "NameGasspeicher": TEXT,
    "MaximalNutzbaresArbeitsgasvolumen": TEXT,
    "SpeicherMaStRNummer": TEXT,
    "GenMastrNummer": TEXT,
    "KwkMastrNummer": TEXT,
    "Weic": PERHAPS,
    "Kraftwerksnummer": PERHAPS,
    "Energietraeger": TEXT,
    "Bruttoleistung": POWER,
    "Nettonennleistung": POWER,
    "Erzeugungsleistung": POWER,
    "AnschlussAnHoechstOderHochSpannung": FLAG,
    "FernsteuerbarkeitNb": FLAG,
    "Einspeisungsart": TEXT,
    "ZugeordneteWirkleistungWechselrichter": POWER,
    "ZugeordnenteWirkleistungWechselrichter": POWER,
    "AnzahlModule": NUMBER,
    "ArtDerSolaranlage": TEXT,
    "Leistungsbegrenzung": TEXT,
    "EinheitlicheAusrichtungUndNeigungswinkel": FLAG,
    "Hauptausrichtung": TEXT,
    "HauptausrichtungNeigungswinkel": TEXT,
    "Nutzungsbereich": TEXT,
    "AcDcKoppelung": TEXT,
    "Batterietechnologie": TEXT,
    "Notstromaggregat": FLAG,
    "Technologie": TEXT,
    "EegMastrNummer": TEXT,
    "SpeMastrNummer": TEXT,
}
ACTOR: Final = {
    "MastrNummer": TEXT,
    "DatumLetzeAktualisierung": MOMENT,
    "Personenart": TEXT,
    "Firmenname": TEXT,
    "Marktfunktion": TEXT,
    "Land": TEXT,
    "Strasse": TEXT,
    "Hausnummer": PERHAPS,
    "Postleitzahl": TEXT,
    "Ort": TEXT,
    "Bundesland": TEXT,
}
ACTOR_ITEM: Final = {"MarktakteurMastrNummer": TEXT, "Personenart": TEXT, "DatumLetzeAktualisierung": MOMENT}
_PAGE: Final = {"startAb": NUMBER, "datumAb": MOMENT, "limit": NUMBER}
_UNITS: Final = {"Einheiten": "m:Einheit[]"}

OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation("GetLokaleUhrzeit", "Allgemein", {}, {"LokaleUhrzeit": MOMENT}, open=True),
        Operation(
            "GetLokaleUhrzeitMitAuthentifizierung", "Allgemein", {}, {"LokaleUhrzeit": MOMENT}, actor=False
        ),
        Operation(
            "GetAktuellerStandTageskontingent",
            "Allgemein",
            {},
            {"AktuellerStandTageskontingent": NUMBER, "AktuellesLimitTageskontingent": NUMBER},
        ),
        Operation(
            "GetListeKatalogkategorien", "Allgemein", {"limit": NUMBER}, {"Katalogkategorien": "m:Kategorie[]"},
            actor=False,
        ),
        Operation(
            "GetKatalogwerte", "Allgemein", {"id": NUMBER, "limit": NUMBER}, {"Katalogwerte": "m:Katalogwert[]"},
            actor=False,
        ),
        Operation("GetListeAlleEinheiten", "Anlage", {**_PAGE, "einheitMastrNummern": f"{TEXT}[]"}, _UNITS),
        Operation(
            "GetGefilterteListeStromErzeuger",
            "Anlage",
            {**_PAGE, "name": TEXT, "postleitzahl": TEXT, "ort": TEXT, "AnlagenbetreiberMastrNummer": TEXT},
            _UNITS,
        ),
        Operation(
            "GetListeLetzteAktualisierung",
            "Anlage",
            {
                "VerknuepftesObjektArt": TEXT,
                "VerknuepftesObjektDatumAb": MOMENT,
                "EinheitMastrNummern": f"{TEXT}[]",
                "limit": NUMBER,
                "startAb": NUMBER,
            },
            _UNITS,
        ),
        *(Operation(kind.operation, "Anlage", {"einheitMastrNummer": TEXT}, DETAIL) for kind in KINDS),
        *(
            Operation(f"GetEinheit{name}", "Anlage", {"einheitMastrNummer": TEXT}, DETAIL)
            for name in ("Kernkraft", "GeothermieGrubengasDruckentspannung")
        ),
        Operation("GetMarktakteur", "Akteur", {"mastrNummer": TEXT}, ACTOR),
        Operation(
            "GetGefilterteListeMarktakteure", "Akteur", {**_PAGE, "name": TEXT, "postleitzahl": TEXT},
            {"Marktakteure": "m:Marktakteur[]"},
        ),
    )
}  # fmt: skip

TYPES: Final = {
    "Einheit": LIST_ITEM,
    "Marktakteur": ACTOR_ITEM,
    "Kategorie": {"Id": NUMBER, "Name": TEXT},
    "Katalogwert": {"Id": NUMBER, "Name": TEXT},
    "WertOderNichtVorhanden": {"Wert": TEXT, "NichtVorhanden": FLAG},
}
HEAD: Final = {
    "Ergebniscode": TEXT,
    "AufrufVeraltet": FLAG,
    "AufrufLebenszeitEnde": f"{MOMENT}?",
    "AufrufVersion": NUMBER,
}

"""The register's catalogue, as far as the generator uses it: ids of the export, words of the web service.

The ids are the register's own, but for the categories' (from 1 on) and the few values marked as made up.
"""

from __future__ import annotations

from typing import Final

RHINELAND_PALATINATE: Final = "1410"
RHINELAND_PALATINATE_OF_ACTORS: Final = "342"
BAVARIA: Final = "1403"
GERMANY: Final = "84"
IN_PLANNING: Final = "31"
IN_OPERATION: Final = "35"
PAUSED: Final = "37"
DECOMMISSIONED: Final = "38"
ACTIVE: Final = "472"
DEACTIVATED: Final = "473"
DELETED: Final = "572"
CHECKED: Final = "2954"
IN_CHECK: Final = "2955"
ORGANISATION: Final = "517"  # made up, as the next one
PERSON: Final = "518"

# category -> id -> (value, the web service's word)
CATALOGUE: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "EinheitBetriebsstatus": {
        IN_PLANNING: ("In Planung", "InPlanung"),
        IN_OPERATION: ("In Betrieb", "InBetrieb"),
        PAUSED: ("Vorübergehend stillgelegt", "VoruebergehendStillgelegt"),
        DECOMMISSIONED: ("Endgültig stillgelegt", "EndgueltigStillgelegt"),
    },
    "EinheitSystemstatus": {
        ACTIVE: ("Aktiviert", "Aktiv"),
        DEACTIVATED: ("Deaktiviert", "Deaktiviert"),
        DELETED: ("Gelöscht", "Geloescht"),
    },
    "NetzbetreiberpruefungStatus": {
        CHECKED: ("Geprüft", "Geprueft"),
        IN_CHECK: ("In Prüfung", "InPruefung"),
    },
    "Land": {GERMANY: ("Deutschland", "Deutschland")},
    "Bundesland": {
        RHINELAND_PALATINATE: ("Rheinland-Pfalz", "RheinlandPfalz"),
        BAVARIA: ("Bayern", "Bayern"),
        RHINELAND_PALATINATE_OF_ACTORS: ("Rheinland-Pfalz", "RheinlandPfalz"),
    },
    "Energietraeger": {
        "2495": ("Solare Strahlungsenergie", "SolareStrahlungsenergie"),
        "2497": ("Wind", "Wind"),
        "2498": ("Wasser", "Wasser"),
        "2493": ("Biomasse", "Biomasse"),
        "2496": ("Speicher", "Speicher"),
        "2410": ("Erdgas", "Erdgas"),
    },
    "Einspeisungsart": {
        "688": ("Volleinspeisung", "Volleinspeisung"),
        "689": ("Teileinspeisung (einschließlich Eigenverbrauch)", "TeileinspeisungEinschliesslichEigenverbrauch"),
    },
    "ArtDerSolaranlage": {
        "852": ("Freifläche", "Freiflaeche"),
        "853": ("Gebäudesolaranlage", "Gebaeudesolaranlage"),
        "2961": ("Steckerfertige Solaranlage", "SteckerfertigeSolaranlage"),
    },
    "Leistungsbegrenzung": {"802": ("Nein", "Nein"), "803": ("Ja, auf 70%", "JaAuf70Prozent")},
    "Hauptausrichtung": {
        "697": ("Ost", "Ost"),
        "698": ("Süd-Ost", "SuedOst"),
        "699": ("Süd", "Sued"),
        "700": ("Süd-West", "SuedWest"),
        "701": ("West", "West"),
        "704": ("Ost-West", "OstWest"),
    },
    "HauptausrichtungNeigungswinkel": {
        "808": ("40 - 60 Grad", "Grad40Bis60"),
        "809": ("20 - 40 Grad", "Grad20Bis40"),
        "810": ("< 20 Grad", "GradUnter20"),
    },
    "Nutzungsbereich": {
        "713": ("Haushalt", "Haushalt"),
        "714": ("Gewerbe, Handel und Dienstleistungen", "GewerbeHandelUndDienstleistungen"),
        "716": ("Landwirtschaft", "Landwirtschaft"),
    },
    "Batterietechnologie": {"727": ("Lithium-Batterie", "LithiumBatterie")},
    "AcDcKoppelung": {"693": ("AC-gekoppeltes System", "AcGekoppeltesSystem")},
    "TechnologieSpeicher": {"524": ("Batterie", "Batterie")},
    "Spannungsebene": {"352": ("Mittelspannung", "Mittelspannung"), "354": ("Niederspannung", "Niederspannung")},
    "Regelzone": {"1000010": ("Amprion", "Amprion")},
    "Personenart": {
        ORGANISATION: ("Organisation", "Organisation"),
        PERSON: ("Natürliche Person oder Organisation mit Personenbezug", "NatuerlichePerson"),
    },
}

# system lists: their small ids mean something else in the catalogue
UNIT_TYPES: Final = {
    "1": ("Solareinheit", "Solareinheit"),
    "2": ("Windeinheit", "Windeinheit"),
    "3": ("Biomasse", "Biomasse"),
    "4": ("Wasser", "Wasser"),
    "5": ("Geothermie", "Geothermie"),
    "6": ("Verbrennung", "Verbrennung"),
    "7": ("Kernenergie", "Kernenergie"),
    "8": ("Stromspeichereinheit", "Stromspeichereinheit"),
    "9": ("Stromverbrauchseinheit", "Stromverbrauchseinheit"),
    "10": ("Gasverbrauchseinheit", "Gasverbrauchseinheit"),
    "11": ("Gaserzeugungseinheit", "Gaserzeugungseinheit"),
    "12": ("Gasspeichereinheit", "Gasspeichereinheit"),
}
LOCATION_TYPES: Final = {
    "1": "Stromerzeugungslokation",
    "2": "Stromverbrauchslokation",
    "3": "Gaserzeugungslokation",
    "4": "Gasverbrauchslokation",
}
MARKET_FUNCTIONS: Final = {"1": "Stromnetzbetreiber", "2": "Anlagenbetreiber", "3": "Akteur im Strommarkt"}
MARKET_ROLES: Final = {"1": "Anschlussnetzbetreiber", "2": "Messstellenbetreiber", "3": "Stromlieferant"}


def word(field: str, value: str) -> str:
    """A field's value as the web service says it: catalogue ids become words."""
    known = CATALOGUE.get(_CATEGORY_OF.get(field, field), {})
    return known[value][1] if value in known else value


def is_catalogue(field: str) -> bool:
    """Whether the field holds a catalogue id in the export, and a word at the web service."""
    return _CATEGORY_OF.get(field, field) in CATALOGUE


_CATEGORY_OF: Final = {"Technologie": "TechnologieSpeicher", "RegelzoneNetzanschlusspunkt": "Regelzone"}

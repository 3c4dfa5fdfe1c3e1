"""One form for what the register says in two: catalogue ids in the export, words at the web service.

Ids and words are the register's own (facts of 22 November 2026). What is not known here is kept as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NONE: Final = "None"
"""How the web service says that a catalogue value is empty."""

OPERATING_STATUS: Final = {
    "31": "planned",
    "35": "in_operation",
    "37": "temporarily_shut_down",
    "38": "decommissioned",
    "InPlanung": "planned",
    "InBetrieb": "in_operation",
    "VoruebergehendStillgelegt": "temporarily_shut_down",
    "EndgueltigStillgelegt": "decommissioned",
}
GONE: Final = frozenset({"473", "572", "Deaktiviert", "Geloescht", "Gelöscht"})
"""EinheitSystemstatus of a unit that is no longer in the register."""

GRID_CHECK: Final = {
    "2954": "checked",
    "2955": "in_check",
    "3075": "not_intended",
    "Geprueft": "checked",
    "InPruefung": "in_check",
    "NichtVorgesehen": "not_intended",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of unit: our word, its table and record in the export, its detail call at the web service.

    `type_words`: how Einheittyp begins at the web service. `name_field`: which element is the unit's name.
    """

    unit_type: str
    table: str
    record: str
    operation: str
    type_words: tuple[str, ...]
    name_field: str = "NameStromerzeugungseinheit"


KINDS: Final = (
    Kind("solar", "EinheitenSolar", "EinheitSolar", "GetEinheitSolar", ("Solar",)),
    Kind("storage", "EinheitenStromSpeicher", "EinheitStromSpeicher", "GetEinheitStromSpeicher", ("Stromspeicher",)),
    Kind("wind", "EinheitenWind", "EinheitWind", "GetEinheitWind", ("Wind",)),
    Kind("biomass", "EinheitenBiomasse", "EinheitBiomasse", "GetEinheitBiomasse", ("Biomasse",)),
    Kind("hydro", "EinheitenWasser", "EinheitWasser", "GetEinheitWasser", ("Wasser",)),
    Kind("combustion", "EinheitenVerbrennung", "EinheitVerbrennung", "GetEinheitVerbrennung", ("Verbrennung",)),
    Kind("nuclear", "EinheitenKernkraft", "EinheitKernkraft", "GetEinheitKernkraft", ("Kernenergie", "Kernkraft")),
    Kind(
        "geothermal",
        "EinheitenGeothermieGrubengasDruckentspannung",
        "EinheitGeothermieGrubengasDruckentspannung",
        "GetEinheitGeothermieGrubengasDruckentspannung",
        ("Geothermie", "Grubengas", "Druckentspannung"),
    ),
    Kind(
        "consumer",
        "EinheitenStromVerbraucher",
        "EinheitStromVerbraucher",
        "GetEinheitStromVerbraucher",
        ("Stromverbrauch",),
        "NameStromverbrauchseinheit",
    ),
    Kind(
        "gas_producer",
        "EinheitenGasErzeuger",
        "EinheitGasErzeuger",
        "GetEinheitGasErzeuger",
        ("Gaserzeug",),
        "NameGaserzeugungseinheit",
    ),
    Kind(
        "gas_storage",
        "EinheitenGasSpeicher",
        "EinheitGasSpeicher",
        "GetEinheitGasSpeicher",
        ("Gasspeicher",),
        "NameGasspeicher",
    ),
    Kind(
        "gas_consumer",
        "EinheitenGasverbraucher",
        "EinheitGasverbraucher",
        "GetEinheitGasVerbraucher",
        ("Gasverbrauch",),
        "NameGasverbrauchsseinheit",  # the register spells it so
    ),
)
UNIT_TYPES: Final = tuple(kind.unit_type for kind in KINDS)

ACTORS: Final = ("Marktakteure", "Marktakteur")
GONE_UNITS: Final = ("GeloeschteUndDeaktivierteEinheiten", "GeloeschteUndDeaktivierteEinheit")


def kind_of(type_word: str) -> Kind | None:
    """The kind that the web service means with this Einheittyp."""
    for kind in KINDS:
        if type_word.startswith(kind.type_words):
            return kind
    return None


def word(known: dict[str, str], value: str | None) -> str | None:
    """A catalogue value in our words; None when there is none."""
    if not value or value == NONE:
        return None
    return known.get(value, value)

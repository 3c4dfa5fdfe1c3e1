"""The kinds of units: how their files and records are called, and what of each kind there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Kind:
    """`table` and `record`: the export's names. `operation`: the web service's. `share`: of 10,000 units."""

    table: str
    record: str
    operation: str
    type_id: str
    prefix: str
    share: int
    name_field: str = "NameStromerzeugungseinheit"
    carrier: str = ""

    @property
    def generates(self) -> bool:
        return self.carrier != ""


SOLAR: Final = Kind("EinheitenSolar", "EinheitSolar", "GetEinheitSolar", "1", "SEE", 7600, carrier="2495")
STORAGE: Final = Kind(
    "EinheitenStromSpeicher", "EinheitStromSpeicher", "GetEinheitStromSpeicher", "8", "SEE", 2000, carrier="2496"
)
KINDS: Final = (
    SOLAR,
    STORAGE,
    Kind("EinheitenWind", "EinheitWind", "GetEinheitWind", "2", "SEE", 100, carrier="2497"),
    Kind("EinheitenBiomasse", "EinheitBiomasse", "GetEinheitBiomasse", "3", "SEE", 60, carrier="2493"),
    Kind("EinheitenWasser", "EinheitWasser", "GetEinheitWasser", "4", "SEE", 40, carrier="2498"),
    Kind("EinheitenVerbrennung", "EinheitVerbrennung", "GetEinheitVerbrennung", "6", "SEE", 160, carrier="2410"),
    Kind(
        "EinheitenStromVerbraucher", "EinheitStromVerbraucher", "GetEinheitStromVerbraucher", "9", "SVE", 20,
        "NameStromverbrauchseinheit",
    ),
    Kind(
        "EinheitenGasErzeuger", "EinheitGasErzeuger", "GetEinheitGasErzeuger", "11", "GEE", 10,
        "NameGaserzeugungseinheit",
    ),
    Kind(
        "EinheitenGasverbraucher", "EinheitGasverbraucher", "GetEinheitGasVerbraucher", "10", "GVE", 10,
        "NameGasverbrauchsseinheit",
    ),
    Kind("EinheitenGasSpeicher", "EinheitGasSpeicher", "GetEinheitGasSpeicher", "12", "GSE", 5, "NameGasspeicher"),
)  # fmt: skip


def counts(size: int) -> dict[Kind, int]:
    """How many units of each kind make a register of `size` units: at least one of each; the rest is solar."""
    found = {kind: max(1, size * kind.share // 10_000) for kind in KINDS[1:]}
    return {SOLAR: max(1, size - sum(found.values())), **found}

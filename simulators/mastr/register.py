"""A generated register: every record follows from the seed and its index, so that none of them must be kept."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from simulators.mastr import catalogue, demonstration
from simulators.mastr.kinds import KINDS, SOLAR, STORAGE, Kind, counts
from simulators.mastr.numbers import generated_number
from simulators.mastr.region import FAMILIES, STREETS, place_of, some_place

Record = dict[str, str]

_FIRST_DAY: Final = date(2009, 1, 1)
_PUBLISHED_FROM_KW: Final = 30.0
_STORAGE_BESIDE: Final = 3
_COMPANIES: Final = 10**8
_UTILITY: Final = 2 * 10**8
EEG_TYPES: Final = frozenset({"2", "3", "4"})
"""Wind, biomass, hydro: kinds beside solar whose units all have a plant by the EEG; half of them have a permit."""

COMBUSTION: Final = "6"
_POWER_KW: Final = {"2": (800, 6000), "3": (75, 800), "4": (15, 400), "6": (5, 2500)}


@dataclass(frozen=True)
class Register:
    """`size` units beside the demonstration's, as they were on `day`."""

    seed: int = 1
    size: int = 2000
    day: date = date(2026, 9, 11)

    def counts(self) -> dict[Kind, int]:
        """How many generated units of each kind there are."""
        return counts(self.size)

    def units(self, kind: Kind) -> Iterator[Record]:
        """All units of one kind, the demonstration's first."""
        for plant in demonstration.PLANTS:
            if plant.kind == kind:
                yield self._plant(plant)
        for index in range(self.counts()[kind]):
            yield self.unit(kind, index)

    def unit(self, kind: Kind, index: int) -> Record:
        """The `index`-th generated unit of its kind, in the export's names and values."""
        rng = random.Random(f"{self.seed}:{kind.type_id}:{index}")  # noqa: S311 - made-up plants, no secret
        place, postcode = some_place(rng)
        power = _power_kw(kind, rng)
        begun = _FIRST_DAY + timedelta(days=rng.randrange((self.day - _FIRST_DAY).days - 30))
        record = {
            "EinheitMastrNummer": self.unit_number(kind, index),
            "DatumLetzteAktualisierung": self._stamp(rng),
            "LokationMaStRNummer": self.location_of(kind, index),
            "NetzbetreiberpruefungStatus": rng.choices((catalogue.CHECKED, catalogue.IN_CHECK), (9, 1))[0],
            "AnlagenbetreiberMastrNummer": self.operator_of(kind, index),
            "Land": catalogue.GERMANY,
            "Bundesland": place.state,
            "Landkreis": place.district,
            "Gemeinde": place.town,
            "Gemeindeschluessel": place.municipality_key,
            "Postleitzahl": postcode,
            "Ort": place.town,
            "Registrierungsdatum": (begun + timedelta(days=rng.randrange(30))).isoformat(),
            "Inbetriebnahmedatum": begun.isoformat(),
            "EinheitSystemstatus": catalogue.ACTIVE,
            "EinheitBetriebsstatus": rng.choices(
                (catalogue.IN_OPERATION, catalogue.IN_PLANNING, catalogue.PAUSED, catalogue.DECOMMISSIONED),
                (93, 3, 1, 3),
            )[0],
            "NichtVorhandenInMigriertenEinheiten": "0",
            kind.name_field: _name(kind, rng),
        }
        if power >= _PUBLISHED_FROM_KW:
            record["Strasse"] = rng.choice(STREETS)
            record["Hausnummer"] = str(rng.randrange(1, 120))
            record["Laengengrad"] = f"{place.longitude + rng.uniform(-0.05, 0.05):.6f}"
            record["Breitengrad"] = f"{place.latitude + rng.uniform(-0.04, 0.04):.6f}"
        record["Hausnummer_nv"] = "0"
        if kind.generates:
            record |= self._generation(kind, index, power, rng)
        elif kind.prefix == "GEE":
            record["Erzeugungsleistung"] = f"{power:g}"
        elif kind.prefix == "GSE":
            record |= {
                "MaximalNutzbaresArbeitsgasvolumen": f"{power * 1000:g}",
                "Weic_Na": "1",
                "SpeicherMaStRNummer": generated_number("GSP", _global(kind, index), self.seed),  # letters made up
            }
        return record

    def unit_number(self, kind: Kind, index: int) -> str:
        return generated_number(kind.prefix, _global(kind, index), self.seed)

    def location_of(self, kind: Kind, index: int) -> str:
        return generated_number("SVL" if kind.prefix == "SVE" else "SEL", _global(kind, index), self.seed)

    def places(self, kind: Kind) -> Iterator[tuple[str, str]]:
        """Number and location of each of the kind's units, without making the units."""
        for plant in demonstration.PLANTS:
            if plant.kind == kind:
                yield plant.mastr_nr, plant.mastr_nr.replace("SEE", "SEL")
        for index in range(self.counts()[kind]):
            yield self.unit_number(kind, index), self.location_of(kind, index)

    def operator_of(self, kind: Kind, index: int) -> str:
        """A battery belongs to the household of a solar plant; every tenth of those has two plants."""
        if kind == STORAGE:
            return self.operator_of(SOLAR, index * _STORAGE_BESIDE % max(1, self.counts()[SOLAR]))
        if kind == SOLAR:
            return self.household_number(index - 1 if index % 10 == 1 else index)
        if index % 5 == 0:
            return generated_number("ABR", _UTILITY, self.seed)
        return generated_number("ABR", _COMPANIES + _global(kind, index), self.seed)

    def household_number(self, index: int) -> str:
        return generated_number("ABR", index, self.seed)

    def operators(self) -> Iterator[Record]:
        """All operators: of households only number and kind are published."""
        for plant in demonstration.PLANTS:
            yield self._person(plant.operator_nr)
        for index in range(self.counts()[SOLAR]):
            if index % 10 != 1:
                yield self._person(self.household_number(index))
        yield self._company(generated_number("ABR", _UTILITY, self.seed), "Stadtwerke Musterstadt AöR")
        for kind in KINDS[2:]:
            for index in range(self.counts()[kind]):
                if index % 5:
                    yield self._company(self.operator_of(kind, index), f"Energie {index} GmbH & Co. KG")

    def deleted(self) -> Iterator[Record]:
        """Units that were taken out of the register; the first of them still stand in the unit files."""
        for index in range(max(2, self.size // 200)):
            still_there = index == 0 and self.counts()[SOLAR] > 5
            number = self.unit_number(SOLAR, 5) if still_there else generated_number("SEE", 10**9 + index, self.seed)
            yield {
                "DatumLetzteAktualisierung": f"{self.day.isoformat()}T01:02:03.0000000",
                "EinheitMastrNummer": number,
                "Einheittyp": "1",
                "EinheitSystemstatus": catalogue.DELETED if index % 2 else catalogue.DEACTIVATED,
                "EinheitBetriebsstatus": catalogue.IN_OPERATION,
            }

    def _generation(self, kind: Kind, index: int, power: float, rng: random.Random) -> Record:
        record = {
            "Weic_nv": "1",
            "Kraftwerksnummer_nv": "1",
            "Energietraeger": kind.carrier,
            "Bruttoleistung": f"{power:g}",
            "Nettonennleistung": f"{round(power * 0.97, 2):g}",
            "AnschlussAnHoechstOderHochSpannung": "0",
            "FernsteuerbarkeitNb": "1" if power > 25 else "0",
            "Einspeisungsart": rng.choice(("688", "689")),
        }
        if kind == SOLAR:
            record |= {
                "ZugeordneteWirkleistungWechselrichter": f"{round(power * 0.9, 2):g}",
                "AnzahlModule": str(max(1, round(power / 0.4))),
                "ArtDerSolaranlage": "2961" if power < 1 else "853" if power < 500 else "852",
                "Leistungsbegrenzung": rng.choice(("802", "803")),
                "EinheitlicheAusrichtungUndNeigungswinkel": "1",
                "Hauptausrichtung": rng.choice(("697", "698", "699", "700", "701", "704")),
                "HauptausrichtungNeigungswinkel": rng.choice(("808", "809", "810")),
                "Nutzungsbereich": "713" if power < 30 else rng.choice(("714", "716")),
                "EegMaStRNummer": generated_number("EEG", _global(kind, index), self.seed),
            }
        elif kind.type_id in EEG_TYPES:
            record["EegMaStRNummer"] = generated_number("EEG", _global(kind, index), self.seed)
        elif kind.type_id == COMBUSTION:
            record["KwkMaStRNummer"] = generated_number("KWK", _global(kind, index), self.seed)
        elif kind == STORAGE:
            record |= {
                "AcDcKoppelung": "693",
                "Batterietechnologie": "727",
                "Notstromaggregat": "0",
                "ZugeordnenteWirkleistungWechselrichter": f"{round(power * 0.9, 2):g}",
                "SpeMastrNummer": generated_number("SSE", _global(kind, index), self.seed),
                "Technologie": "524",
            }
            if index % 10 == 0:
                record["EegMaStRNummer"] = generated_number("EEG", _global(kind, index), self.seed)
        if kind.type_id in EEG_TYPES and index % 2 == 0:
            record["GenMastrNummer"] = generated_number("SGE", _global(kind, index), self.seed)
        return record

    def _plant(self, plant: demonstration.Plant) -> Record:
        place = place_of(plant.postcode)
        digits = int(plant.mastr_nr[4:14])
        record = self.unit(plant.kind, 0) | {
            "EinheitMastrNummer": plant.mastr_nr,
            "DatumLetzteAktualisierung": f"{self.day.isoformat()}T00:00:{digits % 60:02d}.1234567",
            "LokationMaStRNummer": plant.mastr_nr.replace("SEE", "SEL"),
            "AnlagenbetreiberMastrNummer": plant.operator_nr,
            "Bundesland": place.state,
            "Landkreis": place.district,
            "Gemeinde": place.town,
            "Gemeindeschluessel": place.municipality_key,
            "Postleitzahl": plant.postcode,
            "Ort": place.town,
            "EinheitBetriebsstatus": catalogue.IN_OPERATION,
            plant.kind.name_field: plant.name,
            "Bruttoleistung": plant.gross_power_kw,
            "Nettonennleistung": plant.gross_power_kw,
            "EegMaStRNummer": plant.mastr_nr.replace("SEE", "EEG"),
        }
        for field in ("Strasse", "Hausnummer", "Laengengrad", "Breitengrad"):
            record.pop(field, None)
        return record

    def _person(self, number: str) -> Record:
        return {
            "MastrNummer": number,
            "DatumLetzeAktualisierung": f"{self.day.isoformat()}T00:00:01.5000000",
            "Personenart": catalogue.PERSON,
            "Marktfunktion": "2",
            "RegistrierungsdatumMarktakteur": "2019-02-01T08:00:00.0000000",
        }

    def _company(self, number: str, name: str) -> Record:
        return self._person(number) | {
            "Personenart": catalogue.ORGANISATION,
            "Firmenname": name,
            "Land": catalogue.GERMANY,
            "Strasse": STREETS[0],
            "Hausnummer": "1",
            "Postleitzahl": "54290",
            "Ort": "Trier",
            "Bundesland": catalogue.RHINELAND_PALATINATE_OF_ACTORS,
        }

    def _stamp(self, rng: random.Random) -> str:
        moment = datetime(self.day.year, self.day.month, self.day.day) - timedelta(
            seconds=rng.randrange(1, 3 * 365 * 86_400)
        )
        return f"{moment.isoformat()}.{rng.randrange(10_000_000):07d}"


def _global(kind: Kind, index: int) -> int:
    """An index over all kinds: units of several kinds share a prefix."""
    return index * 16 + int(kind.type_id)


def _power_kw(kind: Kind, rng: random.Random) -> float:
    if kind == SOLAR:
        low, high = rng.choices(((0.3, 0.8), (3, 29), (30, 120), (500, 4000)), (25, 65, 9, 1))[0]
    elif kind == STORAGE:
        low, high = 3, 12
    else:
        low, high = _POWER_KW.get(kind.type_id, (100, 1000))
    return round(rng.uniform(low, high), 2)


def _name(kind: Kind, rng: random.Random) -> str:
    what = {"1": "PV", "8": "Speicher", "2": "Windpark", "9": "Werk"}.get(
        kind.type_id, kind.record.removeprefix("Einheit")
    )
    return f"{what} {rng.choice(FAMILIES)} & Söhne {rng.randrange(1, 9)}"

"""Where the generated units stand: Trier for the most part, its surroundings, and some far away."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from simulators.mastr.catalogue import BAVARIA, RHINELAND_PALATINATE


@dataclass(frozen=True)
class Place:
    """A municipality with its postcodes; `weight` says how many of the units are there."""

    town: str
    municipality_key: str
    district: str
    state: str
    postcodes: tuple[str, ...]
    latitude: float
    longitude: float
    weight: int


PLACES: Final = (
    Place("Trier", "07211000", "Trier", RHINELAND_PALATINATE, ("54290", "54292", "54293", "54294", "54295", "54296"),
          49.757, 6.641, 70),
    Place("Konz", "07235068", "Trier-Saarburg", RHINELAND_PALATINATE, ("54329",), 49.700, 6.577, 10),
    Place("Schweich", "07235125", "Trier-Saarburg", RHINELAND_PALATINATE, ("54338",), 49.822, 6.752, 10),
    Place("Koblenz", "07111000", "Koblenz", RHINELAND_PALATINATE, ("56068", "56070"), 50.356, 7.594, 6),
    Place("München", "09162000", "München", BAVARIA, ("80331", "81379"), 48.137, 11.575, 4),
)  # fmt: skip
_WEIGHTS: Final = tuple(place.weight for place in PLACES)
STREETS: Final = (
    "Hauptstraße",
    "Moselufer",
    "Am Weinberg",
    "Römerstraße",
    "Bahnhofstraße",
    "Petrisberg",
    "Kaiserstraße",
)
FAMILIES: Final = ("Müller", "Weber", "Schmitz", "Thömmes", "Lauer", "Becker", "Klein", "Jost", "Wagner", "Hoffmann")


def place_of(postcode: str) -> Place:
    """The municipality of a postcode. ValueError when none has it."""
    for place in PLACES:
        if postcode in place.postcodes:
            return place
    raise ValueError(f"no place of the simulated region has the postcode {postcode}")


def some_place(rng: random.Random) -> tuple[Place, str]:
    """A municipality and one of its postcodes."""
    place = rng.choices(PLACES, _WEIGHTS)[0]
    return place, rng.choice(place.postcodes)

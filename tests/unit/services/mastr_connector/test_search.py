"""What is looked for, as the database is asked for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.mastr_connector.catalogue import KINDS, UNIT_TYPES
from services.mastr_connector.domain import EXTRA_TYPES, feature, unit_of, view
from services.mastr_connector.search import Box, Search, named
from services.mastr_connector.words import words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Solarpark Mühlenfeld", ("solarpark", "muehlenfeld")),
        ("MUEHLE", ("muehle",)),
        ("PV-Anlage, PV Dach 2", ("pv", "anlage", "dach", "2")),
        ("Straße Café Ørsted", ("strasse", "cafe", "rsted")),
        ("---", ()),
        (" ".join(f"w{n}" for n in range(20)), tuple(f"w{n}" for n in range(12))),
    ],
)
def test_words_are_without_case_umlauts_and_accents(text: str, found: tuple[str, ...]) -> None:
    assert words(text) == found


def test_all_that_is_given_must_fit() -> None:
    search = Search(postcode="54290", unit_type="solar", min_kw=10, max_kw=30.5, box=Box(6, 49, 7, 50), name="Dach Süd")
    assert search.query() == {
        "postcode": "54290",
        "unit_type": "solar",
        "gross_power_kw": {"$gte": 10, "$lte": 30.5},
        "latitude": {"$gte": 49, "$lte": 50},
        "longitude": {"$gte": 6, "$lte": 7},
        "$and": [{"words": {"$regex": "^dach"}}, {"words": {"$regex": "^sued"}}],
    }
    assert Search().query() == {}


def test_a_list_in_another_order_holds_what_has_that_figure() -> None:
    for field in ("last_updated", "gross_power_kw"):
        query = Search(unit_type="wind").query(field)
        assert query == {"unit_type": "wind", field: {"$exists": True}}


def test_power_and_change_are_asked_of_each_type_as_their_indexes_have_it() -> None:
    since = Search(since=datetime(2026, 1, 1, tzinfo=UTC))
    asked = [(Search(), "gross_power_kw"), (Search(), "last_updated"), (Search(min_kw=5), "_id"), (since, "_id")]
    for search, field in asked:
        assert search.query(field)["unit_type"] == {"$in": [*UNIT_TYPES, *EXTRA_TYPES]}
    assert Search(min_kw=5, unit_type="wind").query() == {"unit_type": "wind", "gross_power_kw": {"$gte": 5}}


def test_no_name_has_no_words() -> None:
    assert named("--") == {"words": {"$in": []}}


@pytest.mark.parametrize("box", [(7, 49, 6, 50), (6, 50, 7, 49), (-181, 0, 0, 1), (0, 0, 1, 91)])
def test_a_box_that_is_none_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="west,south,east,north"):
        Box(*box)


@pytest.mark.parametrize(
    ("longitude", "latitude", "place"),
    [("6.64", "49.75", [6.64, 49.75]), ("181", "49", None), ("nowhere", "49", None), (None, None, None)],
)
def test_a_place_is_longitude_before_latitude(
    longitude: str | None, latitude: str | None, place: list[float] | None
) -> None:
    record = {"EinheitMastrNummer": "SEE900000000119", "Laengengrad": longitude, "Breitengrad": latitude}
    unit = unit_of(KINDS[0], {name: value for name, value in record.items() if value is not None}, frozenset(record))
    assert unit is not None
    shown = view(unit)
    if place is None:
        assert None in (shown["longitude"], shown["latitude"])
    else:
        told = feature(unit)
        assert told["geometry"] == {"type": "Point", "coordinates": place}
        assert "longitude" not in told["properties"]

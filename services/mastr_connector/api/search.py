"""Routes that look for units and market actors: lists, a map, what changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flask import Response

from services.mastr_connector.api.tagged import has_tag, told
from services.mastr_connector.catalogue import OPERATING_STATUS, UNIT_TYPES
from services.mastr_connector.domain import ACTOR_NUMBER, EXTRA_TYPES
from services.mastr_connector.models import Models
from services.mastr_connector.search import SORTS, Box, Search
from services.shared.times import WHEN, parse_moment
from services.shared.web import Integer, Namespace, Query, Resource, Text, invalid, path_doc
from services.shared.web.params import Parameter
from services.shared.web.tokens import GROUPS, SERVICE, groups

if TYPE_CHECKING:
    from services.mastr_connector.service.asking import Asking

GEOJSON: Final = "application/geo+json"
_DECIMAL: Final = r"^[0-9]{1,9}(\.[0-9]{1,6})?$"
_DEGREES: Final = r"-?[0-9]{1,3}(\.[0-9]{1,10})?"
_PAGE: Final[dict[str, Parameter]] = {
    "limit": Integer("Entries at most", 1, 1000, default=100),
    "cursor": Text("`next_cursor` of the page before", pattern=r"^[A-Za-z0-9_-]{1,600}$"),
}
_NAME: Final = Text(
    "Each word begins a word of the name; case, umlauts and accents do not matter", pattern=r"^[^\x00]{1,200}$"
)
_POSTCODE: Final = Text("The postcode", pattern="^[0-9]{5}$")
_FILTERS: Final[dict[str, Parameter]] = {
    "postcode": _POSTCODE,
    "municipality_key": Text("The municipality (AGS)", pattern="^[0-9]{8}$"),
    "unit_type": Text("The kind of unit", choices=(*UNIT_TYPES, *EXTRA_TYPES)),
    "operating_status": Text("The state", choices=tuple(dict.fromkeys(OPERATING_STATUS.values()))),
    "operator_mastr_nr": Text("The operator", pattern=ACTOR_NUMBER),
    "min_kw": Text("The least gross power in kW", pattern=_DECIMAL),
    "max_kw": Text("The greatest gross power in kW", pattern=_DECIMAL),
    "bbox": Text(
        "west,south,east,north in degrees (WGS 84); of small units the register publishes no place",
        pattern=f"^{_DEGREES}(,{_DEGREES}){{3}}$",
    ),
    "name": _NAME,
}
_UNITS: Final = Query(
    {**_FILTERS, "sort": Text("The order; units without that figure are left out", choices=tuple(SORTS)), **_PAGE}
)
_MAP: Final = Query({**_FILTERS, **_PAGE})
_CHANGES: Final = Query(
    {"since": Text("ISO 8601; without an offset Europe/Berlin", pattern=WHEN, required=True), **_PAGE}
)
_ACTORS: Final = Query({"name": _NAME, "postcode": _POSTCODE, **_PAGE})
_ACTOR: Final = Text("The market actor's MaStR number", pattern=ACTOR_NUMBER)


def add_search_routes(v1: Namespace, cases: Asking, shapes: Models) -> None:
    """GET /units, /units/geojson, /changes, /marktakteure, /marktakteur/{nr}."""

    @v1.route("/units")
    class FoundUnits(Resource):
        @v1.doc(params=_UNITS.doc())
        @v1.response(200, "The units", shapes.found)
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self) -> Response:
            """Units by place, kind, state, power, operator, name; the extra ones among them."""
            query = _UNITS.read()
            search, sort = _search(query), query["sort"] or "mastr_nr"
            return told(cases, lambda now: now.search(search, sort, query["limit"], query["cursor"]))

    @v1.route("/units/geojson")
    class UnitMap(Resource):
        @v1.doc(params=_MAP.doc(), produces=[GEOJSON])
        @v1.response(200, "A FeatureCollection (RFC 7946)", shapes.map)
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self) -> Response:
            """The same units on a map, those with a place; `next_cursor` is a foreign member."""
            query = _MAP.read()
            search = _search(query, placed=True)
            return told(cases, lambda now: now.map(search, query["limit"], query["cursor"]), mimetype=GEOJSON)

    @v1.route("/changes")
    class Changes(Resource):
        @v1.doc(params=_CHANGES.doc())
        @v1.response(200, "What changed", shapes.changes)
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self) -> Response:
            """Units that changed in the register since a time, the earliest change first, and those it took back."""
            query = _CHANGES.read()
            since = _moment("since", query["since"])
            return told(cases, lambda now: now.changes(since, query["limit"], query["cursor"]))

    @v1.route("/marktakteure")
    class Actors(Resource):
        @v1.doc(params=_ACTORS.doc())
        @v1.response(200, "The market actors", shapes.actors)
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self) -> Response:
            """Market actors by name or postcode; of natural persons the register publishes the number only."""
            query = _ACTORS.read()
            name, postcode = query["name"], query["postcode"]
            return told(cases, lambda now: now.actors(name, postcode, query["limit"], query["cursor"]), extra=False)

    @v1.route("/marktakteur/<string:mastr_nr>")
    @v1.doc(params=path_doc(mastr_nr=_ACTOR))
    class Actor(Resource):
        @v1.response(200, "The market actor", shapes.actor_in_full)
        @v1.response(404, "There is no such market actor")
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self, mastr_nr: str) -> Response:
            """A market actor by his number, with his roles."""
            number = _ACTOR.parse("mastr_nr", mastr_nr)
            return told(cases, lambda now: now.actor(number), extra=False)


def _search(query: dict[str, Any], *, placed: bool = False) -> Search:
    low, high = (None if query[name] is None else float(query[name]) for name in ("min_kw", "max_kw"))
    if low is not None and high is not None and low > high:
        raise invalid({"max_kw": "must not be below min_kw"})
    same = ("postcode", "municipality_key", "unit_type", "operating_status", "operator_mastr_nr", "name")
    return Search(
        **{name: query[name] for name in same}, min_kw=low, max_kw=high, box=_box(query["bbox"]), placed=placed
    )


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    try:
        return Box(*(float(part) for part in text.split(",")))
    except ValueError as error:
        raise invalid({"bbox": str(error)}) from None


def _moment(name: str, text: str) -> datetime:
    try:
        return parse_moment(text)
    except ValueError as error:
        raise invalid({name: str(error)}) from None

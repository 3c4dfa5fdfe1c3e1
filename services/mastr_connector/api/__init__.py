"""The routes of the MaStR-Connector: read, call, answer."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from flask import Response, g, request

from market.values import MastrNumber
from services.mastr_connector.api.search import add_search_routes
from services.mastr_connector.api.tagged import has_tag, told, told_of
from services.mastr_connector.domain import ACTOR_NUMBER, UNIT_NUMBER, NewUnit, Region
from services.mastr_connector.models import Models, models
from services.shared.data.jobs import JOB_ID
from services.shared.web import Integer, Namespace, Query, Resource, Text, invalid, path_doc, read_body
from services.shared.web.idempotency import HEADER, Idempotency
from services.shared.web.tokens import GROUPS, SERVICE, groups

if TYPE_CHECKING:
    from services.mastr_connector.service.asking import Asking

_JOB = Text("The job's id", pattern=JOB_ID)
_UNIT = Text("The unit's number: the register's, or one of an extra unit", pattern=UNIT_NUMBER)
_ACTOR = Text("The market actor's MaStR number", pattern=ACTOR_NUMBER)
_PAGE = Query(
    {
        "limit": Integer("Units at most", 1, 1000, default=100),
        "cursor": Text("`next_cursor` of the page before", pattern=r"^[A-Za-z0-9_-]{1,600}$"),
    }
)


def add_routes(v1: Namespace, cases: Asking, once: Idempotency) -> None:
    """Add all routes to `v1`. `once` keeps the answers of those that change something."""
    shapes = models(v1)
    _add_job_routes(v1, cases, once, shapes)
    _add_reading_routes(v1, cases, shapes)
    add_search_routes(v1, cases, shapes)
    _add_extra_routes(v1, cases, once, shapes)


def _add_job_routes(v1: Namespace, cases: Asking, once: Idempotency, shapes: Models) -> None:
    @v1.route("/init")
    class Init(Resource):
        @v1.expect(shapes.init)
        @v1.response(202, "The job that imports", shapes.job_id)
        @groups("Admin", SERVICE)
        @once
        def post(self) -> tuple[dict[str, str], int]:
            """Import an export of the whole register; it takes the place of the copy when it is complete."""
            body = read_body(shapes.init)
            fault = cases.source_fault(body["source"])
            if fault is not None:
                raise invalid({"source": fault})
            asked = body.get("filter", {})
            region = Region.of(asked.get("postcodes", ()), asked.get("municipality_keys", ()))
            if "filter" in body and region.is_everywhere:
                raise invalid({"filter": "must name a postcode or a municipality; leave it out for all units"})
            return {"job_id": cases.init(body["source"], region, _job_id("init"))}, 202

    @v1.route("/update")
    class Update(Resource):
        @v1.response(202, "The job that updates", shapes.job_id)
        @v1.response(409, "Nothing is imported yet, or the web service is not configured")
        @groups("Admin", SERVICE)
        @once
        def post(self) -> tuple[dict[str, str], int]:
            """Ask the register's web service for what changed since the last time."""
            return {"job_id": cases.update(_job_id("update"))}, 202

    @v1.route("/job/<string:job_id>")
    @v1.doc(params=path_doc(job_id=_JOB))
    class Job(Resource):
        @v1.response(200, "How it stands", shapes.job)
        @v1.response(404, "There is no such job")
        @groups("Admin", SERVICE)
        def get(self, job_id: str) -> dict[str, Any]:
            """How a job stands."""
            return cases.job(_JOB.parse("job_id", job_id)).as_json()


def _add_reading_routes(v1: Namespace, cases: Asking, shapes: Models) -> None:
    @v1.route("/unit/<string:mastr_nr>")
    @v1.doc(params=path_doc(mastr_nr=_UNIT))
    class Unit(Resource):
        @v1.response(200, "The unit", shapes.unit)
        @v1.response(404, "There is no such unit")
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self, mastr_nr: str) -> Response:
            """A unit by its number."""
            number = _UNIT.parse("mastr_nr", mastr_nr)
            return told_of(cases, number, lambda now: now.unit(number))

        @v1.response(204, "The unit is removed")
        @v1.response(403, "A unit of the register is not removed here")
        @v1.response(404, "There is no such unit")
        @groups("Admin")
        def delete(self, mastr_nr: str) -> tuple[str, int]:
            """Remove a unit that the register lacks."""
            cases.remove(_UNIT.parse("mastr_nr", mastr_nr))
            return "", 204

    @v1.route("/unit/<string:mastr_nr>/grid")
    @v1.doc(params=path_doc(mastr_nr=_UNIT))
    class UnitInTheGrid(Resource):
        @v1.response(200, "The unit and where it is connected", shapes.grid)
        @v1.response(404, "There is no such unit")
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self, mastr_nr: str) -> Response:
            """A unit, its location, that one's connection points, and the balancing area (Y-EIC) of each."""
            number = _UNIT.parse("mastr_nr", mastr_nr)
            return told_of(cases, number, lambda now: now.grid(number))

    @v1.route("/unit/<string:mastr_nr>/plants")
    @v1.doc(params=path_doc(mastr_nr=_UNIT))
    class UnitWithPlants(Resource):
        @v1.response(200, "The unit and what belongs to it", shapes.plants)
        @v1.response(404, "There is no such unit")
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self, mastr_nr: str) -> Response:
            """A unit, its operator, its EEG, KWK and storage plants, permits, and changes of its grid operator."""
            number = _UNIT.parse("mastr_nr", mastr_nr)
            return told_of(cases, number, lambda now: now.plants(number))

    @v1.route("/marktakteur/<string:mastr_nr>/units")
    @v1.doc(params=path_doc(mastr_nr=_ACTOR))
    class Units(Resource):
        @v1.doc(params=_PAGE.doc())
        @v1.response(200, "The units", shapes.units)
        @v1.response(404, "There is no such market actor")
        @groups(*GROUPS, SERVICE)
        @has_tag
        def get(self, mastr_nr: str) -> Response:
            """An operator's units, by number."""
            page, number = _PAGE.read(), _ACTOR.parse("mastr_nr", mastr_nr)
            return told(cases, lambda now: now.units_of(number, page["limit"], page["cursor"]))

    @v1.route("/status")
    class Status(Resource):
        @v1.response(200, "The state of the copy", shapes.status)
        @groups(*GROUPS, SERVICE)
        def get(self) -> dict[str, Any]:
            """The last import and update, the number of units, and the calls used of the day's quota."""
            return cases.status()


def _add_extra_routes(v1: Namespace, cases: Asking, once: Idempotency, shapes: Models) -> None:
    @v1.route("/unit")
    class NewExtraUnit(Resource):
        @v1.expect(shapes.new_unit)
        @v1.response(201, "The unit, with its number", shapes.unit)
        @groups("Admin")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Record a unit that the register lacks: household, heat pump, wallbox."""
            body = read_body(shapes.new_unit)
            if "operator_mastr_nr" in body:
                _check_number(body["operator_mastr_nr"])
            return cases.add(NewUnit(**body), _job_id("unit")), 201


def _check_number(number: str) -> None:
    """What people type is checked by its last digit; what the register says is not."""
    try:
        MastrNumber(number)
    except ValueError:
        raise invalid({"operator_mastr_nr": "is no MaStR number: its check digit is wrong"}) from None


def _job_id(what: str) -> str | None:
    """An id that follows from the caller's key, so that a request that is begun anew has one effect."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    found = g.get("tbi_caller")
    who = "service" if found is None else str(found.sub)
    return hashlib.sha256(json.dumps([what, who, key]).encode()).hexdigest()[:40]

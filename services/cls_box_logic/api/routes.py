"""All routes, group by group."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from market.values import EosName
from services.cls_box_logic.api import parse
from services.cls_box_logic.api.agreements import add_agreement_routes
from services.cls_box_logic.api.containers import add_container_routes
from services.cls_box_logic.api.controls import add_control_routes
from services.cls_box_logic.api.journal import add_journal_routes
from services.cls_box_logic.api.models import MASTR, NAME, Models, models
from services.cls_box_logic.api.orders import add_money_routes, add_offer_routes
from services.cls_box_logic.api.registration import add_registration_routes
from services.cls_box_logic.auth import box_only, cloud_may
from services.cls_box_logic.inbox import Event
from services.shared.web import Namespace, Query, Resource, Text, path_doc, read_body

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

_MASTR = Text("The unit's MaStR number", pattern=MASTR)
_SERIAL = Text("The meter's serial number", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
_JOB = Text("The job's id", pattern=r"^[A-Za-z0-9_-]{1,128}$")
_WHEN = r"^[0-9T:.+Z -]{10,40}$"
_RANGE = Query(
    {
        "from": Text("ISO 8601; without an offset Europe/Berlin", pattern=_WHEN, required=True),
        "to": Text("ISO 8601; slots that begin before it", pattern=_WHEN, required=True),
        "market": Text("Whose slots; the box's own market when left out", pattern=NAME),
    }
)


def add_routes(v1: Namespace, cases: UseCases) -> None:
    """Add all routes to `v1`."""
    shapes = models(v1)
    _add_event_routes(v1, cases, shapes)
    add_offer_routes(v1, cases, shapes)
    add_money_routes(v1, cases, shapes)
    add_agreement_routes(v1, cases, shapes)
    add_registration_routes(v1, cases, shapes)
    _add_unit_routes(v1, cases, shapes)
    _add_meter_routes(v1, cases, shapes)
    _add_state_routes(v1, cases, shapes)
    add_journal_routes(v1, cases)
    add_container_routes(v1, cases)
    add_control_routes(v1, cases)


def _add_event_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/event")
    class NewEvent(Resource):
        @box_only
        @v1.expect(shapes.event)
        @v1.response(202, "Taken over; worked on by this job", shapes.job_id)
        @v1.response(409, "The id was given before with another content")
        def post(self) -> tuple[dict[str, Any], int]:
            """Take an event of the chain over; the same event again is the same job and has one effect."""
            body = read_body(shapes.event)
            return {"job_id": cases.events.take(Event(**{"by_hand": False, **body}))}, 202

    @v1.route("/knock")
    class Knock(Resource):
        @cloud_may
        @v1.response(202, "The chain is looked at now")
        @v1.response(503, "The connector does not answer")
        def post(self) -> tuple[dict[str, Any], int]:
            """Hear that there is an event on the chain: it is fetched now, not first when the pause is over."""
            cases.look()
            return {}, 202

    @v1.route("/job/<string:job_id>")
    @v1.doc(params=path_doc(job_id=_JOB))
    class Job(Resource):
        @box_only
        @v1.response(200, "How it stands", shapes.job)
        @v1.response(404, "There is no such job")
        def get(self, job_id: str) -> dict[str, Any]:
            """How an event's job stands."""
            return asdict(cases.events.job(_JOB.parse("job_id", job_id)))


def _add_unit_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/units")
    class Units(Resource):
        @cloud_may
        @v1.response(200, "The box's units", shapes.units)
        def get(self) -> dict[str, Any]:
            """The box's units with what they do now."""
            return {"items": cases.views.units()}

    @v1.route("/unit/<string:mastr_nr>")
    @v1.doc(params=path_doc(mastr_nr=_MASTR))
    class Unit(Resource):
        @cloud_may
        @v1.response(200, "The unit", shapes.unit)
        @v1.response(404, "Neither provisioned nor seen by OpenEMS")
        def get(self, mastr_nr: str) -> dict[str, Any]:
            """Whether a unit is reachable, and what it does now."""
            return cases.views.unit(_MASTR.parse("mastr_nr", mastr_nr))

    @v1.route("/unit/<string:mastr_nr>/energy")
    @v1.doc(params={**path_doc(mastr_nr=_MASTR), **_RANGE.doc()})
    class UnitEnergy(Resource):
        @cloud_may
        @v1.response(200, "At most 1000 slots", shapes.energy)
        @v1.response(404, "Not a unit of this box, or no part in the market")
        def get(self, mastr_nr: str) -> dict[str, Any]:
            """What a unit produced, per slot of a market."""
            number = _MASTR.parse("mastr_nr", mastr_nr)
            market, begin_ms, end_ms = _range(cases)
            return _energy(cases, market, cases.views.unit_energy(number, market, begin_ms, end_ms))


def _add_meter_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/meters")
    class Meters(Resource):
        @cloud_may
        @v1.response(200, "The box's grid meters", shapes.meters)
        def get(self) -> dict[str, Any]:
            """The box's grid meters with what they show now."""
            return {"items": cases.views.meters()}

    @v1.route("/meter/<string:serial_number>")
    @v1.doc(params=path_doc(serial_number=_SERIAL))
    class Meter(Resource):
        @cloud_may
        @v1.response(200, "The meter", shapes.meter)
        @v1.response(404, "Neither provisioned nor seen by OpenEMS")
        def get(self, serial_number: str) -> dict[str, Any]:
            """Whether a grid meter is reachable, and what it shows now."""
            return cases.views.meter(_SERIAL.parse("serial_number", serial_number))

    @v1.route("/meter/<string:serial_number>/energy")
    @v1.doc(params={**path_doc(serial_number=_SERIAL), **_RANGE.doc()})
    class MeterEnergy(Resource):
        @cloud_may
        @v1.response(200, "At most 1000 slots", shapes.energy)
        @v1.response(404, "Not a meter of this box, or no part in the market")
        def get(self, serial_number: str) -> dict[str, Any]:
            """What a grid meter counted, per slot of a market."""
            number = _SERIAL.parse("serial_number", serial_number)
            market, begin_ms, end_ms = _range(cases)
            return _energy(cases, market, cases.views.meter_energy(number, market, begin_ms, end_ms))


def _add_state_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/state")
    class State(Resource):
        @cloud_may
        @v1.response(200, "Markets, sampling, open events", shapes.state)
        def get(self) -> dict[str, Any]:
            """Where the box takes part, how sampling stands, and what waits."""
            return cases.views.state()


def _range(cases: UseCases) -> tuple[EosName, int, int]:
    query = _RANGE.read()
    begin_ms, end_ms = parse.range_of(query)
    return parse.market_of(query, cases.box.market_default), begin_ms, end_ms


def _energy(cases: UseCases, market: EosName, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"market": str(market), "slot_s": cases.views.slot_s(market), "items": items}

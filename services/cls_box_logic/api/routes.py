"""All routes, group by group."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import request

from market.values import EosName
from services.cls_box_logic.api import parse
from services.cls_box_logic.api.models import MASTR, NAME, Models, models
from services.cls_box_logic.auth import ordering_user
from services.cls_box_logic.inbox import Event
from services.shared.web import Integer, Namespace, Query, Resource, Text, path_doc, read_body

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

_KEY_HEADER = {
    "Idempotency-Key": {
        "in": "header",
        "type": "string",
        "description": "The same key gives the same answer and one effect",
    }
}
_MASTR = Text("The unit's MaStR number", pattern=MASTR)
_SERIAL = Text("The meter's serial number", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
_JOB = Text("The job's id", pattern=r"^[A-Za-z0-9_-]{1,128}$")
_JOURNAL = Query(
    {
        "since": Integer("The number of the last entry that the caller has", 0, 2**53, default=0),
        "limit": Integer("Entries at most", 1, 1000, default=100),
    }
)
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
    _add_offer_routes(v1, cases, shapes)
    _add_money_routes(v1, cases, shapes)
    _add_unit_routes(v1, cases, shapes)
    _add_meter_routes(v1, cases, shapes)
    _add_state_routes(v1, cases, shapes)


def _add_event_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/event")
    class NewEvent(Resource):
        @v1.expect(shapes.event)
        @v1.response(202, "Taken over; worked on by this job", shapes.job_id)
        @v1.response(409, "The id was given before with another content")
        def post(self) -> tuple[dict[str, Any], int]:
            """Take an event of the chain over; the same event again is the same job and has one effect."""
            body = read_body(shapes.event)
            return {"job_id": cases.events.take(Event(**{"by_hand": False, **body}))}, 202

    @v1.route("/job/<string:job_id>")
    @v1.doc(params=path_doc(job_id=_JOB))
    class Job(Resource):
        @v1.response(200, "How it stands", shapes.job)
        @v1.response(404, "There is no such job")
        def get(self, job_id: str) -> dict[str, Any]:
            """How an event's job stands."""
            return asdict(cases.events.job(_JOB.parse("job_id", job_id)))


def _add_offer_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/market/offer")
    class Offer(Resource):
        @v1.doc(params=_KEY_HEADER)
        @v1.expect(shapes.offer)
        @v1.response(201, "Placed, in a block", shapes.offer_answer)
        @v1.response(403, "Not a unit of this box, or beyond its limits")
        @v1.response(409, "The market refused it (with `rule`), or the key stands for another order")
        @v1.response(503, "Chain or TPM are away: the same key may be tried again")
        def post(self) -> tuple[dict[str, Any], int]:
            """Offer a unit's energy for a slot."""
            ordering_user(request.headers)
            order, key = parse.offer_of(read_body(shapes.offer), request.headers, cases.box.market_default)
            return cases.orders.offer(order, key), 201

    @v1.route("/market/bid")
    class Bid(Resource):
        @v1.doc(params=_KEY_HEADER)
        @v1.expect(shapes.bid)
        @v1.response(201, "Placed, in a block", shapes.written)
        @v1.response(403, "Beyond the box's limits")
        @v1.response(409, "The market refused it (with `rule`), or the key stands for another order")
        @v1.response(503, "Chain or TPM are away: the same key may be tried again")
        def post(self) -> tuple[dict[str, Any], int]:
            """Bid for an offer."""
            ordering_user(request.headers)
            order = parse.bid_of(read_body(shapes.bid), cases.box.market_default)
            return cases.orders.bid(order, parse.idempotency_key(request.headers)), 201

    @v1.route("/market/retract")
    class Retract(Resource):
        @v1.doc(params=_KEY_HEADER)
        @v1.expect(shapes.retract)
        @v1.response(201, "Withdrawn, in a block", shapes.written)
        @v1.response(409, "The market refused it (with `rule`), or the key stands for another order")
        @v1.response(503, "Chain or TPM are away: the same key may be tried again")
        def post(self) -> tuple[dict[str, Any], int]:
            """Withdraw an offer that has no bid."""
            ordering_user(request.headers)
            order = parse.retraction_of(read_body(shapes.retract), cases.box.market_default)
            return cases.orders.retract(order, parse.idempotency_key(request.headers)), 201


def _add_money_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/market/deposit")
    class Deposit(Resource):
        @v1.doc(params=_KEY_HEADER)
        @v1.expect(shapes.amount)
        @v1.response(201, "Paid in, in a block", shapes.written)
        @v1.response(403, "Beyond the box's limits")
        @v1.response(409, "The market refused it (with `rule`), or the key stands for another order")
        @v1.response(503, "Chain or TPM are away: the same key may be tried again")
        def post(self) -> tuple[dict[str, Any], int]:
            """Move the box's money into the market's ledger."""
            ordering_user(request.headers)
            order = parse.deposit_of(read_body(shapes.amount), cases.box.market_default)
            return cases.orders.deposit(order, parse.idempotency_key(request.headers)), 201

    @v1.route("/market/withdraw")
    class Withdraw(Resource):
        @v1.doc(params=_KEY_HEADER)
        @v1.expect(shapes.amount)
        @v1.response(201, "Paid out, in a block", shapes.written)
        @v1.response(403, "Beyond the box's limits")
        @v1.response(409, "The market refused it (with `rule`), or the key stands for another order")
        @v1.response(503, "Chain or TPM are away: the same key may be tried again")
        def post(self) -> tuple[dict[str, Any], int]:
            """Move the box's money out of the market's ledger."""
            ordering_user(request.headers)
            order = parse.withdrawal_of(read_body(shapes.amount), cases.box.market_default)
            return cases.orders.withdraw(order, parse.idempotency_key(request.headers)), 201


def _add_unit_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/units")
    class Units(Resource):
        @v1.response(200, "The box's units", shapes.units)
        def get(self) -> dict[str, Any]:
            """The box's units with what they do now."""
            return {"items": cases.views.units()}

    @v1.route("/unit/<string:mastr_nr>")
    @v1.doc(params=path_doc(mastr_nr=_MASTR))
    class Unit(Resource):
        @v1.response(200, "The unit", shapes.unit)
        @v1.response(404, "Neither provisioned nor seen by OpenEMS")
        def get(self, mastr_nr: str) -> dict[str, Any]:
            """Whether a unit is reachable, and what it does now."""
            return cases.views.unit(_MASTR.parse("mastr_nr", mastr_nr))

    @v1.route("/unit/<string:mastr_nr>/energy")
    @v1.doc(params={**path_doc(mastr_nr=_MASTR), **_RANGE.doc()})
    class UnitEnergy(Resource):
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
        @v1.response(200, "The box's grid meters", shapes.meters)
        def get(self) -> dict[str, Any]:
            """The box's grid meters with what they show now."""
            return {"items": cases.views.meters()}

    @v1.route("/meter/<string:serial_number>")
    @v1.doc(params=path_doc(serial_number=_SERIAL))
    class Meter(Resource):
        @v1.response(200, "The meter", shapes.meter)
        @v1.response(404, "Neither provisioned nor seen by OpenEMS")
        def get(self, serial_number: str) -> dict[str, Any]:
            """Whether a grid meter is reachable, and what it shows now."""
            return cases.views.meter(_SERIAL.parse("serial_number", serial_number))

    @v1.route("/meter/<string:serial_number>/energy")
    @v1.doc(params={**path_doc(serial_number=_SERIAL), **_RANGE.doc()})
    class MeterEnergy(Resource):
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
        @v1.response(200, "Markets, sampling, open events", shapes.state)
        def get(self) -> dict[str, Any]:
            """Where the box takes part, how sampling stands, and what waits."""
            return cases.views.state()

    @v1.route("/journal")
    @v1.doc(params=_JOURNAL.doc())
    class Journal(Resource):
        @v1.response(200, "Entries, oldest first", shapes.journal)
        def get(self) -> dict[str, Any]:
            """What was measured, signed and sent."""
            query = _JOURNAL.read()
            entries = cases.journal.since(query["since"], query["limit"])
            last = entries[-1].seq if entries else query["since"]
            return {"items": [entry.to_json() for entry in entries], "next_since": last}


def _range(cases: UseCases) -> tuple[EosName, int, int]:
    query = _RANGE.read()
    begin_ms, end_ms = parse.range_of(query)
    return parse.market_of(query, cases.box.market_default), begin_ms, end_ms


def _energy(cases: UseCases, market: EosName, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"market": str(market), "slot_s": cases.views.slot_s(market), "items": items}

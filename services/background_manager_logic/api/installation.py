"""Routes of boxes, grid meters and units."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.background_manager_logic.api.common import PAGED, listed, shown
from services.background_manager_logic.api.models import Models
from services.background_manager_logic.domain import ADDRESS, MASTR, SERIAL
from services.background_manager_logic.errors import NotOwn
from services.background_manager_logic.service.installation import Installation
from services.background_manager_logic.service.participants import Participation
from services.shared.web import Namespace, Query, Resource, Text, path_doc, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import SERVICE, caller, groups

_IP = Text("The box's address", pattern=ADDRESS)
_SERIAL = Text("The meter's serial number", pattern=SERIAL)
_MASTR = Text("A MaStR number", pattern=MASTR)
_ACCOUNT = Text("The box's chain account", pattern=r"^[a-z1-5.]{1,13}$")
_AT_BOX = Query({"cls_box_ip": Text("The box's address", pattern=ADDRESS, required=True)})


def add_box_routes(v1: Namespace, cases: Installation, shapes: Models, once: Idempotency) -> None:
    """Add the routes of boxes to `v1`."""

    @v1.route("/cls-box")
    class NewBox(Resource):
        @v1.expect(shapes.new_box)
        @v1.response(201, "Added", shapes.box)
        @v1.response(409, "It is known already")
        @v1.response(502, "What answers there is no box")
        @v1.response(504, "It does not answer")
        @groups("Admin")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Add a box; it must answer at its address."""
            return shown(cases.add_box(**read_body(shapes.new_box))), 201

    @v1.route("/cls-boxes")
    class Boxes(Resource):
        @v1.doc(params=PAGED.doc())
        @v1.response(200, "A part of the list", shapes.boxes)
        @groups("Admin")
        def get(self) -> dict[str, Any]:
            """All boxes."""
            query = PAGED.read()
            return listed(cases.boxes(query["limit"], query["cursor"]))

    @v1.route("/account/<string:account>/knock")
    @v1.doc(params=path_doc(account=_ACCOUNT))
    class Knock(Resource):
        @v1.response(202, "The box looks")
        @v1.response(404, "No box has this account")
        @v1.response(502, "What answers there is no box")
        @v1.response(504, "It does not answer")
        @groups(SERVICE)
        def post(self, account: str) -> tuple[dict[str, Any], int]:
            """Tell a box that there is an event for it on the chain; it finds it without, some seconds later."""
            cases.knock(_ACCOUNT.parse("account", account))
            return {}, 202

    @v1.route("/cls-box/<string:ip>")
    @v1.doc(params=path_doc(ip=_IP))
    class Box(Resource):
        @v1.response(200, "The box", shapes.box)
        @v1.response(404, "There is no such box")
        @groups("Admin")
        def get(self, ip: str) -> dict[str, Any]:
            """One box."""
            return shown(cases.box(_IP.parse("ip", ip)))

        @v1.expect(shapes.box_end)
        @v1.response(200, "Noted", shapes.box)
        @v1.response(404, "There is no such box")
        @v1.response(409, "It is stolen; that is not taken back")
        @groups("Admin")
        def patch(self, ip: str) -> dict[str, Any]:
            """Note that a box is retired or stolen: it is asked for nothing, and nothing is added there, any more."""
            return shown(cases.box_left(_IP.parse("ip", ip), read_body(shapes.box_end)["state"]))

        @v1.response(204, "Removed")
        @v1.response(404, "There is no such box")
        @v1.response(409, "A meter, a unit, a chain account or a participant depends on it")
        @groups("Admin")
        def delete(self, ip: str) -> tuple[str, int]:
            """Remove a box on which nothing depends."""
            cases.remove_box(_IP.parse("ip", ip))
            return "", 204


def add_meter_routes(v1: Namespace, cases: Installation, shapes: Models, once: Idempotency) -> None:
    """Add the routes of grid meters to `v1`."""

    @v1.route("/grid-meter")
    class NewMeter(Resource):
        @v1.expect(shapes.new_meter)
        @v1.response(201, "Added", shapes.meter)
        @v1.response(404, "There is no such box")
        @v1.response(409, "It is known already, or the box does not see it")
        @v1.response(502, "The box answered wrongly")
        @v1.response(504, "The box or the meter does not answer")
        @groups("Admin")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Add a grid meter; the box must see it."""
            body = read_body(shapes.new_meter)
            return shown(cases.add_meter(body["serial_number"], body["cls_box_ip"], body.get("kwh_annum"))), 201

    @v1.route("/grid-meters")
    class Meters(Resource):
        @v1.doc(params=PAGED.doc())
        @v1.response(200, "A part of the list", shapes.meters)
        @groups("Admin")
        def get(self) -> dict[str, Any]:
            """All grid meters."""
            query = PAGED.read()
            return listed(cases.meters(query["limit"], query["cursor"]))

    @v1.route("/grid-meter/<string:serial_number>")
    @v1.doc(params=path_doc(serial_number=_SERIAL))
    class Meter(Resource):
        @v1.response(200, "The meter", shapes.meter)
        @v1.response(404, "There is no such meter")
        @groups("Admin")
        def get(self, serial_number: str) -> dict[str, Any]:
            """One grid meter."""
            return shown(cases.meter(_SERIAL.parse("serial_number", serial_number)))

        @v1.response(204, "Removed")
        @v1.response(404, "There is no such meter")
        @v1.response(409, "A unit depends on it, or it is registered on the chain")
        @groups("Admin")
        def delete(self, serial_number: str) -> tuple[str, int]:
            """Remove a grid meter on which nothing depends."""
            cases.remove_meter(_SERIAL.parse("serial_number", serial_number))
            return "", 204


def add_unit_routes(
    v1: Namespace, cases: Installation, participation: Participation, shapes: Models, once: Idempotency
) -> None:
    """Add the routes of units to `v1`."""
    _add_unit_administration(v1, cases, shapes, once)

    @v1.route("/units")
    class Units(Resource):
        @v1.doc(params=PAGED.doc())
        @v1.response(200, "A part of the list", shapes.units)
        @v1.response(403, "The caller has no participant record")
        @groups("Admin", "User")
        def get(self) -> dict[str, Any]:
            """All units; a user's own ones, where a user asks."""
            query = PAGED.read()
            return listed(cases.units(_whose(participation), query["limit"], query["cursor"]))

    @v1.route("/unit/<string:mastr_nr>")
    @v1.doc(params=path_doc(mastr_nr=_MASTR))
    class Unit(Resource):
        @v1.response(200, "The unit", shapes.unit)
        @v1.response(403, "It is another participant's")
        @v1.response(404, "There is no such unit")
        @groups("Admin", "User")
        def get(self, mastr_nr: str) -> dict[str, Any]:
            """One unit; a user sees his own."""
            whose = _whose(participation)
            unit = cases.unit(_MASTR.parse("mastr_nr", mastr_nr))
            if whose and unit.cls_box_ip != whose["cls_box_ip"]:
                raise NotOwn("this unit is another participant's")
            return shown(unit)

        @v1.response(204, "Removed")
        @v1.response(404, "There is no such unit")
        @v1.response(409, "It is registered on the chain")
        @groups("Admin")
        def delete(self, mastr_nr: str) -> tuple[str, int]:
            """Remove a unit that stands on no chain."""
            cases.remove_unit(_MASTR.parse("mastr_nr", mastr_nr))
            return "", 204


def _add_unit_administration(v1: Namespace, cases: Installation, shapes: Models, once: Idempotency) -> None:
    @v1.route("/marktakteur/<string:mastr_nr>/units")
    @v1.doc(params={**path_doc(mastr_nr=_MASTR), **_AT_BOX.doc()})
    class AddableUnits(Resource):
        @v1.response(200, "What can be added", shapes.addable_units)
        @v1.response(404, "There is no such box")
        @v1.response(502, "Box or register answered wrongly")
        @v1.response(503, "The register does not answer")
        @v1.response(504, "The box does not answer")
        @groups("Admin")
        def get(self, mastr_nr: str) -> dict[str, Any]:
            """The operator's units that can be added: in the register, seen at the box, not added yet."""
            query = _AT_BOX.read()
            found = cases.addable_units(_MASTR.parse("mastr_nr", mastr_nr), query["cls_box_ip"])
            items = []
            for unit, seen in found:
                told = {name: value for name, value in asdict(unit).items() if name != "operator_mastr_nr"}
                items.append({**told, "reachable": seen.reachable, "reason": seen.reason})
            return {"items": items, "next_cursor": None}

    @v1.route("/unit")
    class NewUnit(Resource):
        @v1.expect(shapes.new_unit)
        @v1.response(201, "Added", shapes.unit)
        @v1.response(404, "There is no such box, or the register has no such unit")
        @v1.response(409, "It is known already, another's, or the box does not see it")
        @v1.response(502, "Box or register answered wrongly")
        @v1.response(503, "The register does not answer")
        @v1.response(504, "The box or the unit does not answer")
        @groups("Admin")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Add a unit of the register; it must be reachable at the box."""
            body = read_body(shapes.new_unit)
            unit = cases.add_unit(body["unit_mastr_nr"], body["cls_box_ip"], body["marktakteur_mastr_nr"])
            return shown(unit), 201


def _whose(participation: Participation) -> dict[str, str | None]:
    """What restricts a list to the caller's own: nothing for an administrator, his box for a user."""
    found = caller()
    if "Admin" in found.groups:
        return {}
    ip = participation.active(found.sub).cls_box_ip
    return {"cls_box_ip": ip or "none"}

"""Routes of the participant record."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.background_manager_logic.api.common import PAGED, jsonable, listed, shown
from services.background_manager_logic.api.models import Models
from services.background_manager_logic.domain import SUB
from services.background_manager_logic.service.participants import Known, Participation
from services.shared.web import Namespace, Resource, Text, invalid, path_doc, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import SERVICE, groups

_SUB = Text("The user's id at the identity provider (`sub`)", pattern=SUB)


def add_participant_routes(v1: Namespace, cases: Participation, shapes: Models, once: Idempotency) -> None:
    """Add the routes to `v1`."""
    _add_lists(v1, cases, shapes, once)
    _add_one(v1, cases, shapes)


def _add_lists(v1: Namespace, cases: Participation, shapes: Models, once: Idempotency) -> None:
    @v1.route("/participant")
    class NewParticipant(Resource):
        @v1.expect(shapes.new_participant)
        @v1.response(201, "Made", shapes.participant)
        @v1.response(404, "The identity provider has no such user")
        @v1.response(409, "He is a participant already, or box or account are another's")
        @v1.response(503, "The identity provider does not answer")
        @groups("Admin")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Tie a user of the identity provider to box, chain account and yearly consumption."""
            body = read_body(shapes.new_participant)
            values = {
                name: value for name, value in body.items() if name != "username"
            }  # the access log reads the body
            return _shown(cases.add(body["username"], values)), 201

    @v1.route("/participants")
    class Participants(Resource):
        @v1.doc(params=PAGED.doc())
        @v1.response(200, "A part of the list", shapes.participants)
        @groups("Admin", SERVICE)
        def get(self) -> dict[str, Any]:
            """All participants."""
            query = PAGED.read()
            return listed(cases.list(query["limit"], query["cursor"]), _shown)


def _add_one(v1: Namespace, cases: Participation, shapes: Models) -> None:
    @v1.route("/participant/<string:sub>")
    @v1.doc(params=path_doc(sub=_SUB))
    class Participant(Resource):
        @v1.response(200, "The participant", shapes.participant)
        @v1.response(404, "There is no such participant")
        @groups("Admin", SERVICE)
        def get(self, sub: str) -> dict[str, Any]:
            """One participant."""
            return _shown(cases.known(_SUB.parse("sub", sub)))

        @v1.expect(shapes.participant_change)
        @v1.response(200, "Changed", shapes.participant)
        @v1.response(404, "There is no such participant")
        @v1.response(409, "Box or account are another's")
        @groups("Admin")
        def patch(self, sub: str) -> dict[str, Any]:
            """Change what is named; null takes a value back; `disabled` keeps him from acting and from signing in."""
            changes = read_body(shapes.participant_change)
            if not changes:
                raise invalid({"": "must name at least one value to change"})
            return _shown(cases.change(_SUB.parse("sub", sub), changes))

        @v1.response(204, "Erased")
        @v1.response(404, "There is no such participant")
        @v1.response(409, "He is not disabled")
        @v1.response(503, "The identity provider does not answer")
        @groups("Admin")
        def delete(self, sub: str) -> tuple[str, int]:
            """Erase the personal data of a disabled participant: account, name, e-mail, and what ties them to a box."""
            cases.erase(_SUB.parse("sub", sub))
            return "", 204

    @v1.route("/participant/<string:sub>/export")
    @v1.doc(params=path_doc(sub=_SUB))
    class Export(Resource):
        @v1.response(200, "All that is kept here about him", shapes.export)
        @v1.response(404, "There is no such participant")
        @groups("Admin")
        def get(self, sub: str) -> dict[str, Any]:
            """The personal data of a participant."""
            found: dict[str, Any] = jsonable(cases.export(_SUB.parse("sub", sub)))
            return found


def _shown(known: Known) -> dict[str, Any]:
    points = [jsonable(asdict(point)) for point in known.metering_points]
    record = {name: value for name, value in shown(known.participant).items() if name != "version"}
    return {**record, "metering_points": points}

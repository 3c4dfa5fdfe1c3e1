"""The routes of the control process: set-points that the operator starts and stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.cls_box_logic.auth import cloud_may
from services.cls_box_logic.service.control import MAX_S
from services.shared.web import Namespace, Resource, Text, path_doc, read_body
from services.shared.web.restx import Model

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

_NAME = Text("The control's name in the provisioning file", pattern=r"^[a-z][a-z0-9-]{0,31}$")
_INT, _TEXT = {"type": "integer"}, {"type": "string"}


def add_control_routes(v1: Namespace, cases: UseCases) -> None:
    wanted, one, many = _models(v1)

    @v1.route("/controls")
    class Controls(Resource):
        @cloud_may
        @v1.response(200, "What this box controls", many)
        def get(self) -> dict[str, Any]:
            """Flexible consumers and storage with the set-points that hold now."""
            return {"items": cases.controls.list()}

    @v1.route("/control/<string:name>/start")
    @v1.doc(params=path_doc(name=_NAME))
    class Start(Resource):
        @cloud_may
        @v1.expect(wanted)
        @v1.response(200, "It holds until then", one)
        @v1.response(403, "Beyond what the device takes")
        @v1.response(404, "No such control")
        def post(self, name: str) -> dict[str, Any]:
            """Hold a device at a power for a time; anew, the new one holds instead."""
            body = read_body(wanted)
            return cases.controls.start(_NAME.parse("name", name), body["power_w"], body["seconds"])

    @v1.route("/control/<string:name>/stop")
    @v1.doc(params=path_doc(name=_NAME))
    class Stop(Resource):
        @cloud_may
        @v1.response(200, "It is let go within a minute", one)
        @v1.response(404, "No such control")
        def post(self, name: str) -> dict[str, Any]:
            """Let a device go."""
            return cases.controls.stop(_NAME.parse("name", name))


def _models(v1: Namespace) -> tuple[Model, Model, Model]:
    limits = {"minimum": -(10**9), "maximum": 10**9}
    wanted = {
        "power_w": {**_INT, **limits, "description": "Storage: + discharges"},
        "seconds": {**_INT, "minimum": 1, "maximum": MAX_S, "description": "For how long"},
    }
    shown = {
        "name": _TEXT,
        "channel": _TEXT,
        "min_w": _INT,
        "max_w": _INT,
        "running": {"type": "boolean"},
        "power_w": {"type": ["integer", "null"]},
        "until": {"type": ["string", "null"]},
        "trouble": {"type": ["string", "null"], "description": "Why it could not be written the last time"},
    }

    def model(name: str, properties: dict[str, Any]) -> Model:
        return v1.schema_model(name, {"type": "object", "required": list(properties), "properties": properties})

    new, one = model("Setpoint", wanted), model("Control", shown)
    return new, one, model("Controls", {"items": {"type": "array", "items": {"$ref": "#/definitions/Control"}}})

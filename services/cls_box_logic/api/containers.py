"""The routes of the box's containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.cls_box_logic.auth import cloud_may
from services.cls_box_logic.service.containers import ACTIONS
from services.shared.web import Namespace, Resource, Text, path_doc
from services.shared.web.restx import Model

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

_NAME = Text("The container's name", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")
_ACTION = Text("What to do: " + ", ".join(ACTIONS), pattern=f"^({'|'.join(ACTIONS)})$")
_MAYBE_TEXT = {"type": ["string", "null"]}


def add_container_routes(v1: Namespace, cases: UseCases) -> None:
    one, many = _models(v1)

    @v1.route("/containers")
    class Containers(Resource):
        @cloud_may
        @v1.response(200, "Those that are managed here", many)
        @v1.response(503, "There is no engine, or it does not answer")
        def get(self) -> dict[str, Any]:
            """The box's containers, as far as they are managed here."""
            return {"items": cases.containers.list()}

    @v1.route("/container/<string:name>/<string:action>")
    @v1.doc(params=path_doc(name=_NAME, action=_ACTION))
    class Container(Resource):
        @cloud_may
        @v1.response(200, "Done", one)
        @v1.response(403, "Not managed here, or this service's own")
        @v1.response(404, "There is no such container")
        @v1.response(409, "The new one does not run, the old one does again; or another is being managed")
        @v1.response(503, "There is no engine, or it does not answer")
        def post(self, name: str, action: str) -> dict[str, Any]:
            """Start, stop, restart or update a container of the box."""
            return cases.containers.act(_NAME.parse("name", name), _ACTION.parse("action", action))


def _models(v1: Namespace) -> tuple[Model, Model]:
    properties = {
        "name": {"type": "string"},
        "state": {"type": "string", "description": "The engine's word (running, exited, ...), or missing"},
        **dict.fromkeys(("image", "image_id", "health", "started_at"), _MAYBE_TEXT),
        "restarts": {"type": ["integer", "null"]},
        "own": {"type": "boolean", "description": "This service's own, which is never managed here"},
    }
    one = v1.schema_model("Container", {"type": "object", "required": ["name", "state"], "properties": properties})
    items = {"type": "array", "items": {"$ref": "#/definitions/Container"}}
    many = v1.schema_model("Containers", {"type": "object", "required": ["items"], "properties": {"items": items}})
    return one, many

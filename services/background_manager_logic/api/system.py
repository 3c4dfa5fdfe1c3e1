"""Routes about the system itself."""

from __future__ import annotations

from typing import Any

from services.background_manager_logic.api.common import shown
from services.background_manager_logic.api.models import Models
from services.background_manager_logic.domain import ComponentState
from services.background_manager_logic.service.components import Components
from services.shared.web import Namespace, Resource
from services.shared.web.tokens import groups


def add_system_routes(v1: Namespace, cases: Components, shapes: Models) -> None:
    """Add the routes to `v1`."""

    @v1.route("/components")
    class All(Resource):
        @v1.response(200, "All parts", shapes.components)
        @groups("Admin")
        def get(self) -> dict[str, Any]:
            """Every part of the system, services and boxes, as it was some seconds ago."""
            return {"items": [_shown(state) for state in cases.states()], "next_cursor": None}


def _shown(state: ComponentState) -> dict[str, Any]:
    told = shown(state)
    health = told.pop("status")
    return {**told, "status": "online" if state.online else "offline", "health": health}

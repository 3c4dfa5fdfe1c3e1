"""Routes of audits of the whole chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.background_manager_logic.api.common import LIST, jsonable, listed
from services.background_manager_logic.api.models_operation import OperationModels
from services.background_manager_logic.service.runs import Runs
from services.shared.web import Namespace, Query, Resource
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import caller, groups

_PAGED = Query(LIST)
_RESULT = ("equal", "chain_id", "blocks", "seconds", "counts", "codes", "divergence")


def add_audit_routes(v1: Namespace, cases: Runs, shapes: OperationModels, once: Idempotency) -> None:
    """Add the routes to `v1`."""

    @v1.route("/audit")
    class Audit(Resource):
        @v1.response(200, "The last result, and the audit under way", shapes.last_audit)
        @groups("Admin", "EVU")
        def get(self) -> dict[str, Any]:
            """What the last audit found, and how far the one under way is."""
            last, running = cases.last("audit")
            return {
                "last": [] if last is None else [_audit(last)],
                "running": [] if running is None else [_audit(running)],
            }

        @v1.response(202, "Begun", shapes.audit)
        @v1.response(409, "One is under way; with Retry-After")
        @v1.response(503, "This service is not told which node to look at")
        @groups("Admin", "EVU")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Have everything recomputed from the chain alone (docs/audit.md)."""
            return _audit(cases.audit(caller().username)), 202

    @v1.route("/audits")
    class Audits(Resource):
        @v1.doc(params=_PAGED.doc())
        @v1.response(200, "A part of the list, the newest first", shapes.audits)
        @groups("Admin", "EVU")
        def get(self) -> dict[str, Any]:
            """Earlier audits."""
            query = _PAGED.read()
            return listed(cases.list("audit", query["limit"], query["cursor"]), _audit)


def _audit(run: Mapping[str, Any]) -> dict[str, Any]:
    result = run["result"] or {}
    return {"audit_id": run["_id"], **shown_run(run), **{name: result.get(name) for name in _RESULT}}


def shown_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """What audits and exports have in common."""
    about = {
        "status": run["status"],
        "begun_at": run["begun_at"],
        "ended_at": run["ended_at"],
        "begun_by": run["by"],
        "done_blocks": run["done"],
        "total_blocks": run["total"],
        "error": run["error"],
    }
    shown: dict[str, Any] = jsonable(about)
    return shown

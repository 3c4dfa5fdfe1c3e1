"""Routes of settlement files: one's own, with all proofs (docs/settlement.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from services.background_manager_logic.api.audit import shown_run
from services.background_manager_logic.api.common import LIST, listed
from services.background_manager_logic.api.market_common import asking, market_of, parsed
from services.background_manager_logic.api.models_operation import OperationModels
from services.background_manager_logic.service.actors import Actors
from services.background_manager_logic.service.runs import Runs
from services.shared.times import iso, parse_epoch
from services.shared.web import Namespace, Query, Resource, Text, invalid, path_doc, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import caller, groups

_PAGED = Query(LIST)
_ID = Text("The settlement's id", pattern="^[0-9a-f]{24}$")
_KINDS = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
_FILE = Query({"format": Text("json has the proofs; json when left out", choices=tuple(_KINDS))})
_MAX_TIME = 2**32 - 1


def add_settlement_routes(
    v1: Namespace, cases: Runs, actors: Actors, shapes: OperationModels, once: Idempotency
) -> None:
    """Add the routes to `v1`."""

    @v1.route("/market/settlement")
    class NewSettlement(Resource):
        @v1.expect(shapes.new_settlement)
        @v1.response(202, "Begun", shapes.settlement)
        @v1.response(403, "It is another's")
        @v1.response(409, "One for this account is under way, with Retry-After; or no account on the chain yet")
        @v1.response(503, "This service is not told which node to look at")
        @groups("User", "EVU")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Have the files of a period made: JSON with all proofs, CSV, PDF."""
            body = read_body(shapes.new_settlement)
            begin, end = (_moment(body, name) for name in ("from", "to"))
            if end <= begin:
                raise invalid({"to": "must lie after from"})
            actor = asking(actors, acts=True)
            wanted = {"market": market_of(body), "period": (begin, end), "account": body.get("eos_account")}
            run = cases.export(actor, caller().username, **wanted)
            return _settlement(run), 202

    @v1.route("/market/settlements")
    class Settlements(Resource):
        @v1.doc(params=_PAGED.doc())
        @v1.response(200, "A part of the list, the newest first", shapes.settlements)
        @groups("User", "EVU")
        def get(self) -> dict[str, Any]:
            """One's own, of everybody for the EVU; kept for 30 days."""
            query = _PAGED.read()
            actor = asking(actors, acts=True)
            account = None if actor.is_evu else actor.account or ""
            return listed(cases.list("settlement", query["limit"], query["cursor"], account), _settlement)

    @v1.route("/market/settlement/<string:settlement_id>")
    @v1.doc(params=path_doc(settlement_id=_ID))
    class OneSettlement(Resource):
        @v1.response(200, "How far it is", shapes.settlement)
        @v1.response(404, "There is no such settlement of one's own")
        @groups("User", "EVU")
        def get(self, settlement_id: str) -> dict[str, Any]:
            """One settlement."""
            run_id = _ID.parse("settlement_id", settlement_id)
            return _settlement(cases.settlement(run_id, asking(actors, acts=True)))

    @v1.route("/market/settlement/<string:settlement_id>/file")
    @v1.doc(params=path_doc(settlement_id=_ID))
    class SettlementFile(Resource):
        @v1.doc(params=_FILE.doc(), produces=["application/json", "text/csv", "application/pdf"])
        @v1.response(200, "The file")
        @v1.response(404, "There is no such settlement of one's own, or it has no file")
        @groups("User", "EVU")
        def get(self, settlement_id: str) -> Response:
            """One of its files, to be kept and checked with `tbi settlement verify`."""
            kind = _FILE.read()["format"] or "json"
            run, content = cases.file(_ID.parse("settlement_id", settlement_id), asking(actors, acts=True), kind)
            name = {"Content-Disposition": f'attachment; filename="{run["account"]}.{kind}"'}
            return Response(content, 200, name, content_type=_KINDS[kind])


def _moment(body: Mapping[str, Any], name: str) -> int:
    found = parsed(body, name, parse_epoch)
    if not 0 <= found <= _MAX_TIME:
        raise invalid({name: "lies beyond what the chain can say"})
    return found


def _settlement(run: Mapping[str, Any]) -> dict[str, Any]:
    result = run["result"] or {}
    return {
        "settlement_id": run["_id"],
        **shown_run(run),
        "market": run["market"],
        "eos_account": run["account"],
        "from": iso(run["from_slot"]),
        "to": iso(run["to_slot"]),
        "totals": result.get("totals"),
        "signed_by": result.get("signed_by"),
        "files": list(_KINDS) if run["status"] == "finished" else [],
    }
